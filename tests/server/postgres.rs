//! Real PostgreSQL servers, and a pooler before one: what they show, and what they write to their log about it.

use std::net::IpAddr;

use pgtrust::Fingerprint;
use pgtrust::server::{Login, Negotiation, Plaintext, ServerReason, Step, TlsVersion, plaintext};
use rcgen::{PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512, PKCS_ED25519, PKCS_RSA_SHA256};

use super::{Address, LONG, fingerprints, local, observed, reason};
use crate::support::pgbouncer::Pooler;
use crate::support::pgtrust::Home;
use crate::support::pki::Chain;
use crate::support::postgres::Postgres;
use crate::support::tools;

/// On both kinds of addresses, whatever `localhost` is here.
const LISTEN: &str = "listen_addresses=127.0.0.1,::1";

/// Nothing but what a server says of itself.
fn assert_quiet(log: &str) {
    let loud = |line: &&str| ["ERROR", "FATAL", "could not", "unexpected"].iter().any(|word| line.contains(word));
    assert_eq!(log.lines().find(loud), None, "{log}");
}

fn sent(chain: &Chain) -> Vec<Fingerprint> {
    [&chain.leaf, &chain.intermediate].map(|certificate| Fingerprint::of(&certificate.der)).to_vec()
}

fn login(user: &str) -> Login {
    Login { user: user.to_owned(), database: "postgres".to_owned() }
}

#[test]
fn each_key_and_version_shows_its_chain() {
    for (version, settings) in [
        (TlsVersion::V1_3, [LISTEN, "ssl_ecdh_curve=secp521r1"]),
        (TlsVersion::V1_2, [LISTEN, "ssl_max_protocol_version=TLSv1.2"]),
    ] {
        let Some(server) = Postgres::start_with(&settings, "hostssl all all all trust\n") else { return };
        let keys = [
            &PKCS_RSA_SHA256,
            &PKCS_ECDSA_P256_SHA256,
            &PKCS_ECDSA_P384_SHA384,
            &PKCS_ECDSA_P521_SHA512,
            &PKCS_ED25519,
        ];
        for key in keys {
            let chain = Chain::with_key(key);
            server.present(&chain);
            for host in ["localhost", "127.0.0.1", "::1"] {
                let asked = Address { host: host.to_owned(), ..local(server.port) };
                let observed = observed(&asked, Negotiation::Postgres);
                assert_eq!(fingerprints(&observed), sent(&chain), "{host} {key:?}");
                assert_eq!((observed.tls, observed.alpn), (Some(version), false));
                assert_eq!((observed.unfinished, observed.wants_certificate), (None, false));
            }
        }
        assert_quiet(&server.stop());
    }
}

/// It takes the handshake for a message that is too long.
#[test]
fn a_server_before_17_knows_no_direct_tls() {
    let Some(server) = Postgres::shared() else { return };
    assert_eq!(
        reason(&local(server.port), Negotiation::Direct, LONG),
        ServerReason::Closed { during: Step::Handshake }
    );
}

#[test]
fn an_address_is_taken_in_place_of_the_name() {
    let settings = [LISTEN, "ssl_ca_file=root.crt"];
    let Some(server) = Postgres::start_with(&settings, "hostssl all all all trust clientcert=verify-full\n") else {
        return;
    };
    for address in ["127.0.0.1", "::1"] {
        let address: IpAddr = address.parse().unwrap();
        let asked = Address { host: "db.invalid".to_owned(), address: Some(address), ..local(server.port) };
        let observed = observed(&asked, Negotiation::Postgres);
        assert_eq!((observed.address.ip(), observed.wants_certificate), (address, true));
    }
    let unknown = Address { host: "db.invalid".to_owned(), ..local(server.port) };
    assert!(matches!(reason(&unknown, Negotiation::Postgres, LONG), ServerReason::UnknownHost { .. }));
    assert_quiet(&server.stop());
}

#[test]
fn a_server_without_tls_says_so_and_lets_in() {
    let access = "host all app all trust\nhost all all all scram-sha-256\n";
    let Some(server) = Postgres::start_with(&["ssl=off"], access) else { return };
    let address = local(server.port);
    assert_eq!(reason(&address, Negotiation::Postgres, LONG), ServerReason::NoTls);
    // One is asked for a password.
    assert_eq!(plaintext(&address, &login("postgres"), LONG), Ok(Plaintext::Offered));
    assert_quiet(&server.stop());
}

#[test]
fn who_is_let_in_at_once_leaves_in_order() {
    let Some(server) = Postgres::start_with(&[], "host all all all trust\n") else { return };
    let address = local(server.port);
    assert_eq!(plaintext(&address, &login("postgres"), LONG), Ok(Plaintext::Offered));
    // What is refused for another reason than the lack of TLS.
    assert_eq!(plaintext(&address, &login("nobody"), LONG), Ok(Plaintext::Offered));
    let elsewhere = Login { database: "nowhere".to_owned(), ..login("postgres") };
    assert_eq!(plaintext(&address, &elsewhere, LONG), Ok(Plaintext::Offered));
    let log = server.stop();
    let expected = ["role \"nobody\" does not exist", "database \"nowhere\" does not exist"];
    let others = log.lines().filter(|line| !expected.iter().any(|words| line.contains(words)));
    assert_quiet(&others.collect::<Vec<_>>().join("\n"));
    assert!(expected.iter().all(|words| log.contains(words)), "{log}");
}

/// Whatever the language of its messages.
#[test]
fn a_server_that_wants_tls_refuses_without() {
    for access in ["hostssl all all all trust\n", "hostnossl all all all reject\nhost all all all trust\n"] {
        let Some(server) = Postgres::start_with(&[], access) else { return };
        let Ok(Plaintext::Refused { message }) = plaintext(&local(server.port), &login("postgres"), LONG) else {
            panic!("{access}")
        };
        assert!(message.contains("no encryption"), "{message}");
    }
}

#[test]
fn a_pooler_answers_as_its_settings_say() {
    let Some(program) = tools::pgbouncer() else { return };
    let Some(server) = Postgres::shared() else { return };
    let home = Home::new();
    // It asks its own server first, and hands its refusal on.
    let databases =
        format!("[databases]\n* = host=localhost port={}\n[pgbouncer]\nserver_tls_sslmode = require\n", server.port);
    let pooler = Pooler::start(&home, &program, &databases);
    assert_eq!(reason(&local(pooler.port), Negotiation::Postgres, LONG), ServerReason::NoTls);
    assert_eq!(plaintext(&local(pooler.port), &login("postgres"), LONG), Ok(Plaintext::Offered));
    pooler.stop();

    let chain = Chain::new();
    let (certificate, key) = (home.write("tls.crt", chain.server_pem()), home.write("tls.key", chain.key_pem()));
    let tls = format!(
        "{databases}client_tls_sslmode = require\nclient_tls_cert_file = {}\nclient_tls_key_file = {}\n",
        certificate.display(),
        key.display()
    );
    let pooler = Pooler::start(&home, &program, &tls);
    assert_eq!(fingerprints(&observed(&local(pooler.port), Negotiation::Postgres)), sent(&chain));
    let refused = Plaintext::Refused { message: "SSL required".to_owned() };
    assert_eq!(plaintext(&local(pooler.port), &login("postgres"), LONG), Ok(refused));
    pooler.stop();
}
