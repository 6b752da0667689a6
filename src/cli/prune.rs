//! `pgtrust prune`

use std::path::Path;

use pgtrust::catalog::Role;
use pgtrust::journal::Added;
use pgtrust::manifest::Manifest;
use pgtrust::store::plan::Store;
use pgtrust::{Catalog, Certificate, Error};

use super::Status;
use super::args;
use super::context::Context;
use super::removing::{self, Chosen};
use super::ui::Failure;

pub(crate) fn run(context: &Context, args: &args::Prune) -> Result<Status, Failure> {
    let (catalog, manifest) = (context.catalog()?, context.manifest()?);
    let stale = |path: &Path, store: &Store, added: Added| {
        let mut reasons = Vec::new();
        let mut left = 0;
        for certificate in store.certificates() {
            let fingerprint = certificate.fingerprint();
            match reason(context, &catalog, &manifest, certificate)? {
                Some(reason) if added.contains(&fingerprint) => reasons.push((fingerprint, reason)),
                _ => left += 1,
            }
        }
        if left == 0 && !reasons.is_empty() {
            store.all_read()?;
            return Err(Error::WouldEmpty { path: path.to_owned() }.into());
        }
        let roots = added.only(|root| reasons.iter().any(|(fingerprint, _)| fingerprint == root));
        Ok(Chosen { roots, reasons })
    };
    removing::run(context, &args.removing, &stale, false)
}

/// Why no server that pgtrust knows of needs this root; None when one may.
fn reason(
    context: &Context,
    catalog: &Catalog,
    manifest: &Manifest,
    certificate: &Certificate,
) -> Result<Option<String>, Error> {
    let providers = catalog.providers_of(&certificate.fingerprint())?;
    let named: Vec<String> = providers.iter().map(|(id, role)| format!("{} by {id}", role.name())).collect();
    if certificate.not_after() < context.as_of {
        let expired = format!("expired on {}", certificate.not_after().date());
        return Ok(Some([vec![expired], named].concat().join(", ")));
    }
    let in_use = |(id, role): &(String, Role)| match role {
        Role::Retiring => manifest.selection(id).retiring,
        role => *role != Role::Legacy,
    };
    if providers.is_empty() || providers.iter().any(in_use) {
        return Ok(None);
    }
    Ok(Some(named.join(", ")))
}
