//! The TLS handshake with a server, up to its end where that comes.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{AlertDescription, ClientConnection, Error, InvalidMessage, ProtocolVersion};

use super::connection::{Connection, End, block_on};
use super::first_flight;
use super::greeting::{self, Greeting, Protocol, SSL_REQUEST, ssl_answer};
use super::recorder::Recorder;
use super::{Address, Negotiation, Observed, Served, ServerError, ServerReason, Step, TlsVersion, sni};
use crate::system::limits;
use crate::system::text::{sanitise, shortened};

/// Asks a server for its certificates. Trusts none of them, and sends neither a user name nor a password.
///
/// `timeout` is for all of it, from the look-up of the name to the last byte. Must not be called from asynchronous code: it
/// runs its own event loop.
pub fn ask(server: &Address, negotiation: Negotiation, timeout: Duration) -> Result<Observed, ServerError> {
    block_on(server, observe(server, negotiation, End::after(timeout)))
}

pub(super) async fn observe(server: &Address, negotiation: Negotiation, end: End) -> Result<Observed, ServerReason> {
    let mut connection = begin(server, negotiation, end).await?;
    let recorder = Arc::new(Recorder::default());
    let mut tls = client(server, &connection, &recorder)?;
    let ended = shake_hands(&mut connection, &mut tls).await;
    let Some(ders) = recorder.chain() else {
        let reason =
            ended.err().unwrap_or_else(|| ServerReason::Tls { detail: "the server shows no certificate".to_owned() });
        if !is_mismatch(&reason) {
            return Err(reason);
        }
        // Old and odd servers show theirs to who offers more than rustls has. They may not answer a second time.
        let connection = begin(server, negotiation, end).await.map_err(|_| reason.clone())?;
        return first_flight::look(server, connection, reason.clone()).await.map_err(|_| reason);
    };
    let observed = Observed {
        address: connection.address,
        unreached: std::mem::take(&mut connection.unreached),
        tls: tls.protocol_version().and_then(version),
        chain: Served::of(ders.iter().map(Vec::as_slice))?,
        alpn: tls.alpn_protocol().is_some(),
        wants_certificate: recorder.wants_certificate(),
        unfinished: ended.err(),
    };
    tls.send_close_notify();
    connection.close(&to_send(&mut tls)).await;
    Ok(observed)
}

/// Connects and comes to where TLS begins.
async fn begin(server: &Address, negotiation: Negotiation, end: End) -> Result<Connection, ServerReason> {
    let mut connection = Connection::open(server, end).await?;
    if negotiation == Negotiation::Postgres {
        connection.write(&SSL_REQUEST).await?;
        match connection.read_until(limits::SERVER_ANSWER, ssl_answer).await? {
            Greeting::Tls => {}
            Greeting::NoTls => return Err(ServerReason::NoTls),
            Greeting::Error(said) => {
                return Err(ServerReason::Said { message: said.message, sqlstate: said.sqlstate });
            }
            Greeting::Other(speaks) => return Err(ServerReason::NotPostgres { speaks }),
            Greeting::Injected | Greeting::Authentication { .. } => return Err(ServerReason::Injected),
        }
    }
    connection.step = Step::Handshake;
    Ok(connection)
}

fn client(
    server: &Address,
    connection: &Connection,
    recorder: &Arc<Recorder>,
) -> Result<ClientConnection, ServerReason> {
    let config = recorder.config().map_err(|error| failure(&error))?;
    // Without a name that TLS can carry, the server is told none.
    let address = || ServerName::from(connection.address.ip());
    let name = sni(server).and_then(|name| ServerName::try_from(name.to_owned()).ok()).unwrap_or_else(address);
    ClientConnection::new(Arc::new(config), name).map_err(|error| failure(&error))
}

async fn shake_hands(connection: &mut Connection, tls: &mut ClientConnection) -> Result<(), ServerReason> {
    let (mut buffer, mut received) = ([0; 4096], 0);
    loop {
        connection.write(&to_send(tls)).await?;
        if !tls.is_handshaking() {
            return Ok(());
        }
        let count = connection.read(&mut buffer).await?;
        if count == 0 {
            return Err(ServerReason::Closed { during: connection.step });
        }
        let mut bytes = &buffer[..count];
        if received == 0 && bytes.first().is_some_and(|first| !(0x14..=0x17).contains(first)) {
            return Err(not_tls(bytes));
        }
        received += count;
        if received > limits::HANDSHAKE {
            return Err(ServerReason::TooLarge { limit: limits::HANDSHAKE });
        }
        while !bytes.is_empty() {
            // Fails when a message does not fit what rustls keeps of one.
            tls.read_tls(&mut bytes).map_err(|_| ServerReason::TooLarge { limit: MESSAGE })?;
            if let Err(error) = tls.process_new_packets() {
                // The server is told why, if it still listens.
                let _ = connection.write(&to_send(tls)).await;
                return Err(failure(&error));
            }
        }
    }
}

/// The server's first bytes after those that it speaks TLS, or in direct TLS its first of all.
fn not_tls(bytes: &[u8]) -> ServerReason {
    // An SSH server's `S` was taken for PostgreSQL's, if it came alone.
    let speaks = if bytes.starts_with(b"SH-") { Protocol::Ssh } else { greeting::protocol(bytes) };
    ServerReason::NotPostgres { speaks }
}

fn to_send(tls: &mut ClientConnection) -> Vec<u8> {
    let mut bytes = Vec::new();
    while tls.wants_write() {
        // A vector takes all.
        let Ok(1..) = tls.write_tls(&mut bytes) else { break };
    }
    bytes
}

fn version(version: ProtocolVersion) -> Option<TlsVersion> {
    match version {
        ProtocolVersion::TLSv1_2 => Some(TlsVersion::V1_2),
        ProtocolVersion::TLSv1_3 => Some(TlsVersion::V1_3),
        _ => None,
    }
}

fn failure(error: &Error) -> ServerReason {
    match error {
        Error::AlertReceived(alert) => alert_of(*alert),
        Error::InvalidMessage(
            InvalidMessage::HandshakePayloadTooLarge | InvalidMessage::CertificatePayloadTooLarge,
        ) => ServerReason::TooLarge { limit: MESSAGE },
        error => ServerReason::Tls { detail: shortened(&sanitise(&error.to_string())).into_owned() },
    }
}

/// Tells whether another offer could bring an answer.
fn is_mismatch(reason: &ServerReason) -> bool {
    match reason {
        ServerReason::Alert { code, .. } => [40, 70, 71, 80, 86].contains(code),
        ServerReason::Tls { .. } => true,
        _ => false,
    }
}

fn alert_of(alert: AlertDescription) -> ServerReason {
    let meaning = match alert {
        AlertDescription::HandshakeFailure => "it has no cipher, key exchange or signature in common with us",
        AlertDescription::ProtocolVersion => "it has no version of TLS in common with us",
        AlertDescription::InsufficientSecurity => "what we offer is too weak for it",
        AlertDescription::InternalError => "it has a fault of its own, as without a certificate or its key",
        AlertDescription::UnrecognisedName => "it has no certificate for this name",
        AlertDescription::NoApplicationProtocol => "it does not speak PostgreSQL within TLS",
        AlertDescription::CertificateRequired => "it wants a certificate of the client",
        AlertDescription::UnexpectedMessage => "it did not expect a TLS handshake",
        other => return ServerReason::Alert { code: u8::from(other), meaning: format!("{other:?}") },
    };
    ServerReason::Alert { code: u8::from(alert), meaning: meaning.to_owned() }
}

/// Bytes of one message of a handshake that rustls reads.
const MESSAGE: usize = 0xffff;
