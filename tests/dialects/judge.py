"""Loads each file as libpq does, and says how many certificates are in it, or why none is."""
import ssl
import sys

for index in range(int(sys.argv[2])):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(f"{sys.argv[1]}/{index}")
        print(context.cert_store_stats()["x509"])
    except ssl.SSLError as error:
        print("no:", error)
