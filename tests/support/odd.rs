//! Self-signed CA roots with one oddity each, written by hand and signed by their own key.

mod extensions;
mod fields;
mod keys;
mod names;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256};

use super::der::{common_name, generalized, tlv, utc};

/// A root with what is odd about it as its name.
pub(crate) struct OddRoot {
    pub(crate) name: String,
    pub(crate) der: Vec<u8>,
}

/// The fields of a root, each in DER, before they are signed.
#[derive(Clone)]
pub(crate) struct Fields {
    pub(crate) version: Vec<u8>,
    pub(crate) serial: Vec<u8>,
    pub(crate) algorithm: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) validity: Vec<u8>,
    pub(crate) subject: Vec<u8>,
    pub(crate) key: Vec<u8>,
    pub(crate) unique_ids: Vec<u8>,
    pub(crate) extensions: Vec<Vec<u8>>,
    pub(crate) outer_algorithm: Vec<u8>,
    /// The BIT STRING around the signature: its count of unused bits.
    pub(crate) unused_bits: u8,
}

impl Fields {
    /// Both names.
    pub(crate) fn name(&mut self, name: &[u8]) {
        self.issuer = name.to_vec();
        self.subject = name.to_vec();
    }

    /// Both identifiers of the signature's algorithm.
    pub(crate) fn algorithms(&mut self, algorithm: &[u8]) {
        self.algorithm = algorithm.to_vec();
        self.outer_algorithm = algorithm.to_vec();
    }

    /// What is signed.
    pub(crate) fn contents(&self) -> Vec<u8> {
        let Self { version, serial, algorithm, issuer, validity, subject, key, unique_ids, .. } = self;
        let extensions = match &self.extensions[..] {
            [] => Vec::new(),
            extensions => tlv(0xa3, &[&tlv(0x30, &[&extensions.concat()])]),
        };
        tlv(0x30, &[version, serial, algorithm, issuer, validity, subject, key, unique_ids, &extensions])
    }

    /// The certificate.
    pub(crate) fn signed(&self, contents: &[u8], signature: &[u8]) -> Vec<u8> {
        tlv(0x30, &[contents, &self.outer_algorithm, &tlv(3, &[&[self.unused_bits], signature])])
    }
}

/// The key that signs roots of a kind.
pub(crate) enum Signer {
    Ec(EcdsaKeyPair),
    Rsa(rsa::KeyPair),
}

impl Signer {
    pub(crate) fn ec() -> Self {
        Self::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap())
    }

    fn rsa() -> Self {
        Self::Rsa(rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap())
    }

    /// The private key, as PKCS#8 in DER.
    pub(crate) fn pkcs8(&self) -> Vec<u8> {
        match self {
            Self::Ec(pair) => pair.to_pkcs8v1().unwrap().as_ref().to_vec(),
            Self::Rsa(_) => unreachable!("no test asks for it"),
        }
    }

    /// A sound root's fields.
    pub(crate) fn fields(&self, name: &str) -> Fields {
        let (algorithm, key) = match self {
            Self::Ec(pair) => (tlv(0x30, &[ECDSA_SHA256]), spki(&[EC_KEY, P256], pair.public_key().as_ref())),
            Self::Rsa(pair) => {
                (tlv(0x30, &[RSA_SHA256, &[5, 0]]), spki(&[RSA_KEY, &[5, 0]], pair.public_key().as_ref()))
            }
        };
        let name = common_name(0x0c, name.as_bytes());
        Fields {
            version: vec![0xa0, 3, 2, 1, 2],
            serial: vec![2, 1, 7],
            outer_algorithm: algorithm.clone(),
            algorithm,
            issuer: name.clone(),
            validity: tlv(0x30, &[&utc("240101000000Z"), &generalized("20600101000000Z")]),
            subject: name,
            key,
            unique_ids: Vec::new(),
            extensions: vec![basic_constraints(), key_usage(), subject_key_identifier()],
            unused_bits: 0,
        }
    }

    pub(crate) fn sign(&self, fields: &Fields) -> Vec<u8> {
        let contents = fields.contents();
        let random = SystemRandom::new();
        let signature = match self {
            Self::Ec(pair) => pair.sign(&random, &contents).unwrap().as_ref().to_vec(),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, &contents, &mut signature).unwrap();
                signature
            }
        };
        fields.signed(&contents, &signature)
    }
}

