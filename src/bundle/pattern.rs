//! Patterns by which a user names certificates: a fingerprint or a subject.

use std::fmt;
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

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fingerprint(text) | Self::Subject(text) => f.write_str(text),
        }
    }
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

/// Tells whether a subject (RFC 4514 form) fits a pattern attribute by attribute: the same types in the same order, and no
/// `*` stands for more than a part of one value.
pub(crate) fn fits_name(pattern: &str, subject: &str) -> bool {
    let (wanted, found) = (attributes(pattern), attributes(subject));
    let fits = |(wanted, found): (&str, &str)| match (wanted.split_once('='), found.split_once('=')) {
        (Some((kind, pattern)), Some((found, value))) => kind == found && wildcard(pattern, value),
        _ => false,
    };
    wanted.len() == found.len() && wanted.into_iter().zip(found).all(fits)
}

/// Parts a name at `,` and `+`, which begins the second of two attributes of one part. Those of a value have a `\\` before
/// them.
fn attributes(name: &str) -> Vec<&str> {
    let (mut parts, mut start, mut escaped) = (Vec::new(), 0, false);
    for (at, c) in name.char_indices() {
        if matches!(c, ',' | '+') && !escaped {
            parts.push(&name[start..at]);
            // The `+` stays with what it begins.
            start = if c == ',' { at + 1 } else { at };
        }
        escaped = c == '\\' && !escaped;
    }
    parts.push(&name[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::{fits_name, wildcard};

    #[test]
    fn a_star_of_a_name_stays_in_its_attribute() {
        for (pattern, subject, fits) in [
            ("CN=Yandex*", "CN=YandexCLCA", true),
            ("CN=Yandex*", "CN=YandexCLCA,OU=Evil", false),
            ("CN=Yandex*", "CN=YandexCLCA+OU=Evil", false),
            ("CN=Yandex*", r"CN=Yandex\,OU\=x", true),
            ("CN=Yandex*", r"CN=Yandex\\,OU=x", false),
            ("CN=Yandex*,*", "CN=YandexCLCA,OU=Evil", false),
            ("CN=*", "OU=CN", false),
            ("CN=* CA,O=Lab*", "CN=New CA,O=Lab GmbH", true),
            ("CN=* CA,O=Lab*", "O=Lab GmbH,CN=New CA", false),
            ("CN=a+O=*", "CN=a+O=b", true),
            ("CN=a,O=*", "CN=a+O=b", false),
        ] {
            assert_eq!(fits_name(pattern, subject), fits, "{pattern} {subject}");
        }
    }

    #[test]
    fn a_star_stands_for_any_run_of_characters() {
        assert!(wildcard("cn=amazon rds * root ca *", "cn=amazon rds eu-west-1 root ca rsa2048 g1"));
        assert!(wildcard("*", "") && wildcard("a*", "a") && wildcard("*.x", ".x"));
        assert!(!wildcard("a*b*c", "a-c") && !wildcard("ab*ba", "aba") && !wildcard("a", "ab"));
    }
}
