//! The chains that servers present, each with the certificates around it that stores are made of.

use std::path::Path;
use std::process::Command;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P521_SHA512, SanType, SignatureAlgorithm, date_time_ymd,
};

/// A kind of chain, and the host that clients ask for.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) host: &'static str,
    make: fn(&Authorities, &Self) -> Leaf,
    /// What is sent with the leaf.
    sent: &'static [Sent],
    authorities: Style,
}

#[derive(Clone, Copy)]
enum Sent {
    Intermediate,
    Root,
    CrossSign,
    Twin,
}

#[derive(Clone, Copy)]
enum Style {
    Plain,
    /// P-521, and nothing says which key signed.
    P521,
    WithoutKeyIdentifiers,
    ExpiredRoot,
}

/// A host whose name only the file of hosts of the tests knows.
pub(crate) const IN_ZONE: &str = "db.zone.test";

const NAMED: &[&str] = &["localhost"];
const PLAIN: Kind =
    Kind { name: "plain", host: "localhost", make: named, sent: &[Sent::Intermediate], authorities: Style::Plain };

pub(crate) const KINDS: &[Kind] = &[
    PLAIN,
    Kind { name: "root sent", sent: &[Sent::Intermediate, Sent::Root], ..PLAIN },
    Kind { name: "cross-signed", sent: &[Sent::Intermediate, Sent::CrossSign], ..PLAIN },
    Kind { name: "cross-sign last", sent: &[Sent::Intermediate, Sent::Root, Sent::CrossSign], ..PLAIN },
    Kind { name: "without intermediate", sent: &[], ..PLAIN },
    Kind {
        name: "twin sent",
        sent: &[Sent::Twin, Sent::Intermediate],
        authorities: Style::WithoutKeyIdentifiers,
        ..PLAIN
    },
    Kind { name: "no key identifiers", authorities: Style::WithoutKeyIdentifiers, ..PLAIN },
    Kind { name: "P-521", authorities: Style::P521, ..PLAIN },
    Kind { name: "expired root", authorities: Style::ExpiredRoot, ..PLAIN },
    Kind { name: "by the root itself", sent: &[], make: by_root, ..PLAIN },
    Kind { name: "self-signed", sent: &[], make: self_signed, ..PLAIN },
    Kind { name: "CN only", make: |all, kind| all.leaf(kind.host, &[], |_| ()), ..PLAIN },
    Kind { name: "wrong name", make: |all, _| all.leaf("other.test", &["other.test"], |_| ()), ..PLAIN },
    Kind { name: "wrong name, right CN", make: |all, _| all.leaf("localhost", &["other.test"], |_| ()), ..PLAIN },
    Kind { name: "IP", host: "127.0.0.1", ..PLAIN },
    Kind { name: "IP as DNS name", host: "127.0.0.1", make: ip_as_name, ..PLAIN },
    Kind { name: "IP in CN only", host: "127.0.0.1", make: |all, kind| all.leaf(kind.host, &[], |_| ()), ..PLAIN },
    Kind { name: "IPv6", host: "::1", ..PLAIN },
    Kind { name: "wildcard", host: IN_ZONE, make: |all, _| all.leaf("zone", &["*.zone.test"], |_| ()), ..PLAIN },
    Kind {
        name: "wildcard in a label",
        host: IN_ZONE,
        make: |all, _| all.leaf("zone", &["d*.zone.test"], |_| ()),
        ..PLAIN
    },
    Kind {
        name: "wildcard of a TLD",
        host: "zone.test",
        make: |all, _| all.leaf("zone", &["*.test"], |_| ()),
        ..PLAIN
    },
    Kind { name: "expired leaf", make: expired, ..PLAIN },
    Kind { name: "future leaf", make: future, ..PLAIN },
    Kind { name: "client EKU", make: client_only, ..PLAIN },
    Kind {
        name: "version 1",
        make: |all, kind| by_openssl(all, kind, &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "-sha256", false),
        ..PLAIN
    },
    Kind {
        name: "RSA 1024",
        make: |all, kind| by_openssl(all, kind, &["rsa", "-pkeyopt", "rsa_keygen_bits:1024"], "-sha256", true),
        ..PLAIN
    },
    Kind {
        name: "SHA-1",
        make: |all, kind| by_openssl(all, kind, &["rsa", "-pkeyopt", "rsa_keygen_bits:2048"], "-sha1", true),
        ..PLAIN
    },
];

