//! `jdk.certpath.disabledAlgorithms` as a JDK comes with it: MD2, MD5, RSA and DSA below 1024 bits, EC below 224. SHA-1 is
//! disabled only below roots of the JDK's own store, none of which has issued with it for years.

use super::super::facts::Facts;
use super::super::reason::{Checked, Reason};
use crate::x509::{Curve, Key};

/// Signature and key of a certificate.
pub(super) fn check(facts: &Facts<'_>) -> Checked {
    let algorithm = facts.certificate.signature_algorithm();
    if algorithm.starts_with("md2") || algorithm.starts_with("md5") {
        return Err(Reason::algorithm(facts, algorithm, "Java").into());
    }
    check_key(facts)
}

pub(super) fn check_key(facts: &Facts<'_>) -> Checked {
    let key = facts.certificate.key();
    // Curves beside those of NIST were disabled first and removed with JDK 16.
    if matches!(key, Key::Rsa(..1024) | Key::Ec(Curve::Other(_) | Curve::P256K1)) {
        return Err(Reason::algorithm(facts, format!("the key {key}"), "Java").into());
    }
    Ok(())
}
