//! Patterns by which a user names certificates: a fingerprint or a subject.

use std::str::FromStr;

use crate::x509::Certificate;

/// A fingerprint, or the first eight digits or more of one, or a subject with `*` for any characters.
///
/// A subject pattern is held against the whole name and against the short one (`CN`), letters of either case alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Lower-case hexadecimal digits that a fingerprint begins with.
    Fingerprint(String),
    /// A subject in lower case.
    Subject(String),
}

/// The text names no certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a pattern is a fingerprint (or its first eight digits) or a subject, not nothing")]
pub struct BadPattern;

impl Pattern {
    /// Tells whether the pattern names this certificate.
    pub fn matches(&self, certificate: &Certificate) -> bool {
        match self {
            Self::Fingerprint(start) => certificate.fingerprint().to_string().starts_with(start),
            Self::Subject(pattern) => {
                let subject = certificate.subject();
                wildcard(pattern, &subject.to_string().to_lowercase())
                    || wildcard(pattern, &subject.short().to_lowercase())
            }
        }
    }
}

impl FromStr for Pattern {
    type Err = BadPattern;

    fn from_str(text: &str) -> Result<Self, BadPattern> {
        let digits: String = text.chars().filter(|c| *c != ':').collect::<String>().to_lowercase();
        if (8..=64).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_hexdigit()) {
            Ok(Self::Fingerprint(digits))
        } else if text.is_empty() {
            Err(BadPattern)
        } else {
            Ok(Self::Subject(text.to_lowercase()))
        }
    }
}

/// Tells whether a text matches a pattern in which `*` stands for any run of characters.
pub(crate) fn wildcard(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::wildcard;

    #[test]
    fn a_star_stands_for_any_run_of_characters() {
        assert!(wildcard("cn=amazon rds * root ca *", "cn=amazon rds eu-west-1 root ca rsa2048 g1"));
        assert!(wildcard("*", "") && wildcard("a*", "a") && wildcard("*.x", ".x"));
        assert!(!wildcard("a*b*c", "a-c") && !wildcard("ab*ba", "aba") && !wildcard("a", "ab"));
    }
}
