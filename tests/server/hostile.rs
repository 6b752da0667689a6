//! Servers that are none of PostgreSQL, that hang, or that mean harm: each is told by its own reason, and none can hang, fill
//! the memory or act on a terminal.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use pgtrust::server::greeting::Protocol;
use pgtrust::server::{Address, Login, Negotiation, Plaintext, ServerReason, Step, plaintext};
use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, ServerConnection};

use super::{LONG, local, observed, reason};

/// Where a test waits for the time to be over.
const SHORT: Duration = Duration::from_millis(300);

/// Does this with each connection, until the tests end.
pub(super) fn serve(answer: impl Fn(TcpStream) + Send + Sync + 'static) -> Address {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address { host: "127.0.0.1".to_owned(), ..local(listener.local_addr().unwrap().port()) };
    std::thread::spawn(move || {
        let answer = Arc::new(answer);
        for stream in listener.incoming() {
            let (stream, answer) = (stream.unwrap(), Arc::clone(&answer));
            std::thread::spawn(move || answer(stream));
        }
    });
    address
}

/// Waits for the question whether it speaks TLS, answers this, and reads until the other end closes.
fn answers(bytes: impl Into<Vec<u8>>) -> Address {
    let bytes = bytes.into();
    serve(move |mut stream| {
        let mut question = [0; 8];
        if stream.read_exact(&mut question).is_ok() && stream.write_all(&bytes).is_ok() {
            let _ = stream.shutdown(Shutdown::Write);
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
    })
}

fn why(address: &Address) -> ServerReason {
    reason(address, Negotiation::Postgres, LONG)
}

#[test]
fn servers_of_other_protocols_are_named() {
    let not = |speaks| ServerReason::NotPostgres { speaks };
    assert_eq!(why(&answers("HTTP/1.1 400 Bad Request\r\n\r\n<html>")), not(Protocol::Http));
    assert_eq!(why(&answers("SSH-2.0-OpenSSH_9.2p1\r\n")), not(Protocol::Ssh));
    assert_eq!(why(&answers("J\0\0\0\x0a8.0.36\0")), not(Protocol::MySql));
    assert_eq!(why(&answers("\x15\x03\x01\0\x02\x02\x46")), not(Protocol::Tls));
    assert_eq!(why(&answers("220 mail ESMTP\r\n")), not(Protocol::Unknown("220 mail ESMTP".to_owned())));
    assert_eq!(why(&answers([0xff; 100_000])), not(Protocol::Unknown("ff ff ff ff ff ff ff ff".to_owned())));
    let direct = reason(&answers("HTTP/1.1 400 Bad Request\r\n\r\n"), Negotiation::Direct, LONG);
    assert_eq!(direct, not(Protocol::Http));
    // The first byte of an SSH server alone reads as a yes.
    let slow = serve(|mut stream| {
        let mut question = [0; 8];
        let hello = stream.write_all(b"S").and_then(|()| stream.read_exact(&mut question)).and_then(|()| {
            stream.read_exact(&mut [0; 1])?;
            stream.write_all(b"SH-2.0-OpenSSH_9.2p1\r\n")
        });
        let _ = hello.and_then(|()| std::io::copy(&mut stream, &mut std::io::sink()));
    });
    assert_eq!(why(&slow), not(Protocol::Ssh));
}

#[test]
fn a_connection_that_ends_is_told_by_when() {
    let closed = serve(|mut stream| drop(stream.read_exact(&mut [0; 8])));
    assert_eq!(why(&closed), ServerReason::Closed { during: Step::Request });
    // To close with bytes unread is to reset.
    let reset = serve(|mut stream| drop(stream.read_exact(&mut [0; 7])));
    assert_eq!(why(&reset), ServerReason::Reset { during: Step::Request });
    assert_eq!(why(&answers("S")), ServerReason::Closed { during: Step::Handshake });
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_eq!(why(&local(nobody)), ServerReason::Refused);
    let unknown = Address { host: "db.invalid".to_owned(), ..local(5432) };
    assert!(matches!(why(&unknown), ServerReason::UnknownHost { .. }));
}

#[test]
fn plain_text_behind_the_answer_is_told() {
    assert_eq!(why(&answers("SR\0\0\0\x08\0\0\0\0")), ServerReason::Injected);
    assert_eq!(why(&answers([&b"S"[..], &[b'x'; 1 << 20]].concat())), ServerReason::Injected);
}

#[test]
fn a_server_that_drips_or_floods_has_its_time_and_no_more() {
    let hangs = |bytes: &'static [u8]| {
        serve(move |mut stream| {
            let _ = stream.write_all(bytes).and_then(|()| std::io::copy(&mut stream, &mut std::io::sink()));
        })
    };
    let timeout = |during| ServerReason::Timeout { during, limit: SHORT };
    let why = |address: &Address| reason(address, Negotiation::Postgres, SHORT);
    assert_eq!(why(&hangs(b"")), timeout(Step::Request));
    assert_eq!(why(&hangs(b"S")), timeout(Step::Handshake));
    assert_eq!(reason(&hangs(b""), Negotiation::Direct, SHORT), timeout(Step::Handshake));
    // What is there tells more than that the time is over.
    let speaks = Protocol::Unknown("Who".to_owned());
    assert_eq!(why(&hangs(b"Who")), ServerReason::NotPostgres { speaks });

    // Whatever moves something along, and never ends: empty handshake records, warnings, parts of a message, a text.
    let records: [&[u8]; 4] = [b"\x16\x03\x03\0\0", b"\x15\x03\x03\0\x02\x01\x5a", b"\x16\x03\x03\0\x01\x02", b"x"];
    for record in records {
        for pause in [Duration::ZERO, Duration::from_millis(20)] {
            let endless = serve(move |mut stream| {
                let _ = stream.read_exact(&mut [0; 8]).and_then(|()| stream.write_all(b"S"));
                let _ = stream.read(&mut [0; 4096]);
                while stream.write_all(record).is_ok() {
                    std::thread::sleep(pause);
                }
            });
            why(&endless);
        }
    }
    let endless = serve(|mut stream| while stream.write_all(b"E").is_ok() {});
    assert!(matches!(why(&endless), ServerReason::Said { .. }));
}

