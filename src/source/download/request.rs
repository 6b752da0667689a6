//! Requests: for a file that everybody may have, or to an API that answers whoever shows a token.

use std::fmt;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;

use super::DownloadError;

/// A text that is never printed and never stored.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Secret(String);

impl Secret {
    /// Takes a text out of sight.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text, for the one place that sends it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// A URL to ask, and how far its redirects may lead.
#[derive(Clone, Debug)]
pub struct DownloadRequest {
    url: String,
    kind: DownloadKind,
}

#[derive(Clone, Debug)]
pub(super) enum DownloadKind {
    /// Asked of the mirror where there is one, with what is kept of the last time; may be redirected to these hosts.
    File { allowed_hosts: Vec<String> },
    /// Asked of the API itself and of nobody else, and nothing of it is kept.
    Api(Call),
}

#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Vec<u8>>,
}

/// The method of a call of an API. Both can be repeated without harm, and are when an answer does not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum Method {
    /// Tell.
    Get,
    /// Put this in the place of what is there.
    Put,
}

impl DownloadRequest {
    /// Makes a file at an `https` URL. A redirect may lead to these hosts, besides the URL's own (or the mirror's).
    pub fn file(url: impl Into<String>, allowed_hosts: Vec<String>) -> Self {
        Self { url: url.into(), kind: DownloadKind::File { allowed_hosts } }
    }

    /// Makes a call of an API at an `https` URL. No mirror is asked, and a redirect to another server is not followed.
    pub(crate) fn api(method: Method, url: impl Into<String>) -> Self {
        let call = Call { method, headers: HeaderMap::new(), body: None };
        Self { url: url.into(), kind: DownloadKind::Api(call) }
    }

    /// Adds a header, for an API. Its value is treated as a secret. Fails for what cannot be a header.
    pub(crate) fn header(mut self, name: &str, value: &Secret) -> Result<Self, DownloadError> {
        let bad = || DownloadError::BadHeader { url: self.url.clone(), name: name.to_owned() };
        let known = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
        let mut text = HeaderValue::from_str(value.reveal()).map_err(|_| bad())?;
        text.set_sensitive(true);
        if let DownloadKind::Api(call) = &mut self.kind {
            call.headers.insert(known, text);
        }
        Ok(self)
    }

    /// Adds a body in JSON, for an API.
    pub fn json(mut self, body: &impl Serialize) -> Result<Self, DownloadError> {
        let body = serde_json::to_vec(body)
            .map_err(|error| DownloadError::BadUrl { url: self.url.clone(), reason: error.to_string() })?;
        if let DownloadKind::Api(call) = &mut self.kind {
            call.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            call.body = Some(body);
        }
        Ok(self)
    }

    /// Returns the URL that it is sent to, if there is no mirror.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn kind(&self) -> &DownloadKind {
        &self.kind
    }

    pub(super) fn is_file(&self) -> bool {
        matches!(self.kind, DownloadKind::File { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        let secret = Secret::new("Bearer hunter2");
        let request =
            DownloadRequest::api(Method::Get, "https://api.example/").header("Authorization", &secret).unwrap();
        let printed = format!("{secret:?} {request:?} {request:#?}");
        assert!(!printed.contains("hunter2") && printed.contains("uthorization"), "{printed}");
        let refused =
            DownloadRequest::api(Method::Get, "https://api.example/").header("X-Token", &Secret::new("hunter2\nx"));
        let refused = refused.unwrap_err();
        assert!(!format!("{refused} {refused:?}").contains("hunter2"), "{refused}");
    }
}
