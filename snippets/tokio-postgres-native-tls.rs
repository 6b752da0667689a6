// tokio-postgres 0.7 with postgres-native-tls 0.5 and native-tls 0.2.18. What is trusted is code here: `sslrootcert` and
// `sslmode=verify-full` in a URL are errors. `Certificate::from_pem` would take only the first certificate of the file.
let mut tls = native_tls::TlsConnector::builder();
tls.disable_built_in_roots(true);
for certificate in native_tls::Certificate::stack_from_pem(&std::fs::read("{file}")?)? {
    tls.add_root_certificate(certificate);
}
let (client, connection) = tokio_postgres::Config::new()
    .host("{host}")
    .port({port})
    .user("{user}")
    .dbname("{dbname}")
    .ssl_mode(tokio_postgres::config::SslMode::Require)
    .connect(postgres_native_tls::MakeTlsConnector::new(tls.build()?))
    .await?;
tokio::spawn(connection);
