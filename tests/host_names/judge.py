"""Tells for each certificate whether Python and libpq take it for that of each host."""
import socket
import ssl
import sys
import threading

import psycopg

folder, count = sys.stdin.read().split("\n")[:2]
hosts = open(f"{folder}/hosts", encoding="utf-8").read().split("\n")
count = int(count)


def server_of(index):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/{index}.pem", f"{folder}/key.pem")
    return context


def python(server, client, host):
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        one = client.wrap_bio(to_client, to_server, server_hostname=host)
    except ValueError:
        return False
    other = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for end in (one, other):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return False
            if end is one:
                return True
    return False


listener = socket.create_server(("127.0.0.1", 0), backlog=16)
current = None


def serve():
    while True:
        connection, _ = listener.accept()
        try:
            connection.recv(8)
            connection.sendall(b"S")
            tls = current.wrap_socket(connection, server_side=True)
            tls.recv(4096)
            body = b"SFATAL\0C28000\0Maccepted by the client\0\0"
            tls.sendall(b"E" + (len(body) + 4).to_bytes(4, "big") + body)
            tls.close()
        except OSError:
            connection.close()


threading.Thread(target=serve, daemon=True).start()
port = listener.getsockname()[1]


def libpq(index, host):
    try:
        psycopg.connect(
            host=host, hostaddr="127.0.0.1", port=port, user="nobody", dbname="none", sslmode="verify-full",
            sslrootcert=f"{folder}/{index}.pem", gssencmode="disable", connect_timeout=20,
        )
    except psycopg.OperationalError as error:
        return "accepted by the client" in str(error)
    return False


for index in range(count):
    server = server_of(index)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(f"{folder}/{index}.pem")
    print("".join("+" if python(server, client, host) else "-" for host in hosts))
for index in range(count):
    current = server_of(index)
    print("".join("+" if libpq(index, host) else "-" for host in hosts))
