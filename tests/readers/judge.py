"""Loads each file named on its input as libpq does, and says how many certificates are in it, or why none is."""
import ssl
import sys

for path in sys.stdin.read().splitlines():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(path)
        print(context.cert_store_stats()["x509"])
    except ssl.SSLError as error:
        print(error)
