//! OpenSSL's own server, which speaks TLS at once, with each odd key, version and cipher suite that it has.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use pgtrust::server::{Negotiation, ServerReason, TlsVersion};

use super::{Address, LONG, fingerprints, local, observed, reason};
use crate::support::pgtrust::Home;
use crate::support::tools;

struct Server {
    address: Address,
    process: Child,
    home: Home,
}

impl Server {
    /// With a key and certificate of its own; `key` is for `openssl genpkey`.
    fn start(key: &str, arguments: &str) -> Option<Self> {
        let openssl = tools::program("openssl")?;
        let home = Home::new();
        let run = |text: &str| {
            let output = Command::new(&openssl).args(text.split(' ')).current_dir(home.path()).output().unwrap();
            assert!(output.status.success(), "{text}: {}", String::from_utf8_lossy(&output.stderr));
        };
        run(&format!("genpkey -out key.pem {key}"));
        run("req -x509 -key key.pem -out cert.pem -days 9 -subj /CN=localhost");
        let usual = "s_server -accept 127.0.0.1:0 -cert cert.pem -key key.pem";
        let mut command = home.command(&openssl);
        command.args(usual.split(' ')).args(arguments.split(' ').filter(|word| !word.is_empty()));
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let Some(port) = lines.find_map(|line| line.unwrap().strip_prefix("ACCEPT 127.0.0.1:")?.parse().ok()) else {
            let mut said = String::new();
            process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("{key} {arguments}: {said}");
        };
        // It stops when nobody reads what it says.
        std::thread::spawn(move || lines.count());
        let stderr = process.stderr.take().unwrap();
        std::thread::spawn(move || BufReader::new(stderr).lines().count());
        let address = Address { host: "127.0.0.1".to_owned(), ..local(port) };
        Some(Self { address, process, home })
    }

    fn fingerprint(&self) -> pgtrust::Fingerprint {
        let text = std::fs::read_to_string(self.home.path().join("cert.pem")).unwrap();
        pgtrust::Fingerprint::of(pem::parse(text).unwrap().contents())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
fn direct_tls_agrees_on_postgresql() {
    for (arguments, agrees) in [("-alpn postgresql", true), ("", false)] {
        let Some(server) = Server::start("-algorithm ED25519", arguments) else { return };
        let observed = observed(&server.address, Negotiation::Direct);
        assert_eq!((observed.alpn, observed.tls), (agrees, Some(TlsVersion::V1_3)));
        assert_eq!(fingerprints(&observed), [server.fingerprint()]);
        // It takes the question for TLS for a broken handshake.
        assert!(matches!(
            reason(&server.address, Negotiation::Postgres, LONG),
            ServerReason::Closed { .. } | ServerReason::NotPostgres { .. }
        ));
    }
    let Some(server) = Server::start("-algorithm ED25519", "-alpn h2") else { return };
    let ServerReason::Alert { code: 120, meaning } = reason(&server.address, Negotiation::Direct, LONG) else {
        panic!()
    };
    assert_eq!(meaning, "it does not speak PostgreSQL within TLS");
}

#[test]
fn odd_keys_show_their_certificate() {
    for key in [
        "-algorithm ED448",
        "-algorithm RSA-PSS",
        "-algorithm RSA -pkeyopt rsa_keygen_bits:1024",
        "-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1",
        "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1",
        "-algorithm EC -pkeyopt ec_paramgen_curve:P-521",
    ] {
        for version in ["-tls1_3", "-tls1_2"] {
            // OpenSSL 3.0 has no Brainpool curves and no secp256k1 in TLS 1.3.
            if version == "-tls1_3" && (key.contains("brainpool") || key.contains("k1")) {
                continue;
            }
            let Some(server) = Server::start(key, &format!("{version} -cipher ALL@SECLEVEL=0")) else { return };
            let observed = observed(&server.address, Negotiation::Direct);
            assert_eq!(fingerprints(&observed), [server.fingerprint()], "{key} {version}");
        }
    }
}

#[test]
fn what_is_outdated_is_shown_and_named() {
    for (arguments, outdated) in [
        ("-tls1 -cipher ALL@SECLEVEL=0", "the server speaks only TLS 1.0"),
        ("-tls1_1 -cipher ALL@SECLEVEL=0", "the server speaks only TLS 1.1"),
        ("-tls1_2 -cipher AES256-GCM-SHA384", "the server speaks only TLS 1.2 with cipher suite 0x009d"),
        ("-tls1_2 -cipher ECDHE-RSA-AES128-SHA", "the server speaks only TLS 1.2 with cipher suite 0xc013"),
        ("-tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256", "the server speaks only TLS 1.2 with cipher suite 0x009e"),
    ] {
        let Some(server) = Server::start("-algorithm RSA", arguments) else { return };
        let observed = observed(&server.address, Negotiation::Direct);
        assert_eq!(fingerprints(&observed), [server.fingerprint()], "{arguments}");
        assert_eq!(observed.unfinished.unwrap().to_string(), outdated, "{arguments}");
    }
}

/// What ends the handshake comes when the certificates are there.
#[test]
fn a_server_that_wants_a_certificate_shows_its_own() {
    for version in ["-tls1_2", "-tls1_3"] {
        let arguments = format!("{version} -Verify 1 -verify_return_error");
        let Some(server) = Server::start("-algorithm ED25519", &arguments) else { return };
        let observed = observed(&server.address, Negotiation::Direct);
        assert_eq!(fingerprints(&observed), [server.fingerprint()], "{version}");
        assert!(observed.wants_certificate, "{version}");
    }
}

#[test]
fn a_server_with_nothing_in_common_says_so() {
    let Some(server) = Server::start("-algorithm RSA", "-tls1_2 -nocert -cipher PSK -psk 00") else { return };
    let ServerReason::Alert { code: 40, .. } = reason(&server.address, Negotiation::Direct, LONG) else { panic!() };
}
