//! The CA of one customer, project or database of a provider, which only the provider's API knows.

pub(super) mod answer;
#[cfg(feature = "fetch")]
pub(super) mod api;
#[cfg(feature = "fetch")]
pub(super) mod error;
#[cfg(feature = "fetch")]
pub(super) mod renew;
#[cfg(feature = "fetch")]
pub(super) mod server;
#[cfg(feature = "fetch")]
pub(super) mod token;

use std::path::Path;

use super::load_path;
use crate::bundle::{CertificateSet, Origin};
use crate::catalog::{Catalog, Followed, Provider};
use crate::format::{Format, Passwords, Position};
use crate::source::Error;
use crate::store::{self, reader};
use crate::x509::Certificate;

/// A customer of a provider, as `<provider>/<value>/...`, the values in the order in which the API's URL has them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tenant {
    name: String,
}

impl Tenant {
    /// Returns the tenant of a provider with these values. Each is a word of letters, digits, `.`, `_` and `-` that
    /// begins with a letter or digit: it can lead to no other path, query, server or file.
    ///
    /// Where each server has a CA of its own, a value is where that server is to be reached by ssh, and none is this one.
    pub fn new(provider: &Provider, values: &[&str]) -> Result<Self, Error> {
        if provider.file.is_some() {
            return Self::on_server(provider, values);
        }
        let name = format!("{}/{}", provider.id, values.join("/"));
        let Some(api) = provider.api() else {
            let reason = format!("`{}` has no CA for each customer", provider.id);
            return Err(Error::BadTenant { name, reason, usage: None });
        };
        let bad = |reason: String| {
            let usage = format!("as in `{}/{}`, or `{} {}`", provider.id, words(api), provider.id, api.flags());
            Error::BadTenant { name: name.clone(), reason, usage: Some(usage) }
        };
        let placeholders = api.placeholders();
        if values.len() != placeholders.len() {
            let wanted = placeholders.join(", ");
            return Err(bad(format!("{} values where there are to be {}: {wanted}", values.len(), placeholders.len())));
        }
        for (placeholder, value) in placeholders.into_iter().zip(values) {
            if !is_word(value) {
                let rule = "letters, digits, `.`, `_` and `-`, at most 128, the first a letter or digit";
                return Err(bad(format!("`{value}` cannot be a {placeholder}: {rule}")));
            }
            if api.is_in_host(placeholder) && value.contains(['.', '_']) {
                return Err(bad(format!("`{value}` cannot be a {placeholder}, which is a part of the server's name")));
            }
        }
        Ok(Self { name })
    }

    fn on_server(provider: &Provider, values: &[&str]) -> Result<Self, Error> {
        let id = &provider.id;
        match values {
            [] => Ok(Self { name: id.clone() }),
            [destination] if is_destination(destination) => Ok(Self { name: format!("{id}/{destination}") }),
            values => {
                let reason =
                    "where a server is to be reached is one name, with `user@` before it or without".to_owned();
                let usage = Some(format!("`{id}` on the server itself, or `{id} --ssh USER@HOST`"));
                Err(Error::BadTenant { name: format!("{id}/{}", values.join("/")), reason, usage })
            }
        }
    }

