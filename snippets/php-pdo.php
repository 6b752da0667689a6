<?php
// PDO of PHP 8 hands the DSN to libpq. Without `sslmode` it connects with `prefer`, which checks no host name.
$pdo = new PDO(
    'pgsql:host={host|dsn};port={port};dbname={dbname|dsn};sslmode=verify-full;sslrootcert={file|dsn}',
    '{user}',
    getenv('PGPASSWORD') ?: null,
);
