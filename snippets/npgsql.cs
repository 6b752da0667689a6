// Npgsql 8 to 10: `Prefer` and `Require` never check the certificate. The file takes the place of this machine's own
// roots since 10 and was added to them before. Without RootCertificate: PGSSLROOTCERT, else root.crt, else those roots.
var connectionString = new Npgsql.NpgsqlConnectionStringBuilder
{
    Host = "{host}",
    Port = {port},
    Username = "{user}",
    Database = "{dbname}",
    SslMode = Npgsql.SslMode.VerifyFull,
    RootCertificate = "{file}",
}.ConnectionString;
