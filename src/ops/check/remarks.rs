//! What a person should know of a server, and of the files that clients read.

use std::path::{Path, PathBuf};

use time::{Duration, OffsetDateTime};

use super::Seen;
use crate::catalog::Provider;
use crate::client::parameters::{Parameters, Root};
use crate::client::stores::Stores;
use crate::client::surroundings::Surroundings;
use crate::system::file;
use crate::system::limits;

/// Returns a sentence for each.
pub(super) fn of(
    parameters: &Parameters,
    seen: &Seen,
    provider: Option<&Provider>,
    surroundings: &Surroundings<'_>,
    stores: &Stores,
    at: OffsetDateTime,
) -> Vec<String> {
    let mut remarks = Vec::new();
    of_server(seen, provider, at, &mut remarks);
    of_files(parameters, surroundings, stores, &mut remarks);
    remarks
}

fn of_server(seen: &Seen, provider: Option<&Provider>, at: OffsetDateTime, remarks: &mut Vec<String>) {
    if !seen.has_tls {
        remarks.push("the server offers no TLS, or something before it takes TLS away".to_owned());
    }
    if let Some(leaf) = seen.certificates.first() {
        let left = leaf.not_after() - at;
        if left.is_negative() {
            remarks.push(format!("the server's certificate expired on {}", leaf.not_after().date()));
        } else if left < Duration::days(limits::LEAF_DAYS) {
            remarks.push(format!("the server's certificate ends on {}", leaf.not_after().date()));
        }
    }
    if let (Some(provider), Some(last)) = (provider, seen.certificates.last()) {
        let issuer = last.issuer();
        let roots = provider.roots().unwrap_or_default();
        let vouched = roots.iter().any(|(_, root)| root.subject() == issuer || root == last);
        if !roots.is_empty() && !vouched {
            remarks.push(format!(
                "the certificates are not those of `{}`: they lead to `{issuer}`. A proxy between may have signed them anew",
                provider.id
            ));
        }
    }
    let Some(observed) = &seen.observed else { return };
    for unreadable in &observed.chain.unreadable {
        remarks
            .push(format!("certificate {} of the server cannot be read: {}", unreadable.position, unreadable.reason));
    }
    for unreached in &observed.unreached {
        remarks
            .push(format!("{} could not be reached, and clients try it too: {}", unreached.address, unreached.reason));
    }
    if observed.wants_certificate {
        remarks.push("the server asks clients for a certificate of theirs".to_owned());
    }
    if let Some(reason) = &observed.unfinished {
        remarks.push(format!("the handshake did not end well: {reason}"));
    }
}

fn of_files(parameters: &Parameters, surroundings: &Surroundings<'_>, stores: &Stores, remarks: &mut Vec<String>) {
    let variable = surroundings.variable("PGSSLROOTCERT").filter(|value| !value.is_empty());
    let named = parameters.root.as_ref().and_then(Root::path).map(Path::to_owned);
    let named = named.or_else(|| variable.as_ref().map(PathBuf::from));
    if let Some(path) = named.as_ref().filter(|path| path.starts_with("~")) {
        remarks.push(format!("`{}`: only a shell knows `~`; to clients it is a folder of that name", path.display()));
    }
    let Some(folder) = surroundings.postgres_folder() else {
        remarks.push("no home is known: clients find no root.crt".to_owned());
        return;
    };
    let root = folder.join("root.crt");
    if !stores.sees(&root) {
        let wrong = folder.with_file_name(".postgres").join("root.crt");
        if file::exists(&wrong) {
            remarks.push(format!(
                "`{}` is in a folder that no client looks into; `{}` is read",
                wrong.display(),
                root.display()
            ));
        }
    } else if let Some(value) = &variable {
        remarks.push(format!("PGSSLROOTCERT is `{value}`: libpq and those like it do not read `{}`", root.display()));
    }
    if let Some(real) = file::real(&root).ok().filter(|real| real.starts_with("/etc")) {
        let (root, real) = (root.display(), real.display());
        remarks.push(format!("`{root}` leads to `{real}`: every public CA can vouch for the server"));
    }
    let lists = folder.join("root.crl");
    if stores.sees(&lists) {
        remarks.push(format!(
            "`{}` is there: libpq then demands a list of every CA, also with sslrootcert elsewhere",
            lists.display()
        ));
    }
}
