# SQLAlchemy 2 with asyncpg 0.32 takes neither `sslmode` nor `sslrootcert` in its URL: both fail as unknown arguments.
# This context requires a certificate, checks the host's name, and trusts nothing but the file.
import ssl

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import create_async_engine

context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.load_verify_locations(cafile="{file}")

engine = create_async_engine(
    URL.create(
        "postgresql+asyncpg",
        username="{user}",
        host="{host}",
        port={port},
        database="{dbname}",
    ),
    connect_args={"ssl": context},
)
