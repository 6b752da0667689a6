// Says of each file how many certificates Node.js has of it as `ca`, then whether its first is one.
//
// What it takes from `ca` it also names to clients as the issuers that it accepts, which TLS 1.2 sends in the clear: they
// are counted on the way.
const crypto = require('crypto');
const fs = require('fs');
const net = require('net');
const tls = require('tls');

const [folder, count] = process.argv.slice(2);
const files = [...Array(Number(count)).keys()].map((index) => fs.readFileSync(`${folder}/${index}`));
const own = { key: fs.readFileSync(`${folder}/key.pem`), cert: fs.readFileSync(`${folder}/server.pem`) };
const ignore = () => {};

async function main() {
  console.log(process.versions.node);
  const options = { ...own, requestCert: true, rejectUnauthorized: false, maxVersion: 'TLSv1.2' };
  const server = tls.createServer(options, (socket) => socket.on('error', ignore));
  server.on('tlsClientError', ignore);
  const port = await listening(server);
  let heard = [];
  const between = net.createServer((client) => {
    const upstream = net.connect(port, '127.0.0.1');
    upstream.on('data', (bytes) => heard.push(bytes));
    [client, upstream].forEach((socket) => socket.on('error', ignore));
    client.pipe(upstream).pipe(client);
  });
  const way = await listening(between);
  for (const file of files) {
    heard = [];
    try {
      server.setSecureContext({ ...options, ca: file.toString() });
      await handshake(way);
      console.log(named(Buffer.concat(heard)));
    } catch (error) {
      console.log(`no: ${error.message.replace(/\s+/g, ' ')}`);
    }
  }
  for (const file of files) {
    try {
      new crypto.X509Certificate(file);
      console.log(1);
    } catch (error) {
      console.log(`no: ${error.message.replace(/\s+/g, ' ')}`);
    }
  }
  process.exit();
}

function listening(server) {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
}

function handshake(port) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', reject);
  });
}

/** The number of names in the CertificateRequest (RFC 5246 section 7.4.4). */
function named(bytes) {
  const parts = [];
  for (let at = 0; at + 5 <= bytes.length && bytes[at] === 22; at += 5 + bytes.readUInt16BE(at + 3)) {
    parts.push(bytes.subarray(at + 5, at + 5 + bytes.readUInt16BE(at + 3)));
  }
  const messages = Buffer.concat(parts);
  for (let at = 0; at + 4 <= messages.length; at += 4 + messages.readUIntBE(at + 1, 3)) {
    if (messages[at] !== 13) continue;
    let place = at + 4;
    place += 1 + messages[place];
    place += 2 + messages.readUInt16BE(place);
    const end = place + 2 + messages.readUInt16BE(place);
    let names = 0;
    for (place += 2; place < end; place += 2 + messages.readUInt16BE(place)) names++;
    return names;
  }
  throw new Error('no certificate was asked for');
}

main();