/// A chain as it is presented, and what stores hold of it. All PEM.
pub(crate) struct Chain {
    pub(crate) sent: String,
    pub(crate) key: String,
    pub(crate) leaf: String,
    pub(crate) intermediate: String,
    pub(crate) root: String,
    /// The root's name and key once more, long expired.
    pub(crate) expired_root: String,
    /// The root's name and key, signed by an older root.
    pub(crate) cross_sign: String,
    pub(crate) old_root: String,
    /// The root's name with another key.
    pub(crate) twin: String,
}

struct Leaf {
    pem: String,
    key: String,
    /// What signed it, where that is not the intermediate: a root of its own.
    root: Option<String>,
}

impl Kind {
    pub(crate) fn chain(&self) -> Chain {
        let all = Authorities::new(self.authorities);
        let leaf = (self.make)(&all, self);
        let mut sent = leaf.pem.clone();
        for part in self.sent {
            sent += match part {
                Sent::Intermediate => &all.intermediate.pem,
                Sent::Root => &all.root.pem,
                Sent::CrossSign => &all.cross_sign,
                Sent::Twin => &all.twin_intermediate,
            };
        }
        let root = leaf.root.unwrap_or(all.root.pem);
        Chain {
            sent,
            key: leaf.key,
            leaf: leaf.pem,
            intermediate: all.intermediate.pem,
            root,
            expired_root: all.expired_root,
            cross_sign: all.cross_sign,
            old_root: all.old_root,
            twin: all.twin,
        }
    }
}

/// A chain by strangers that is for all hosts of the tests.
pub(crate) fn impostor() -> (String, String) {
    let all = Authorities::new(Style::Plain);
    let names = ["localhost", "127.0.0.1", "::1", IN_ZONE, "zone.test", "*.zone.test"];
    let leaf = all.leaf("localhost", &names, |_| ());
    (leaf.pem + &all.intermediate.pem, leaf.key)
}

/// A root that signed nothing here.
pub(crate) fn stranger() -> String {
    Authority::root("pgtrust test stranger", Style::Plain).pem
}

struct Authority {
    pem: String,
    params: CertificateParams,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn root(name: &str, style: Style) -> Self {
        let key = KeyPair::generate_for(style.algorithm()).unwrap();
        let mut params = style.authority(name);
        if matches!(style, Style::ExpiredRoot) {
            params.not_after = date_time_ymd(2025, 1, 1);
        }
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params.clone(), key), params }
    }

    /// Its name and key, signed by another.
    fn signed_by(&self, other: &Self) -> String {
        self.params.signed_by(self.issuer.key(), &other.issuer).unwrap().pem()
    }

    fn expired(&self) -> String {
        let mut params = self.params.clone();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 2);
        params.self_signed(self.issuer.key()).unwrap().pem()
    }
}

struct Authorities {
    style: Style,
    root: Authority,
    intermediate: Authority,
    cross_sign: String,
    old_root: String,
    expired_root: String,
    twin: String,
    twin_intermediate: String,
}

impl Authorities {
    fn new(style: Style) -> Self {
        let root = Authority::root("pgtrust test root", style);
        let old = Authority::root("pgtrust test old root", Style::Plain);
        let twin = Authority::root("pgtrust test root", style);
        let below = |root: &Authority| {
            let key = KeyPair::generate_for(style.algorithm()).unwrap();
            let params = style.authority("pgtrust test intermediate");
            let pem = params.signed_by(&key, &root.issuer).unwrap().pem();
            Authority { pem, issuer: Issuer::new(params.clone(), key), params }
        };
        Self {
            style,
            intermediate: below(&root),
            twin_intermediate: below(&twin).pem,
            cross_sign: root.signed_by(&old),
            expired_root: root.expired(),
            old_root: old.pem,
            twin: twin.pem,
            root,
        }
    }

    /// A leaf below the intermediate.
    fn leaf(&self, common_name: &str, names: &[&str], change: impl Fn(&mut CertificateParams)) -> Leaf {
        self.leaf_by(&self.intermediate, common_name, names, change)
    }

