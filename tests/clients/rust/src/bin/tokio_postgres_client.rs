//! tokio-postgres with the connectors of native-tls and rustls, each with its usual roots and a file of more.

use std::error::Error;
use std::sync::Arc;

use clients::{Answer, Cell, QUERY, answer};
use postgres_native_tls::MakeTlsConnector;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Config, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

fn main() {
    answer(ask);
}

async fn ask(cell: Cell) -> Answer {
    let mut url = format!("host={} port={} user=postgres dbname={}", cell.host, cell.port, cell.database);
    if let Some(mode) = &cell.mode {
        // It knows no other word for it: the connector verifies.
        let mode = if mode == "verify-full" { "require" } else { mode };
        url += &format!(" sslmode={mode}");
    }
    let config = url.parse::<Config>()?;
    match cell.variant.as_str() {
        _ if cell.mode.as_deref() == Some("disable") => query(&config, NoTls).await,
        "native-tls" => query(&config, native_tls(cell.file.as_deref())?).await,
        _ => query(&config, rustls(cell.file.as_deref())?).await,
    }
}

fn native_tls(file: Option<&str>) -> Result<MakeTlsConnector, Box<dyn Error>> {
    let mut builder = native_tls::TlsConnector::builder();
    if let Some(file) = file {
        builder.add_root_certificate(native_tls::Certificate::from_pem(&std::fs::read(file)?)?);
    }
    Ok(MakeTlsConnector::new(builder.build()?))
}

fn rustls(file: Option<&str>) -> Result<MakeRustlsConnect, Box<dyn Error>> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(file) = file {
        for certificate in CertificateDer::pem_file_iter(file)? {
            roots.add(certificate?)?;
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(MakeRustlsConnect::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

async fn query<T>(config: &Config, connector: T) -> Answer
where
    T: MakeTlsConnect<Socket>,
    T::Stream: Send + 'static,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    let (client, connection) = config.connect(connector).await?;
    let connection = tokio::spawn(connection);
    let seen = client.query_one(QUERY, &[]).await?.get(0);
    drop(client);
    let _ = connection.await;
    Ok(seen)
}
