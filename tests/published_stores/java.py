"""Stores by pyjks: `make FOLDER` writes the certificates of `roots.der` (one after the other) with a private key into a
store; `list FILE` says what pyjks finds in one, and whether the private key opens."""

import hashlib
import sys
from pathlib import Path

import jks

path = Path(sys.argv[2])
if sys.argv[1] == "make":
    certificates = []
    rest = (path / "roots.der").read_bytes()
    while rest:
        size = 4 + int.from_bytes(rest[2:4], "big")
        certificates.append(rest[:size])
        rest = rest[size:]
    key = (path / "key.der").read_bytes()
    entries = [jks.TrustedCertEntry.new(f"Root {index}", der) for index, der in enumerate(certificates)]
    entry = jks.PrivateKeyEntry.new("sérver", certificates[:1], key, "pkcs8")
    entry.encrypt("key-secret")
    jks.KeyStore.new("jks", [entry, *entries]).save(path / "by-pyjks.jks", "changeit")
else:
    store = jks.KeyStore.load(path, "changeit", try_decrypt_keys=False)
    for alias, entry in store.certs.items():
        print("trusted", hashlib.sha256(entry.cert).hexdigest(), alias)
    for alias, entry in store.private_keys.items():
        entry.decrypt("key-secret")
        print("key", hashlib.sha256(entry.pkey_pkcs8).hexdigest(), alias)
