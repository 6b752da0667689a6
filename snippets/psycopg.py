# psycopg 3.3; psycopg2 takes the same words. libpq does the checking.
# `sslrootcert="system"` finds no root at all in the binary wheels: they bring an OpenSSL of their own without any.
import psycopg

connection = psycopg.connect(
    host="{host}",
    port={port},
    user="{user}",
    dbname="{dbname}",
    sslmode="verify-full",
    sslrootcert="{file}",
)
