// sqlx 0.8. `prefer` and `require` check nothing.
// Choose a `tls-rustls` feature: with `tls-native-tls` only the first certificate of the file is used. Both trust the
// file besides the roots that they have already.
let pool = sqlx::PgPool::connect(
    "postgresql://{user|url}@{host|url}:{port}/{dbname|url}?sslmode=verify-full&sslrootcert={file|query}",
)
.await?;
