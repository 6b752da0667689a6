//! What sources serve, and the files on servers that stand in their place.

use super::provider::{Encoding, Followed};
use crate::format::Format;

impl Encoding {
    /// The word in definitions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base64Pem => "base64-pem",
            Self::Der => "der",
            Self::Pem => "pem",
            Self::Pkcs7 => "pkcs7",
            Self::Zip => "zip",
        }
    }

    /// That of an input in this format.
    pub fn of(format: &Format) -> Option<Self> {
        [Self::Der, Self::Pem, Self::Pkcs7, Self::Zip].into_iter().find(|encoding| encoding.name() == format.name)
    }
}

/// A file on each server of a provider, with the CA of that server alone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerFile {
    /// Where it stands there.
    pub path: String,
    /// Where containers that are clients have it, by the provider's own documentation.
    pub mount: Option<String>,
}

impl ServerFile {
    /// An absolute path of plain characters: it becomes a word of a command on another machine, where a shell reads it.
    pub(crate) fn is_plain(path: &str) -> bool {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
        path.starts_with('/') && path.bytes().all(plain) && path.split('/').all(|part| part != "..")
    }

    pub(super) fn of(sources: &mut Vec<Followed>) -> Result<Option<Self>, String> {
        let Some(index) = sources.iter().position(|source| source.path.is_some()) else { return Ok(None) };
        let Followed { url, path, mount, .. } = sources.remove(index);
        let path = path.unwrap_or_default();
        if !url.is_empty() || sources.iter().any(|source| source.path.is_some()) {
            return Err("a source has a `url` or a `path`, and one source at most has a `path`".to_owned());
        }
        if let Some(path) = [Some(&path), mount.as_ref()].into_iter().flatten().find(|path| !Self::is_plain(path)) {
            return Err(format!("`{path}` is not an absolute path of letters, digits, `.`, `_` and `-`"));
        }
        Ok(Some(Self { path, mount }))
    }
}
