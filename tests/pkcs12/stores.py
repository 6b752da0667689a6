"""Stores by pyca cryptography: `make FOLDER` writes the certificates of `roots.pem` in all its ways and in PBMAC1,
which only other programs write; `count FILE PASSWORD` says how many certificates it finds."""

import hashlib
import hmac
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, NoEncryption, PrivateFormat, pkcs12

if sys.argv[1] == "count":
    _, certificate, others = pkcs12.load_key_and_certificates(Path(sys.argv[2]).read_bytes(), sys.argv[3].encode() or None)
    print(len(others) + (certificate is not None))
    raise SystemExit
folder = Path(sys.argv[2])
roots = x509.load_pem_x509_certificates((folder / "roots.pem").read_bytes())
password = b"changeit"
named = [pkcs12.PKCS12Certificate(root, f"root {index}".encode()) for index, root in enumerate(roots)]
builder = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(20000)
legacy = builder.key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC).hmac_hash(hashes.SHA1())
modern = builder.key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC).hmac_hash(hashes.SHA256())
ways = {
    "best": BestAvailableEncryption(password),
    "legacy": legacy.build(password),
    "modern": modern.build(password),
    "open": NoEncryption(),
}
for name, encryption in ways.items():
    (folder / f"java-{name}.p12").write_bytes(pkcs12.serialize_java_truststore(named, encryption))
    (folder / f"plain-{name}.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(None, None, None, roots, encryption)
    )


def der(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def algorithm(oid, *parameters):
    return der(0x30, der(6, bytes.fromhex(oid)), *parameters)


# RFC 9579: the check value by PBMAC1, on a store of which the rest stays.
for kdf, mac, hash_name, length in [("09", "09", "sha256", 32), ("0b", "0b", "sha512", 64), ("07", "09", "sha1", 32)]:
    data = (folder / "plain-modern.p12").read_bytes()
    # SEQUENCE { INTEGER 3, SEQUENCE { OID data, [0] { OCTET STRING } }, MacData }, all lengths in two bytes.
    size = 4 + int.from_bytes(data[9:11], "big")
    content = data[7 : 7 + size]
    safe = content[4 + 11 + 4 + 4 :]
    salt = hash_name.encode()
    key = hashlib.pbkdf2_hmac(hash_name, password, salt, 4096, length)
    value = hmac.digest(key, safe, "sha512" if mac == "0b" else "sha256")
    prf = algorithm("2a864886f70d02" + kdf, der(5))
    derivation = algorithm(
        "2a864886f70d01050c", der(0x30, der(4, salt), der(2, b"\x10\x00"), der(2, bytes([length])), prf)
    )
    method = algorithm("2a864886f70d01050e", der(0x30, derivation, algorithm("2a864886f70d02" + mac, der(5))))
    check = der(0x30, der(0x30, method, der(4, value)), der(4, b"NOT USED"), der(2, b"\x01"))
    (folder / f"plain-pbmac1-{hash_name}.p12").write_bytes(der(0x30, der(2, b"\x03"), content, check))
