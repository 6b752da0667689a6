//! Servers that have a CA each: `coolify`, `coolify/root@db1.example`.

use std::path::Path;
use std::thread;

use time::Duration as Days;

use super::Download;
use super::tenants::KeptTenant;
use crate::catalog::Catalog;
use crate::manifest::Manifest;
use crate::ops::Error;
use crate::ops::finding::{Finding, FindingKind};
use crate::ops::machine::Machine;
use crate::source::{self, AskedServer, FetchedTenant, Tenant, TenantRoot};
use crate::store::known::Usage;
use crate::system::limits;
use crate::x509::Certificate;

/// Servers whose file is to be read, tenants whose API is to be asked, and what of the manifest cannot be either.
type Parts = (Vec<AskedServer>, Vec<Tenant>, Vec<(Tenant, Error)>);

/// Parts tenants into servers whose file is to be read, and those whose API is to be asked.
pub(super) fn partition(
    catalog: &Catalog,
    manifest: &Manifest,
    root: &Path,
    download: &Download,
    tenants: Vec<Tenant>,
) -> Result<Parts, Error> {
    let given = &download.ca_file;
    let (mut servers, mut others, mut unclear) = (Vec::new(), Vec::new(), Vec::new());
    for tenant in tenants {
        let kept = || manifest.source(tenant.name())?.ca_file.clone();
        let path = given.clone().or_else(kept);
        match AskedServer::new(tenant.clone(), &catalog.provider(tenant.provider())?, path.as_deref()) {
            Ok(Some(server)) if given.is_none() => servers.push(server.in_image(root)),
            Ok(Some(server)) => servers.push(server),
            Ok(None) => others.push(tenant),
            // What the manifest says of one must not keep the others.
            Err(error) if given.is_none() => unclear.push((tenant, error.into())),
            Err(error) => return Err(error.into()),
        }
    }
    Ok((servers, others, unclear))
}

/// Reads their files, a few at a time. Offline only that of this machine; the others are left.
pub(super) fn read(
    machine: &Machine<'_>,
    servers: Vec<AskedServer>,
    download: &Download,
) -> (Vec<(AskedServer, FetchedTenant)>, Vec<Tenant>) {
    let (left, read): (Vec<_>, Vec<_>) =
        servers.into_iter().partition(|server| download.network.offline && server.destination().is_some());
    let (programs, wait) = (&machine.programs().until(download.network.deadline), download.network.timeout);
    let mut fetched = Vec::new();
    for some in read.chunks(limits::PARALLEL) {
        thread::scope(|scope| {
            let running: Vec<_> =
                some.iter().map(|server| scope.spawn(|| server.clone().fetch(programs, wait))).collect();
            let ended = running
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            fetched.extend(some.iter().cloned().zip(ended));
        });
    }
    (fetched, left.into_iter().map(|server| server.tenant().clone()).collect())
}

/// Notes what a server's CA asks of people: it is replaced by hand only, and then under the same name.
pub(super) fn note(machine: &Machine<'_>, server: &AskedServer, kept: &mut KeptTenant) {
    let Some(renewed) = &kept.renewed else { return };
    let name = kept.name();
    let with =
        |state| renewed.roots.iter().filter(move |(_, found)| *found == state).map(|(certificate, _)| certificate);
    let mut notes = Vec::new();
    for root in with(TenantRoot::New).chain(with(TenantRoot::Served)) {
        if root.not_after() < machine.now + Days::days(365) {
            let end = root.not_after().date();
            let message = format!("`{name}`: `{}` ends on {end}, and nothing renews it by itself", root.subject());
            let hint = "have it regenerated at a time of your own; the clients need the new one at the same moment";
            notes.push(Finding::new(
                FindingKind::Ends,
                name,
                &root.fingerprint().to_string(),
                message,
                Some(hint.to_owned()),
            ));
        }
    }
    let twin = |new: &Certificate| {
        with(TenantRoot::Kept).any(|old| old.subject() == new.subject() && old.spki_sha256() != new.spki_sha256())
    };
    if let Some(root) = with(TenantRoot::New).find(|root| twin(root)) {
        let message = format!(
            "`{name}`: the CA was regenerated: the same name, another key. All server certificates are reissued with it, so \
             clients that have the old one alone fail from the servers' next restart on"
        );
        let hint = "`pgtrust refresh` puts the new one before the old one, which OpenSSL would take first; only fingerprints \
                    tell them apart";
        let key = format!("{} regenerated", root.fingerprint());
        notes.push(Finding::new(FindingKind::Changed, name, &key, message, Some(hint.to_owned())));
    }
    let mut usage = None;
    if renewed.first {
        let file = if server.destination().is_none() { server.path() } else { &kept.path };
        usage = server.mount().map(|mount| Usage::Container { file: file.to_owned(), mount: mount.to_owned() });
    } else if let Some(root) = with(TenantRoot::New).next() {
        let key = format!("{} containers", root.fingerprint());
        let message = containers(machine, server, &kept.path);
        notes.extend(
            message.map(|message| Finding::new(FindingKind::Changed, name, &key, format!("`{name}`: {message}"), None)),
        );
    }
    (kept.notes, kept.usage) = (notes, usage);
}

/// Names the containers that are to be recreated, or how to find out: one that mounts a single file keeps what that name stood for
/// when it was created. None where there are none.
fn containers(machine: &Machine<'_>, server: &AskedServer, kept: &Path) -> Option<String> {
    let filter = format!("docker ps --filter volume={}", server.path().display());
    let old = "mount the file by itself and still see the old one";
    if let Some(destination) = server.destination() {
        let command = format!("ssh {destination} sudo {filter}");
        return Some(format!("containers there that {old} must be recreated; `{command}` lists them"));
    }
    let Some(names) = source::containers_with(&[server.path(), kept], machine.programs()) else {
        return Some(format!("containers that {old} must be recreated; `{filter}` lists them"));
    };
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| format!("these containers {old}; recreate them: {}", names.join(", ")))
}
