// Runs one query over node-postgres: connect.js URL QUERY.

const { Client } = require("pg");

async function main([connectionString, query]) {
  const client = new Client({ connectionString });
  await client.connect();
  const { rows } = await client.query({ text: query, rowMode: "array" });
  console.log(rows[0][0]);
  await client.end();
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
