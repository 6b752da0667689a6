// node-postgres 8.23. `ssl: true` trusts Node's own public roots instead of the file.
// Leave out the `ssl` object: what the URL says takes its place. PGSSLROOTCERT and root.crt are not read.
import pg from "pg";

const client = new pg.Client({
  connectionString:
    "postgresql://{user|url}@{host|url}:{port}/{dbname|url}?sslmode=verify-full&sslrootcert={file|query}",
});
