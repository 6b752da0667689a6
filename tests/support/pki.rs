//! Certificates made for one test run: a chain root → intermediate → leaf, and CAs with one odd property each.

use aws_lc_rs::signature::Ed25519KeyPair;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P521_SHA512, PKCS_ED25519, SignatureAlgorithm, date_time_ymd,
};
use rustls::pki_types::PrivatePkcs8KeyDer;

/// One certificate, without its key.
#[derive(Clone)]
pub(crate) struct TestCertificate {
    pub(crate) common_name: String,
    pub(crate) der: Vec<u8>,
    pub(crate) pem: String,
}

impl TestCertificate {
    fn new(common_name: &str, certificate: &rcgen::Certificate) -> Self {
        Self { common_name: common_name.to_owned(), der: certificate.der().to_vec(), pem: certificate.pem() }
    }

    /// SHA-256 of the DER, lower-case hex.
    pub(crate) fn fingerprint(&self) -> String {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.der);
        digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A CA that can issue.
pub(crate) struct Authority {
    pub(crate) certificate: TestCertificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// A self-signed CA with a P-256 key.
    pub(crate) fn root(common_name: &str) -> Self {
        Self::root_with(common_name, &PKCS_ECDSA_P256_SHA256)
    }

    /// The same, valid from the first day of this year.
    pub(crate) fn root_of_year(common_name: &str, year: i32) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = ca_params(common_name);
        params.not_before = date_time_ymd(year, 1, 1);
        let certificate = TestCertificate::new(common_name, &params.self_signed(&key).unwrap());
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// The same, valid for the first day of 2020 only.
    pub(crate) fn expired_root(common_name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = ca_params(common_name);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 2);
        let certificate = TestCertificate::new(common_name, &params.self_signed(&key).unwrap());
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    fn root_with(common_name: &str, algorithm: &'static SignatureAlgorithm) -> Self {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let params = ca_params(common_name);
        let certificate = TestCertificate::new(common_name, &params.self_signed(&key).unwrap());
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// Another self-signed certificate of the same name and key.
    pub(crate) fn again(&self) -> TestCertificate {
        let name = &self.certificate.common_name;
        let mut params = ca_params(name);
        params.not_before = date_time_ymd(2025, 1, 1);
        TestCertificate::new(name, &params.self_signed(self.issuer.key()).unwrap())
    }

    /// A CA below this one.
    pub(crate) fn intermediate(&self, common_name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = ca_params(common_name);
        let certificate = TestCertificate::new(common_name, &params.signed_by(&key, &self.issuer).unwrap());
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// A server certificate for these DNS names and addresses, and its key as PKCS#8 PEM.
    pub(crate) fn server(&self, names: &[&str]) -> (TestCertificate, KeyPair) {
        self.server_with(names, &PKCS_ECDSA_P256_SHA256)
    }

    fn server_with(&self, names: &[&str], algorithm: &'static SignatureAlgorithm) -> (TestCertificate, KeyPair) {
        let key = key(algorithm);
        let names = names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let common_name = names[0].clone();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, &common_name);
        params.use_authority_key_identifier_extension = true;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (TestCertificate::new(&common_name, &certificate), key)
    }
}

impl Authority {
    /// A server certificate that does not say which key signed it: only the order of a store tells an OpenSSL client
    /// which of two roots with one subject to try.
    pub(crate) fn server_without_issuer_key(&self, name: &str) -> TestCertificate {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        TestCertificate::new(name, &params.signed_by(&key, &self.issuer).unwrap())
    }
}

/// What a server with a private CA presents: leaf and intermediate, the root kept back.
pub(crate) struct Chain {
    pub(crate) root: TestCertificate,
    pub(crate) intermediate: TestCertificate,
    pub(crate) leaf: TestCertificate,
    leaf_key: KeyPair,
}

impl Chain {
    /// A chain for `localhost` and `127.0.0.1`.
    pub(crate) fn new() -> Self {
        Self::named("pgtrust test")
    }

    /// The same, with names that begin so.
    pub(crate) fn named(name: &str) -> Self {
        Self::with(name, &PKCS_ECDSA_P256_SHA256)
    }

    /// The same, whose server has a key of this algorithm.
    pub(crate) fn with_key(algorithm: &'static SignatureAlgorithm) -> Self {
        Self::with("pgtrust test", algorithm)
    }

    fn with(name: &str, algorithm: &'static SignatureAlgorithm) -> Self {
        let root = Authority::root(&format!("{name} root"));
        let intermediate = root.intermediate(&format!("{name} intermediate"));
        let (leaf, leaf_key) = intermediate.server_with(&["localhost", "127.0.0.1"], algorithm);
        Self { root: root.certificate, intermediate: intermediate.certificate, leaf, leaf_key }
    }

    /// `server.crt`: the leaf, then the intermediate.
    pub(crate) fn server_pem(&self) -> String {
        format!("{}{}", self.leaf.pem, self.intermediate.pem)
    }

    /// `server.key`.
    pub(crate) fn key_pem(&self) -> String {
        self.leaf_key.serialize_pem()
    }
}

/// OpenSSL 3.0 cannot read an Ed25519 key as rcgen writes it, in the second version of PKCS#8.
fn key(algorithm: &'static SignatureAlgorithm) -> KeyPair {
    if algorithm != &PKCS_ED25519 {
        return KeyPair::generate_for(algorithm).unwrap();
    }
    let first = Ed25519KeyPair::generate().unwrap().to_pkcs8v1().unwrap();
    KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(first.as_ref()), algorithm).unwrap()
}

/// A self-signed CA with a P-521 key.
pub(crate) fn p521_root() -> TestCertificate {
    Authority::root_with("pgtrust test P-521 root", &PKCS_ECDSA_P521_SHA512).certificate
}

/// A self-signed CA with an Ed25519 key.
pub(crate) fn ed25519_root() -> TestCertificate {
    Authority::root_with("pgtrust test Ed25519 root", &PKCS_ED25519).certificate
}

/// A CA whose subject and issuer are the same, but whose signature is by another key.
pub(crate) fn self_issued_not_self_signed() -> TestCertificate {
    const NAME: &str = "pgtrust test self-issued";
    Authority::root(NAME).intermediate(NAME).certificate
}

fn ca_params(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "pgtrust tests");
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    params.not_before = date_time_ymd(2024, 1, 1);
    params.not_after = date_time_ymd(2060, 1, 1);
    params
}
