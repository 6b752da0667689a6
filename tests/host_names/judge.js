// Tells its release, and for each certificate whether Node.js takes it for that of each host.
const crypto = require('crypto');
const fs = require('fs');
const tls = require('tls');

const [folder, count] = fs.readFileSync(0, 'utf8').split('\n');
const hosts = fs.readFileSync(`${folder}/hosts`, 'utf8').split('\n');
const accepts = (host, certificate) => {
  try {
    return tls.checkServerIdentity(host, certificate) === undefined;
  } catch {
    return false;
  }
};
console.log(process.versions.node.split('.')[0]);
for (let index = 0; index < Number(count); index++) {
  const certificate = new crypto.X509Certificate(fs.readFileSync(`${folder}/${index}.pem`)).toLegacyObject();
  console.log(hosts.map((host) => (accepts(host, certificate) ? '+' : '-')).join(''));
}
