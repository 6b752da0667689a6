//! The names of pgtrust's entries in stores that name their entries.

use std::collections::HashSet;

use super::Error;
use crate::x509::Certificate;

/// Returns every alias that pgtrust may give a certificate, the usual one first: `pgtrust-<subject>-<start of the
/// fingerprint>`, in lower case, because Java does not tell the cases apart. More of the fingerprint is for where
/// others have taken the usual one.
pub(crate) fn aliases(certificate: &Certificate) -> impl Iterator<Item = String> {
    let mut slug = String::new();
    for c in certificate.subject().short().chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(40);
    let slug = slug.trim_end_matches('-');
    let slug = if slug.is_empty() { "root" } else { slug }.to_owned();
    let fingerprint = certificate.fingerprint().to_string();
    (8..=fingerprint.len()).map(move |digits| format!("pgtrust-{slug}-{}", &fingerprint[..digits]))
}

/// Returns an alias that nothing else has, which is then taken.
pub(super) fn free_alias(certificate: &Certificate, taken: &mut HashSet<String>) -> Result<String, Error> {
    aliases(certificate).find(|alias| taken.insert(alias.clone())).ok_or_else(|| Error::Unsupported {
        what: format!("a store in which others have taken every alias for `{}`", certificate.subject()),
    })
}

/// Tells whether pgtrust gives this certificate such a name.
pub(super) fn is_own(alias: &str, certificate: &Certificate) -> bool {
    let alias = folded(alias);
    alias.starts_with("pgtrust-") && aliases(certificate).any(|own| own == alias)
}

/// Returns an alias as Java compares it.
pub(super) fn folded(alias: &str) -> String {
    alias.to_lowercase()
}
