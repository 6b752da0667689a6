// PKCS#12 stores by node-forge, with the roots of roots.pem and the key of key.pem: forge.js FOLDER.

const { readFileSync, writeFileSync } = require("node:fs");
const forge = require("node-forge");

const folder = process.argv[2];
const blocks = readFileSync(`${folder}/roots.pem`, "latin1").match(/-----BEGIN[^]+?-----END CERTIFICATE-----/g);
const certificates = blocks.map((pem) => forge.pki.certificateFromPem(pem));
const key = forge.pki.privateKeyFromPem(readFileSync(`${folder}/key.pem`, "latin1"));
for (const algorithm of ["3des", "aes128", "aes192", "aes256"]) {
    for (const useMac of [true, false]) {
        const store = forge.pkcs12.toPkcs12Asn1(key, certificates, "changeit", { algorithm, useMac });
        writeFileSync(`${folder}/forge-${algorithm}-${useMac}.p12`, forge.asn1.toDer(store).getBytes(), "latin1");
    }
}
