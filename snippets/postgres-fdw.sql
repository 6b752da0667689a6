-- PostgreSQL 14 to 18. libpq inside the server reads the file: it must stand on that machine, readable for its account.
-- `sslrootcert` belongs to the server and is refused in a user mapping. Accounts other than superusers also need
-- `password` in the mapping.
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SERVER app FOREIGN DATA WRAPPER postgres_fdw OPTIONS (
    host '{host}',
    port '{port}',
    dbname '{dbname}',
    sslmode 'verify-full',
    sslrootcert '{file}'
);
CREATE USER MAPPING FOR CURRENT_USER SERVER app OPTIONS (user '{user}');
