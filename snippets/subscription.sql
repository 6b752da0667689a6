-- PostgreSQL 14 to 18. libpq inside the subscriber reads the file: it must stand on that machine, readable for its
-- account. Without `sslrootcert` it takes root.crt in the home of that account, not yours.
CREATE SUBSCRIPTION app
    CONNECTION 'host={host|conninfo} port={port} user={user|conninfo} dbname={dbname|conninfo} sslmode=verify-full sslrootcert={file|conninfo}'
    PUBLICATION app;
