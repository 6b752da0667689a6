# SQLAlchemy 2 hands the query to psycopg 3, and that to libpq.
from sqlalchemy import URL, create_engine

engine = create_engine(
    URL.create(
        "postgresql+psycopg",
        username="{user}",
        host="{host}",
        port={port},
        database="{dbname}",
        query={"sslmode": "verify-full", "sslrootcert": "{file}"},
    )
)
