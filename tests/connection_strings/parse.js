// Prints what pg-connection-string makes of each string of a file as a line of JSON: null where it refuses it.

const { parse } = require('pg-connection-string');

process.removeAllListeners('warning');
process.on('warning', () => {});
for (const text of JSON.parse(require('fs').readFileSync(process.argv[2]))) {
  let parsed = null;
  try {
    const { host, port, user, database, ssl } = parse(text);
    parsed = { host, port, user, database, ssl: Boolean(ssl) };
  } catch {}
  console.log(JSON.stringify(parsed));
}