    fn leaf_by(
        &self,
        authority: &Authority,
        common_name: &str,
        names: &[&str],
        change: impl Fn(&mut CertificateParams),
    ) -> Leaf {
        let key = KeyPair::generate_for(self.style.algorithm()).unwrap();
        let mut params = leaf_params(common_name, names);
        params.use_authority_key_identifier_extension = self.style.has_key_identifiers();
        change(&mut params);
        let pem = params.signed_by(&key, &authority.issuer).unwrap().pem();
        Leaf { pem, key: key.serialize_pem(), root: None }
    }
}

impl Style {
    fn algorithm(self) -> &'static SignatureAlgorithm {
        if matches!(self, Self::P521) { &PKCS_ECDSA_P521_SHA512 } else { &PKCS_ECDSA_P256_SHA256 }
    }

    fn has_key_identifiers(self) -> bool {
        matches!(self, Self::Plain | Self::ExpiredRoot)
    }

    fn authority(self, name: &str) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = common_name(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.use_authority_key_identifier_extension = self.has_key_identifiers();
        (params.not_before, params.not_after) = (date_time_ymd(2024, 1, 1), date_time_ymd(2060, 1, 1));
        params
    }
}

fn leaf_params(name: &str, names: &[&str]) -> CertificateParams {
    let names = names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name = common_name(name);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    (params.not_before, params.not_after) = (date_time_ymd(2025, 1, 1), date_time_ymd(2059, 1, 1));
    params
}

fn common_name(name: &str) -> DistinguishedName {
    let mut all = DistinguishedName::new();
    all.push(DnType::CommonName, name);
    all
}

fn named(all: &Authorities, kind: &Kind) -> Leaf {
    all.leaf(kind.host, &[kind.host], |_| ())
}

fn by_root(all: &Authorities, kind: &Kind) -> Leaf {
    all.leaf_by(&all.root, kind.host, &[kind.host], |_| ())
}

/// Like the certificate that Debian's PostgreSQL begins with.
fn self_signed(_: &Authorities, kind: &Kind) -> Leaf {
    let key = KeyPair::generate().unwrap();
    let mut params = leaf_params(kind.host, NAMED);
    params.is_ca = IsCa::ExplicitNoCa;
    let pem = params.self_signed(&key).unwrap().pem();
    Leaf { pem: pem.clone(), key: key.serialize_pem(), root: Some(pem) }
}

fn ip_as_name(all: &Authorities, kind: &Kind) -> Leaf {
    all.leaf("server", &[], |params| params.subject_alt_names = vec![SanType::DnsName(kind.host.try_into().unwrap())])
}

fn expired(all: &Authorities, kind: &Kind) -> Leaf {
    all.leaf(kind.host, &[kind.host], |params| params.not_after = date_time_ymd(2025, 2, 1))
}

fn future(all: &Authorities, kind: &Kind) -> Leaf {
    all.leaf(kind.host, &[kind.host], |params| params.not_before = date_time_ymd(2058, 1, 1))
}

fn client_only(all: &Authorities, kind: &Kind) -> Leaf {
    all.leaf(kind.host, &[kind.host], |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth])
}

/// What rcgen does not make. Without extensions OpenSSL makes a certificate of version 1.
fn by_openssl(all: &Authorities, kind: &Kind, key: &[&str], digest: &str, extensions: bool) -> Leaf {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(file("ca.pem"), &all.intermediate.pem).unwrap();
    std::fs::write(file("ca.key"), all.intermediate.issuer.key().serialize_pem()).unwrap();
    std::fs::write(file("extensions"), format!("subjectAltName = DNS:{}\n", kind.host)).unwrap();
    let subject = format!("/CN={}", kind.host);
    openssl(folder.path(), &[&["genpkey", "-out", "leaf.key", "-algorithm"], key].concat());
    openssl(folder.path(), &["req", "-new", "-key", "leaf.key", "-subj", &subject, "-out", "leaf.csr"]);
    let mut sign = vec!["x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-out", "leaf.pem"];
    sign.extend(["-days", "3000", digest]);
    if extensions {
        sign.extend(["-extfile", "extensions"]);
    }
    openssl(folder.path(), &sign);
    let read = |name: &str| std::fs::read_to_string(file(name)).unwrap();
    Leaf { pem: read("leaf.pem"), key: read("leaf.key"), root: None }
}

pub(crate) fn openssl(folder: &Path, arguments: &[&str]) {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
