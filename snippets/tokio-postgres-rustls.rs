// tokio-postgres 0.7 with tokio-postgres-rustls 0.13 and rustls 0.23. What is trusted is code here: `sslrootcert` and
// `sslmode=verify-full` in a URL are errors. rustls checks chain and name; `Require` keeps it from going without TLS.
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

let mut roots = rustls::RootCertStore::empty();
for certificate in CertificateDer::pem_file_iter("{file}")? {
    roots.add(certificate?)?;
}
let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
let (client, connection) = tokio_postgres::Config::new()
    .host("{host}")
    .port({port})
    .user("{user}")
    .dbname("{dbname}")
    .ssl_mode(tokio_postgres::config::SslMode::Require)
    .connect(tokio_postgres_rustls::MakeRustlsConnect::new(tls))
    .await?;
tokio::spawn(connection);