/// One after the other, each made from a sound root.
pub(crate) struct Collection {
    signer: Signer,
    kind: &'static str,
    roots: Vec<OddRoot>,
}

impl Collection {
    pub(crate) fn add(&mut self, oddity: &str, change: impl FnOnce(&mut Fields)) {
        let name = format!("{} {oddity}", self.kind);
        let mut fields = self.signer.fields(&name);
        change(&mut fields);
        self.roots.push(OddRoot { der: self.signer.sign(&fields), name });
    }
}

/// Every oddity there is here. The keys are new in every run.
pub(crate) fn odd_roots() -> Vec<OddRoot> {
    let mut ec = Collection { signer: Signer::ec(), kind: "ec", roots: Vec::new() };
    ec.add("sound", |_| ());
    extensions::unusable(&mut ec);
    fields::all(&mut ec);
    names::all(&mut ec);
    extensions::all(&mut ec);
    keys::of_curves(&mut ec);
    let mut rsa = Collection { signer: Signer::rsa(), kind: "rsa", roots: Vec::new() };
    rsa.add("sound", |_| ());
    keys::of_rsa(&mut rsa);
    [ec.roots, rsa.roots].into_iter().flatten().collect()
}

/// A sound root of this name.
pub(crate) fn sound_root(name: &str) -> Vec<u8> {
    let signer = Signer::ec();
    signer.sign(&signer.fields(name))
}

/// Roots that can be read and that some clients do not use, each with a server's certificate by it.
pub(crate) fn anchors() -> Vec<(OddRoot, Vec<u8>)> {
    let mut roots = Collection { signer: Signer::ec(), kind: "anchor", roots: Vec::new() };
    roots.add("sound", |_| ());
    extensions::unusable(&mut roots);
    let Collection { signer, roots, .. } = roots;
    let server = |root: &OddRoot| {
        let mut fields = signer.fields(&root.name);
        fields.serial = vec![2, 1, 8];
        fields.subject = common_name(0x0c, b"server");
        let names = extension(&[0x55, 0x1d, 0x11], false, &[0x30, 4, 0x82, 2, b'a', b'b']);
        fields.extensions = vec![names, extension(&[0x55, 0x1d, 0x23], false, &[0x30, 4, 0x80, 2, 7, 7])];
        signer.sign(&fields)
    };
    roots.into_iter().map(|root| (server(&root), root)).map(|(server, root)| (root, server)).collect()
}

pub(crate) fn spki(algorithm: &[&[u8]], key: &[u8]) -> Vec<u8> {
    tlv(0x30, &[&tlv(0x30, algorithm), &tlv(3, &[&[0], key])])
}

pub(crate) fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
    tlv(0x30, &[&tlv(6, &[oid]), critical, &tlv(4, &[value])])
}

pub(crate) fn basic_constraints() -> Vec<u8> {
    extension(&[0x55, 0x1d, 0x13], true, &[0x30, 3, 1, 1, 0xff])
}

fn subject_key_identifier() -> Vec<u8> {
    extension(&[0x55, 0x1d, 0x0e], false, &[4, 2, 7, 7])
}

/// keyCertSign and cRLSign.
pub(crate) fn key_usage() -> Vec<u8> {
    extension(&[0x55, 0x1d, 0x0f], true, &[3, 2, 1, 6])
}

pub(crate) const EC_KEY: &[u8] = &[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
pub(crate) const P256: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
pub(crate) const RSA_KEY: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
pub(crate) const ECDSA_SHA256: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
pub(crate) const RSA_SHA256: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