#[test]
fn an_error_text_is_cut_and_cannot_act_on_a_terminal() {
    let text = "\u{1b}]0;title\u{7}\u{202e}".repeat(6_000);
    let fields = format!("SFATAL\0C53300\0M{text}\0\0");
    let whole = |length: u32| [b"E", &length.to_be_bytes()[..], fields.as_bytes()].concat();
    for bytes in [whole(fields.len() as u32 + 4), whole(20_000), [b"E", text.as_bytes()].concat()] {
        for message in [
            why(&answers(bytes.clone())).to_string(),
            match plaintext(&answers(bytes), &Login { user: "a".to_owned(), database: "b".to_owned() }, LONG).unwrap() {
                Plaintext::Undetermined { message } => message,
                other => panic!("{other:?}"),
            },
        ] {
            assert!(message.len() < 1_000, "{} bytes", message.len());
            assert!(!message.chars().any(pgtrust::is_unsafe), "{message:?}");
        }
    }
}

/// Shows certificates that are no chain.
#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);

impl ResolvesServerCert for Shows {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// A server that speaks TLS when asked for it, and shows these.
pub(super) fn shows(chain: Vec<Vec<u8>>, key: &KeyPair) -> Address {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let key = provider.key_provider.load_private_key(PrivatePkcs8KeyDer::from(key.serialize_der()).into()).unwrap();
    let chain = chain.into_iter().map(CertificateDer::from).collect();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Shows(Arc::new(CertifiedKey::new(chain, key)))));
    let config = Arc::new(config);
    serve(move |mut stream| {
        let mut tls = ServerConnection::new(Arc::clone(&config)).unwrap();
        let asked = stream.read_exact(&mut [0; 8]).and_then(|()| stream.write_all(b"S"));
        let _ = asked.and_then(|()| tls.complete_io(&mut stream));
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    })
}

/// A certificate with so many names, and its key.
pub(super) fn with_names(count: usize) -> (Vec<u8>, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let names = (0..count).map(|number| format!("n{number}.example")).collect::<Vec<_>>();
    (CertificateParams::new(names).unwrap().self_signed(&key).unwrap().der().to_vec(), key)
}

#[test]
fn a_chain_is_shown_up_to_its_limits() {
    let (leaf, key) = with_names(1_500);
    let seen =
        observed(&shows(vec![leaf.clone(), b"junk".to_vec(), leaf.clone(), vec![1]], &key), Negotiation::Postgres);
    assert_eq!((seen.chain.certificates.len(), seen.chain.len()), (2, 4));
    let positions = seen.chain.unreadable.iter().map(|unreadable| unreadable.position).collect::<Vec<_>>();
    assert_eq!(positions, [2, 4]);
    assert!(seen.chain.unreadable[0].reason.starts_with("not an X.509 certificate"));

    assert_eq!(why(&shows(vec![b"x".to_vec(); 101], &key)), ServerReason::TooMany { limit: 100 });
    assert_eq!(observed(&shows(vec![b"x".to_vec(); 100], &key), Negotiation::Postgres).chain.len(), 100);
    let (huge, key) = with_names(10_000);
    for chain in [vec![huge], vec![leaf; 4]] {
        let ServerReason::TooLarge { limit } = why(&shows(chain, &key)) else { panic!() };
        assert_eq!(limit, 65_535);
    }
}
