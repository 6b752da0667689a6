// PostgreSQL clients in Node.js: node-postgres, with `uselibpqcompat` too, and postgres.js.
//
// Reads cells from standard input, the fields of each with tabs between them, and answers each with a line: `tls`, `plain`
// or `refused`, and why.

const readline = require("readline");
const fs = require("fs");
const pg = require("pg");
const postgres = require("postgres");

const QUERY = "select case when ssl then 'tls' else 'plain' end as seen from pg_stat_ssl where pid = pg_backend_pid()";

function url({ host, port, database, mode, file }, more = {}) {
  const given = { ...more, sslmode: mode, sslrootcert: file };
  const options = Object.entries(given).filter(([, value]) => value !== undefined);
  const bracketed = host.includes(":") ? `[${host}]` : host;
  return `postgres://postgres@${bracketed}:${port}/${database}?${new URLSearchParams(options)}`;
}

async function nodePostgres(connectionString) {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 20000 });
  // What comes after an error of the connection.
  client.on("error", () => {});
  try {
    await client.connect();
    return (await client.query(QUERY)).rows[0].seen;
  } finally {
    await client.end().catch(() => {});
  }
}

// Its modes leave no place for a file of roots: a program reads it and gives it as `ca` in the place of a mode that verifies.
async function postgresJs(cell) {
  // Of an address of IPv6 in a URL it would keep the brackets.
  const options = { host: cell.host, max: 1, connect_timeout: 20, onnotice: () => {} };
  if (cell.file !== undefined && ["verify-ca", "verify-full"].includes(cell.mode)) {
    options.ssl = { ca: fs.readFileSync(cell.file, "utf8") };
  }
  const sql = postgres(url({ ...cell, file: undefined }), options);
  try {
    return (await sql.unsafe(QUERY))[0].seen;
  } finally {
    await sql.end({ timeout: 0 }).catch(() => {});
  }
}

const CLIENTS = {
  "node-postgres": (cell) => nodePostgres(url(cell)),
  "node-postgres-compat": (cell) => nodePostgres(url(cell, { uselibpqcompat: "true" })),
  "postgres.js": postgresJs,
};

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [variant, host, port, database, ...given] = line.split("\t");
    const [mode, file] = given.map((field) => (field === "-" ? undefined : field));
    let answer;
    try {
      answer = `${await CLIENTS[variant]({ host, port, database, mode, file })}\t`;
    } catch (error) {
      answer = `refused\t${error.code ?? ""} ${error.message}`;
    }
    console.log(answer.replaceAll("\n", " "));
  }
}

// A failure that comes after the answer must not end the others.
process.on("uncaughtException", () => {});
main();
