// Drizzle 0.45 over node-postgres 8.23, which reads the URL. `ssl: true` would trust Node's own public roots instead.
import { drizzle } from "drizzle-orm/node-postgres";

const db = drizzle(
  "postgresql://{user|url}@{host|url}:{port}/{dbname|url}?sslmode=verify-full&sslrootcert={file|query}",
);
