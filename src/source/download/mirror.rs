//! An internal server that holds what the providers serve, under the same paths.

use std::str::FromStr;

use reqwest::Url;

use super::error::shown;
use super::{DownloadError, Secret};
use crate::system::secrets::without_user;

/// A server to ask instead of the providers' own.
///
/// `https://mirror.corp/ca` makes `https://ca.example/root.pem?v=2` into `https://mirror.corp/ca/root.pem?v=2`; `{host}`
/// in it stands for the host that is replaced. Plain `http` is allowed here and nowhere else: what a mirror serves counts
/// only by its pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    url: Secret,
    /// The name and the password, where the URL should not have them.
    auth: Option<(Secret, Secret)>,
}

impl FromStr for Mirror {
    type Err = DownloadError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mirror = Self { url: Secret::new(text), auth: None };
        let url = mirror.at("host.example")?;
        let bad = |reason: &str| DownloadError::BadUrl { url: shown(&url), reason: reason.to_owned() };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("a mirror is an https or http URL"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(bad("a mirror has no query and no fragment"));
        }
        Ok(mirror)
    }
}

impl Mirror {
    /// The same server, which is told this name and password, and no other.
    #[must_use]
    pub fn with_password(self, user: &str, password: &str) -> Self {
        Self { auth: Some((Secret::new(user), Secret::new(password))), ..self }
    }

    /// Returns the original path and query, appended to the mirror's path.
    pub(super) fn apply(&self, url: &Url) -> Result<Url, DownloadError> {
        let mut mirrored = self.at(url.host_str().unwrap_or_default())?;
        if let Some((user, password)) = &self.auth {
            // Fails only for URLs without a host, which no mirror is.
            let _ = mirrored.set_username(user.reveal());
            let _ = mirrored.set_password(Some(password.reveal()));
        }
        let path = format!("{}{}", mirrored.path().trim_end_matches('/'), url.path());
        mirrored.set_path(&path);
        mirrored.set_query(url.query());
        Ok(mirrored)
    }

    fn at(&self, host: &str) -> Result<Url, DownloadError> {
        let url = self.url.reveal();
        Url::parse(&url.replace("{host}", host))
            .map_err(|error| DownloadError::BadUrl { url: without_user(url).into_owned(), reason: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appends_path_and_query() {
        let original = Url::parse("https://ca.example/certs/a%20b.pem?v=2&x=%2F").unwrap();
        for (mirror, expected) in [
            ("https://m.corp", "https://m.corp/certs/a%20b.pem?v=2&x=%2F"),
            ("https://m.corp/", "https://m.corp/certs/a%20b.pem?v=2&x=%2F"),
            ("http://m.corp:8080/ca/", "http://m.corp:8080/ca/certs/a%20b.pem?v=2&x=%2F"),
            ("https://m.corp/{host}", "https://m.corp/ca.example/certs/a%20b.pem?v=2&x=%2F"),
            ("https://{host}.m.corp", "https://ca.example.m.corp/certs/a%20b.pem?v=2&x=%2F"),
        ] {
            let mirror: Mirror = mirror.parse().unwrap();
            assert_eq!(mirror.apply(&original).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn refuses_what_is_no_base() {
        for text in ["", "m.corp/ca", "ftp://m.corp/", "file:///srv/ca", "https://m.corp/?x=1", "https://m.corp/#x"] {
            let result = text.parse::<Mirror>();
            assert!(matches!(result, Err(DownloadError::BadUrl { .. })), "{text}: {result:?}");
        }
    }

    #[test]
    fn keeps_a_password_out_of_messages() {
        let error = "https://me:secret@m.corp/?x=1".parse::<Mirror>().unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
