//! A target that cannot be read, without anything that may be a secret.

use super::Form;
use super::endpoint::check;
use crate::system::text::{sanitise, shortened};

/// Returns what may be shown: of a URL the scheme and the hosts, where they are hosts; of pairs the first name.
pub(super) fn shown(text: &str, form: Form) -> String {
    match form {
        Form::Url | Form::Jdbc => url(text),
        Form::Keywords | Form::Npgsql => {
            let name = text.split('=').next().unwrap_or_default().trim();
            let is_word = |c: char| c.is_ascii_alphabetic() || "_ ".contains(c);
            if name.len() <= LONGEST && name.chars().all(is_word) {
                format!("{name}=…")
            } else {
                "…=…".to_owned()
            }
        }
        // A word, in which no client looks for a password.
        _ if text.contains(['@', '=']) => "…".to_owned(),
        _ => sanitise(&shortened(text)).into_owned(),
    }
}

fn url(text: &str) -> String {
    let (before, rest) = text.split_once("//").map_or((text, None), |(before, rest)| (before, Some(rest)));
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || ":+-.".contains(c);
    let scheme = if before.len() <= LONGEST && before.chars().all(is_scheme) { before } else { "…" };
    // A password may hold anything: what may be hosts stands behind the last `@`.
    let hosts = rest.map(|rest| rest.rsplit_once('@').map_or(rest, |(_, behind)| behind));
    let hosts = hosts.map(|hosts| hosts.split(['/', '?']).next().unwrap_or_default());
    match hosts {
        Some(hosts) if !hosts.is_empty() && hosts.split(',').all(is_host) => format!("{scheme}//{hosts}/…"),
        Some(_) => format!("{scheme}//…"),
        None if scheme.ends_with(':') => format!("{scheme}…"),
        None => "…".to_owned(),
    }
}

/// A name with a dot, or an address: a word alone may be a user or what is left of a password.
fn is_host(text: &str) -> bool {
    let host = text.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(text, |(host, _)| host);
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    (host.contains(['.', ':']) || host == "localhost") && check(host).is_ok()
}

const LONGEST: usize = 40;
