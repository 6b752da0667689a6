//! A look at the certificates of a server with which rustls makes no handshake: one that knows only TLS 1.0 or 1.1, or only
//! cipher suites that rustls leaves out. In these versions they come in plain text, so that asking is enough.

use aws_lc_rs::rand;
use rustls::crypto::aws_lc_rs::ALL_CIPHER_SUITES;

use super::connection::Connection;
use super::flight::{Flight, flight};
use super::recorder::{ALPN, SCHEMES};
use super::{Address, Observed, ServerReason, TlsVersion, sni};
use crate::system::limits;

/// Returns what the server shows to who offers TLS 1.0 to 1.2 with nearly every cipher suite. `reason` is why it made no
/// handshake with rustls.
pub(super) async fn look(
    server: &Address,
    mut connection: Connection,
    reason: ServerReason,
) -> Result<Observed, ServerReason> {
    connection.write(&client_hello(sni(server))).await?;
    let read = |bytes: &[u8], _: bool| flight(bytes);
    let Flight::Shown { version, cipher, chain } = connection.read_until(limits::HANDSHAKE, read).await? else {
        return Err(reason);
    };
    let is_known = ALL_CIPHER_SUITES.iter().any(|known| u16::from(known.suite()) == cipher);
    let observed = Observed {
        address: connection.address,
        unreached: std::mem::take(&mut connection.unreached),
        tls: Some(version),
        chain,
        alpn: false,
        wants_certificate: false,
        unfinished: Some(match version {
            TlsVersion::V1_2 if is_known => reason,
            _ => ServerReason::Outdated { version, cipher: (version == TlsVersion::V1_2).then_some(cipher) },
        }),
    };
    connection.close(&CLOSE_NOTIFY).await;
    Ok(observed)
}

/// ClientHello, RFC 5246 section 7.4.1.2, in a record.
fn client_hello(name: Option<&str>) -> Vec<u8> {
    let mut random = [0; 32];
    // It protects nothing here.
    let _ = rand::fill(&mut random);
    let mut extensions = Vec::new();
    if let Some(name) = name {
        let entry = [&[0], sized16(name.as_bytes()).as_slice()].concat();
        extensions.extend(extension(0, &sized16(&entry)));
    }
    extensions.extend(extension(10, &sized16(&numbers(GROUPS))));
    // Uncompressed points only.
    extensions.extend(extension(11, &[1, 0]));
    extensions.extend(extension(13, &sized16(&numbers(SCHEMES))));
    extensions.extend(extension(16, &sized16(&sized8(ALPN))));
    let body = [
        &[3, 3],
        &random[..],
        // No session, and no compression.
        &[0],
        &sized16(&numbers(CIPHERS)),
        &[1, 0],
        &sized16(&extensions),
    ]
    .concat();
    let message = [&[1, 0], sized16(&body).as_slice()].concat();
    [&[0x16, 3, 1], sized16(&message).as_slice()].concat()
}

fn extension(number: u16, content: &[u8]) -> Vec<u8> {
    [&number.to_be_bytes(), sized16(content).as_slice()].concat()
}

fn numbers(of: &[u16]) -> Vec<u8> {
    of.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// All that is put in here is short.
fn sized16(content: &[u8]) -> Vec<u8> {
    [&(content.len() as u16).to_be_bytes(), content].concat()
}

fn sized8(content: &[u8]) -> Vec<u8> {
    [&[content.len() as u8], content].concat()
}

const CLOSE_NOTIFY: [u8; 7] = [0x15, 3, 1, 0, 2, 1, 0];

/// IANA's registry "TLS Supported Groups": Curve25519, Curve448, NIST's and Brainpool's curves, the groups of RFC 7919.
const GROUPS: &[u16] = &[29, 30, 23, 24, 25, 26, 27, 28, 22, 21, 19, 256, 257, 258, 259, 260];

/// IANA's registry "TLS Cipher Suites": key exchange by ECDHE, by DHE, by RSA; with AES-GCM and ChaCha20, AES-CCM, AES-CBC,
/// Camellia, 3DES, RC4; then those for DSA keys. The last says that renegotiation is safe (RFC 5746 section 3.3).
const CIPHERS: &[u16] = &[
    0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9, 0xc0ac, 0xc0ad, 0xc023, 0xc024, 0xc027, 0xc028, 0xc009, 0xc00a,
    0xc013, 0xc014, 0xc008, 0xc012, 0xc007, 0xc011, 0x009e, 0x009f, 0xccaa, 0xc09e, 0xc09f, 0x0067, 0x006b, 0x0033,
    0x0039, 0x0045, 0x0088, 0x0016, 0x009c, 0x009d, 0xc09c, 0xc09d, 0x003c, 0x003d, 0x002f, 0x0035, 0x0041, 0x0084,
    0x000a, 0x0005, 0x0004, 0x00a2, 0x00a3, 0x0040, 0x006a, 0x0032, 0x0038, 0x00ff,
];
