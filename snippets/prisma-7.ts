// Prisma 7 connects through node-postgres, which ignores `sslaccept` of Prisma 6 and takes `sslcert` for the client's own
// certificate. Put no `ssl...` into a connection string here: it would take the place of the `ssl` object.
import { readFileSync } from "node:fs";
import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "./generated/prisma/client";

const adapter = new PrismaPg({
  host: "{host}",
  port: {port},
  user: "{user}",
  database: "{dbname}",
  ssl: { ca: readFileSync("{file}", "utf8") },
});
export const prisma = new PrismaClient({ adapter });