    /// Returns the tenant that a text names; none where it does not begin with a provider and a `/`, and is not a
    /// provider whose servers have a CA each.
    pub fn parse(text: &str, catalog: &Catalog) -> Result<Option<Self>, Error> {
        match text.split_once('/') {
            None if catalog.contains(text) => {
                let provider = catalog.provider(text)?;
                provider.file.is_some().then(|| Self::new(&provider, &[])).transpose()
            }
            Some((id, values)) if catalog.contains(id) => {
                let values: Vec<&str> = values.split('/').collect();
                Self::new(&catalog.provider(id)?, &values).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Returns the text that names it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the provider's id.
    pub fn provider(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }

    /// Lists the values for the placeholders of the API's URL.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.name.split('/').skip(1)
    }
}

/// Adds the roots of a tenant to a set, from the file that a fetch keeps.
pub(crate) fn load_tenant(set: &mut CertificateSet, tenant: &Tenant, file: &Path) -> Result<(), Error> {
    if !crate::system::file::exists(file) {
        return Err(Error::NotFetched { id: tenant.name.clone(), path: file.to_owned() });
    }
    for (place, certificate) in kept(file)?.into_iter().enumerate() {
        let origin = set.origin(Origin::Tenant { name: tenant.name.clone(), place });
        set.insert(certificate, origin, None);
    }
    Ok(())
}

/// Reads the certificates of a tenant's file, in order. A damaged one is an error: it is the only record of what is
/// pinned.
fn kept(file: &Path) -> Result<Vec<Certificate>, Error> {
    let mut set = CertificateSet::new();
    let problems = load_path(&mut set, file, Passwords::usual())?;
    match problems.into_iter().find(|problem| problem.lost) {
        None => Ok(set.certificates().cloned().collect()),
        Some(problem) => {
            let position = problem.position.unwrap_or(Position { line: None, bytes: 0..0 });
            let (path, reader) = (file.to_owned(), reader::of(Format::pem().name));
            Err(store::Error::DamagedStore { path, position, reason: problem.reason, reader }.into())
        }
    }
}

/// `PROJECT/INSTANCE`
fn words(api: &Followed) -> String {
    api.placeholders().join("/").to_uppercase()
}

fn is_word(value: &str) -> bool {
    let first = value.bytes().next();
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    value.len() <= 128 && first.is_some_and(|byte| byte.is_ascii_alphanumeric()) && value.bytes().all(legal)
}

/// Tells whether ssh takes it for a destination, and no program takes it for an option, a path or a part of a command.
fn is_destination(text: &str) -> bool {
    let (user, host) = text.split_once('@').map_or((None, text), |(user, host)| (Some(user), host));
    user.is_none_or(is_word) && is_word(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Result<Option<Tenant>, Error> {
        Tenant::parse(text, &Catalog::built_in())
    }

    #[test]
    fn a_name_is_the_provider_and_a_word_for_each_placeholder() {
        let tenant = named("cloudsql/my-project/My.instance_1").unwrap().unwrap();
        assert_eq!((tenant.name(), tenant.provider()), ("cloudsql/my-project/My.instance_1", "cloudsql"));
        assert_eq!(tenant.values().collect::<Vec<_>>(), ["my-project", "My.instance_1"]);
        for path in ["./digitalocean/x", "/digitalocean/x", "certs/x", "digitalocean", ""] {
            assert_eq!(named(path).unwrap(), None, "{path}");
        }
        assert!(named(&format!("digitalocean/{}", "x".repeat(128))).unwrap().is_some());
    }

    #[test]
    fn a_server_is_this_one_or_where_ssh_leads() {
        for name in ["coolify", "coolify/db1", "coolify/root@10.0.0.7", "coolify/de_ploy@db-1.example"] {
            assert_eq!(named(name).unwrap().unwrap().name(), name);
        }
        for destination in [
            "",
            "-oProxyCommand=x",
            "a@-x",
            "-x@a",
            "a b",
            "a;b",
            "$(x)",
            "`x`",
            "a@b@c",
            "@a",
            "a@",
            "a/b",
            "..",
            "a:22",
            "a\nb",
            "'x'",
        ] {
            assert!(
                matches!(named(&format!("coolify/{destination}")), Err(Error::BadTenant { .. })),
                "{destination:?}"
            );
        }
    }

    #[test]
    fn a_value_can_lead_nowhere_else() {
        let long = "x".repeat(129);
        for value in [
            "", "..", ".x", "-x", "_x", "a b", "a?b", "a#b", "a%2fb", "a\\b", "a:b", "a@b", "\u{e4}", "a\n", "a\0",
            &long,
        ] {
            assert!(matches!(named(&format!("digitalocean/{value}")), Err(Error::BadTenant { .. })), "{value:?}");
        }
        for name in
            ["digitalocean/a/b", "digitalocean/a/", "cloudsql/a", "azure/x", "ovh/evil.example/p/c", "ovh/e_u/p/c"]
        {
            assert!(matches!(named(name), Err(Error::BadTenant { .. })), "{name}");
        }
    }
}
