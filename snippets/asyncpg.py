# asyncpg 0.32. `ssl=True` trusts Python's default roots instead of the file. `prefer`, the default, checks nothing.
import asyncpg


async def connect():
    return await asyncpg.connect(
        "postgresql://{user|url}@{host|url}:{port}/{dbname|url}?sslmode=verify-full&sslrootcert={file|query}"
    )
