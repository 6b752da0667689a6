"""PostgreSQL clients in Python: psycopg, psycopg2, asyncpg, and pg8000 with Python's default context.

Reads cells from standard input, the fields of each with tabs between them, and answers each with a line: `tls`, `plain`
or `refused`, and why.
"""

import asyncio
import ssl
import sys

QUERY = "select case when ssl then 'tls' else 'plain' end from pg_stat_ssl where pid = pg_backend_pid()"


def libpq_text(host, port, database, mode, file):
    given = {"host": host, "port": port, "user": "postgres", "dbname": database, "sslmode": mode, "sslrootcert": file}
    return " ".join(f"{name}='{value}'" for name, value in given.items() if value)


def psycopg(*cell):
    import psycopg

    with psycopg.connect(libpq_text(*cell), connect_timeout=20) as connection:
        return connection.execute(QUERY).fetchone()[0]


def psycopg2(*cell):
    import psycopg2

    connection = psycopg2.connect(libpq_text(*cell), connect_timeout=20)
    try:
        cursor = connection.cursor()
        cursor.execute(QUERY)
        return cursor.fetchone()[0]
    finally:
        connection.close()


def asyncpg(host, port, database, mode, file):
    import asyncpg

    given = {"sslmode": mode, "sslrootcert": file}
    bracketed = f"[{host}]" if ":" in host else host
    options = "&".join(f"{name}={value}" for name, value in given.items() if value)

    async def ask():
        connection = await asyncpg.connect(f"postgresql://postgres@{bracketed}:{port}/{database}?{options}", timeout=20)
        try:
            return await connection.fetchval(QUERY)
        finally:
            await connection.close()

    return asyncio.run(ask())


def pg8000(host, port, database, mode, file):
    import pg8000.dbapi

    context = False
    if mode != "disable":
        context = ssl.create_default_context(cafile=file)
        # pg8000 has no modes: these are what a program writes for them.
        if mode == "verify-ca":
            context.check_hostname = False
    connection = pg8000.dbapi.connect("postgres", host=host, port=int(port), database=database, ssl_context=context, timeout=20)
    try:
        cursor = connection.cursor()
        cursor.execute(QUERY)
        return cursor.fetchone()[0]
    finally:
        connection.close()


CLIENTS = {"psycopg": psycopg, "psycopg2": psycopg2, "asyncpg": asyncpg, "pg8000": pg8000}

for line in sys.stdin:
    variant, host, port, database, mode, file = line.rstrip("\n").split("\t")
    given = [None if field == "-" else field for field in (mode, file)]
    try:
        seen = f"{CLIENTS[variant](host, port, database, *given)}\t"
    except Exception as error:
        seen = f"refused\t{type(error).__name__}: {error}"
    print(seen.replace("\n", " "), flush=True)
