"""Prints what libpq and asyncpg make of each string of the file as a line of JSON: null where one refuses it."""

import json
import sys
import warnings

import asyncpg.connect_utils
import psycopg.pq
from psycopg.conninfo import conninfo_to_dict


def of_libpq(text):
    try:
        given = conninfo_to_dict(text)
    except psycopg.ProgrammingError:
        return None
    # What libpq finds wrong before it asks anybody. Every host gets an address, lest one is looked up.
    tried = {key: given[key] for key in ("host", "hostaddr", "port", "sslmode", "sslnegotiation") if key in given}
    count = len((given.get("hostaddr") or given.get("host") or "").split(","))
    for key, value in ("hostaddr", "127.0.0.1"), ("host", "h"):
        tried[key] = tried.get(key) or ",".join([value] * count)
    line = " ".join("%s='%s'" % (key, value.replace("\\", "\\\\").replace("'", "\\'")) for key, value in tried.items())
    connection = psycopg.pq.PGconn.connect_start(line.encode())
    message = connection.error_message.decode()
    connection.finish()
    if any(words in message for words in ("invalid", "could not match", "could not parse")):
        return None
    return {key: str(value) for key, value in given.items() if key != "password"}


def of_asyncpg(text):
    names = ("host", "port", "user", "password", "passfile", "database", "ssl", "service", "servicefile",
             "direct_tls", "server_settings", "target_session_attrs", "krbsrvname", "gsslib")
    try:
        addresses, parameters = asyncpg.connect_utils._parse_connect_dsn_and_args(dsn=text, **dict.fromkeys(names))
    except Exception as error:
        return None
    return {"servers": [list(address) if isinstance(address, tuple) else address for address in addresses],
            "user": parameters.user, "database": parameters.database, "sslmode": parameters.sslmode.name}


warnings.simplefilter("ignore")
for text in json.load(open(sys.argv[1])):
    print(json.dumps({"libpq": of_libpq(text), "asyncpg": of_asyncpg(text)}))
