//! Enforcement of TLS by a Supabase project, through Supabase's Management API.

mod error;

use std::fmt;

use serde::Deserialize;
use serde_json::json;

use crate::source::{DownloadRequest, Downloader, Error, Method, Secret};
pub use error::EnforcementError;

/// A project, by its reference: the word in its address and in the names of its servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project(String);

/// The answer of the API about a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enforcement {
    /// Whether connections without TLS are refused.
    pub enforced: bool,
    /// Whether the servers have taken that setting.
    pub applied: bool,
}

impl Project {
    /// Parses a reference, which is made of lower-case letters and digits, so that it can lead to no other address.
    pub fn parse(text: &str) -> Result<Self, EnforcementError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if text.is_empty() || text.len() > 64 || !text.bytes().all(plain) {
            return Err(EnforcementError::NotAReference { text: text.to_owned() });
        }
        Ok(Self(text.to_owned()))
    }

    /// Asks whether TLS is enforced.
    pub fn enforcement(&self, downloader: &Downloader, token: &str) -> Result<Enforcement, Error> {
        self.call(downloader, DownloadRequest::api(Method::Get, self.url()), token)
    }

    /// Enforces TLS, or no longer. Returns what holds then.
    pub fn enforce(&self, enforced: bool, downloader: &Downloader, token: &str) -> Result<Enforcement, Error> {
        let request = DownloadRequest::api(Method::Put, self.url());
        self.call(downloader, request.json(&json!({ "requestedConfig": { "database": enforced } }))?, token)
    }

    fn url(&self) -> String {
        format!("{API}/v1/projects/{}/ssl-enforcement", self.0)
    }

    fn call(&self, downloader: &Downloader, request: DownloadRequest, token: &str) -> Result<Enforcement, Error> {
        let request = request.header("Authorization", &Secret::new(format!("Bearer {token}")))?;
        let download = downloader.get(&request).map_err(|error| EnforcementError::of(self, error))?;
        let answer: Answer = serde_json::from_slice(&download.body)
            .map_err(|error| EnforcementError::Unreadable { url: download.from, detail: error.to_string() })?;
        Ok(Enforcement { enforced: answer.current_config.database, applied: answer.applied_successfully })
    }
}

impl fmt::Display for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    current_config: Config,
    applied_successfully: bool,
}

#[derive(Deserialize)]
struct Config {
    database: bool,
}

const API: &str = "https://api.supabase.com";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_leads_to_no_other_address() {
        let project = Project::parse("abcdefghijklmnopqrst").unwrap();
        assert_eq!(project.url(), "https://api.supabase.com/v1/projects/abcdefghijklmnopqrst/ssl-enforcement");
        for text in ["", "..", "a/b", "a?b", "a#b", "a%2fb", "a@b", "A", "a b", "a\n", &"a".repeat(65)] {
            assert!(Project::parse(text).is_err(), "{text:?}");
        }
    }
}
