//! Sources that a provider has, and files on servers in place of them.

use serde::Deserialize;

use crate::format::Format;

/// The format that a URL serves. It is a hint for readers: the content decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Encoding {
    /// Base64 of PEM.
    Base64Pem,
    /// One certificate in DER.
    Der,
    /// PEM.
    Pem,
    /// PKCS#7.
    Pkcs7,
    /// A ZIP archive with stores in it.
    Zip,
}

/// A bundle that is followed because its members may grow, or the answer of an API.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Followed {
    /// Where it is; may hold `{placeholders}` for what only the user knows.
    #[serde(default)]
    pub url: String,
    /// Instead of a URL: [`ServerFile::path`].
    pub(in crate::catalog) path: Option<String>,
    /// Beside a path: [`ServerFile::mount`].
    pub(super) mount: Option<String>,
    /// The narrower bundle of one `{region}`.
    pub regional: Option<String>,
    /// What it serves.
    pub encoding: Encoding,
    /// Pattern on the subject (RFC 4514 form) of certificates that may be accepted from it.
    pub subject: Option<String>,
    /// JSON pointer (RFC 6901, `*` for every element) to the certificate in the answer.
    pub json: Option<String>,
    /// The header that carries the user's token.
    pub token: Option<Token>,
    /// Where the API tells the id that belongs to a name.
    pub names: Option<Names>,
}

impl Followed {
    /// Tells whether it can be downloaded without knowing anything of the user.
    pub fn is_public(&self) -> bool {
        self.token.is_none() && !self.url.contains('{')
    }
}

/// The way in which an API takes the user's token.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Token {
    /// The environment variable that holds it.
    pub env: String,
    /// The one that holds the name which goes with it, for HTTP Basic (RFC 7617).
    pub user_env: Option<String>,
    /// The program, with its arguments, that prints one where no variable holds it.
    pub command: Option<Vec<String>>,
    /// The header's name.
    pub header: String,
    /// What stands before it in the header.
    pub scheme: Option<String>,
}

impl Token {
    /// Why it is not one. A definition may come from others, and says which variable of this user's environment is sent to an
    /// address that it names too: it can ask for no more than what bears the name of a token.
    pub(super) fn flaw(&self) -> Option<String> {
        let words = |name: &str| name.to_ascii_uppercase().split(['_', '-']).map(str::to_owned).collect::<Vec<_>>();
        let names_one = |name: &str, kinds: &[&str]| words(name).iter().any(|word| kinds.contains(&&word[..]));
        let is_plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let is_free = |name: &str| is_plain(name) && !RESERVED.iter().any(|prefix| name.starts_with(prefix));
        if !is_free(&self.env) || !names_one(&self.env, TOKENS) {
            return Some(format!("`{}` is not the name of a variable for a token, such as `CORP_TOKEN`", self.env));
        }
        let user = self.user_env.as_ref().filter(|user| !is_free(user) || !names_one(user, &[USERS, TOKENS].concat()));
        if let Some(user) = user {
            return Some(format!("`{user}` is not the name of a variable for a user, such as `CORP_USER`"));
        }
        let is_of_http =
            ["proxy-", "sec-", "www-"].iter().any(|prefix| self.header.to_ascii_lowercase().starts_with(prefix));
        let is_header = self.header.eq_ignore_ascii_case("authorization") || names_one(&self.header, TOKENS);
        (is_of_http || !is_header).then(|| {
            format!("`{}` is not a header for a token, such as `Authorization` or `X-Auth-Token`", self.header)
        })
    }
}

/// What a name has among its words that stands for a token.
const TOKENS: &[&str] = &["APIKEY", "AUTH", "KEY", "PASSWORD", "PAT", "SECRET", "TOKEN"];
/// The same for the user whom it belongs to.
const USERS: &[&str] = &["ACCOUNT", "CLIENT", "ID", "LOGIN", "NAME", "USER", "USERNAME"];
/// Variables of others, whose secrets sign requests, or open databases, and are sent to nobody.
const RESERVED: &[&str] = &["AWS_", "AZURE_", "PG", "SSH_"];

/// A list that tells the id which belongs to a name, so that a user may say either.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Names {
    /// Returns its path.
    pub url: String,
    /// JSON pointer to its elements, with `*`.
    pub each: String,
    /// JSON pointer to the name in an element.
    pub name: String,
    /// JSON pointer to the id in an element.
    pub id: String,
}

impl Encoding {
    /// Returns the word in definitions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base64Pem => "base64-pem",
            Self::Der => "der",
            Self::Pem => "pem",
            Self::Pkcs7 => "pkcs7",
            Self::Zip => "zip",
        }
    }

    /// Finds the one for an input in this format.
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
    /// Tells whether it is an absolute path of plain characters: it becomes a word of a command on another machine, where a shell
    /// reads it.
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
