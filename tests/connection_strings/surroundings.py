"""Prints what libpq takes from the service file, or what python-dotenv and libpq take from `.env`: a line of JSON."""

import json
import sys

import dotenv
import psycopg.pq
from psycopg.conninfo import conninfo_to_dict

if sys.argv[1] == "service":
    options = {option.keyword.decode(): option.val for option in psycopg.pq.Conninfo.get_defaults()}
    names = ("host", "port", "user", "dbname", "sslmode", "sslrootcert")
    print(json.dumps({name: options[name].decode() if options[name] is not None else None for name in names}))
elif sys.argv[1] == "keywords":
    print(json.dumps([option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()]))
else:
    value = dotenv.dotenv_values(sys.argv[2])["DATABASE_URL"]
    print(json.dumps(conninfo_to_dict(value)))
