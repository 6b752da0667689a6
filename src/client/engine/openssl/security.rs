//! Security levels: how many bits of security keys and hashes must have (`check_auth_level`).

use super::super::facts::Facts;
use super::super::reason::{Checked, Reason};
use super::Rules;
use super::build::Chain;
use crate::x509::{Curve, Key};

/// All keys, and the hashes of all signatures but that of the last.
pub(super) fn check(chain: &Chain<'_, '_>, rules: Rules, doubts: &mut Vec<Reason>) -> Checked {
    let needed = needed(rules);
    let number = chain.certificates.len();
    for (index, kind) in chain.certificates.iter().enumerate().filter(|_| needed > 0) {
        check_key(kind, rules, doubts)?;
        if index + 1 == number {
            break;
        }
        let algorithm = kind.certificate.signature_algorithm();
        match hash_bits(&algorithm) {
            Some(bits) if bits < needed => return Err(Reason::algorithm(kind, algorithm, rules.engine()).into()),
            Some(_) => {}
            None => doubts.push(Reason::unverified(kind, "OpenSSL")),
        }
    }
    Ok(())
}

pub(super) fn check_key(facts: &Facts<'_>, rules: Rules, doubts: &mut Vec<Reason>) -> Checked {
    let needed = needed(rules);
    let key = facts.certificate.key();
    match key_bits(&key) {
        _ if needed == 0 => {}
        Some(bits) if bits < needed => {
            return Err(Reason::algorithm(facts, format!("the key {key}"), rules.engine()).into());
        }
        Some(_) => {}
        None => doubts.push(Reason::unknown(facts, "OpenSSL", format!("its key is {key}"))),
    }
    Ok(())
}

/// Bits of security that a level needs (`minbits_table`).
fn needed(rules: Rules) -> u32 {
    match rules.security_level {
        0 => 0,
        1 => 80,
        2 => 112,
        3 => 128,
        4 => 192,
        _ => 256,
    }
}

fn key_bits(key: &Key) -> Option<u32> {
    Some(match key {
        Key::Rsa(bits) => rsa_bits(*bits),
        Key::Ed25519 | Key::Ec(Curve::P256 | Curve::P256K1) => 128,
        Key::Ec(Curve::P384) => 192,
        Key::Ec(Curve::P521) => 256,
        Key::Ed448 => 224,
        Key::Ec(Curve::Other(name)) if name == "P-224" => 112,
        Key::Ec(Curve::Other(_)) | Key::Other(_) => return None,
    })
}

/// Security of an RSA modulus (`ossl_ifc_ffc_compute_security_bits`, NIST SP 800-56B appendix D).
fn rsa_bits(bits: usize) -> u32 {
    match bits {
        ..8 => return 0,
        2048 => return 112,
        3072 => return 128,
        4096 => return 152,
        6144 => return 176,
        7680 => return 192,
        8192 => return 200,
        15360 => return 256,
        687_737.. => return 1200,
        _ => {}
    }
    let cap = if bits <= 7680 { 192 } else { 256 };
    // The number of bits is below 20 of them.
    let x = f64::from(bits as u32) * std::f64::consts::LN_2;
    let strength = (1.923 * (x * x.ln().powi(2)).cbrt() - 4.69) / std::f64::consts::LN_2;
    ((strength.max(0.0) as u32 + 4) & !7).min(cap)
}

/// Security of the hash of a signature (`ossl_x509_init_sig_info`). SHA-1 and MD5 count for less than half their length.
fn hash_bits(algorithm: &str) -> Option<u32> {
    let named = |name: &str| algorithm.to_ascii_lowercase().contains(name);
    let known: [(&str, u32); 9] = [
        ("md2", 0),
        ("md5", 39),
        ("sha224", 112),
        ("sha256", 128),
        ("sha384", 192),
        ("sha512", 256),
        ("sha1", 63),
        ("ed448", 224),
        // With a hash of fewer bits, pgtrust does not verify it.
        ("rsassapss", 128),
    ];
    if named("ed25519") {
        return Some(128);
    }
    known.iter().find(|(name, _)| named(name)).map(|(_, bits)| *bits)
}
