"""Runs one query over psycopg: connect.py URL QUERY."""

import sys

import psycopg

url, query = sys.argv[1:]
with psycopg.connect(url) as connection:
    print(connection.execute(query).fetchone()[0])
