// postgres.js 3.4. `ssl: "require"` and `ssl: "prefer"` check nothing; `sslrootcert=` with a path in the URL is not read.
// For a host that is an IP address it checks the name `localhost`: give the name.
import { readFileSync } from "node:fs";
import postgres from "postgres";

const sql = postgres({
  host: "{host}",
  port: {port},
  user: "{user}",
  database: "{dbname}",
  ssl: { ca: readFileSync("{file}", "utf8") },
});
