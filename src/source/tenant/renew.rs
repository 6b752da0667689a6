//! The file of a tenant's roots, which is also the record of what is pinned.
//!
//! The first answer of the API pins. Of later ones, what is served comes first, in its order, because OpenSSL takes the
//! first root of a subject and does not turn back; what was kept before stays behind it until it has expired.

use std::path::Path;

use serde::Serialize;
use time::OffsetDateTime;

use super::api::FetchedTenant;
use super::error::TenantReason;
use super::{Tenant, kept};
use crate::bundle::{self, Bundle, CertificateSet, Origin, Policy, Reason, Rejected};
use crate::format::Format;
use crate::source::Error;
use crate::store::reader;
use crate::x509::{Certificate, Fingerprint};

/// The way in which a root came to be kept for a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum TenantRoot {
    /// Served no longer, and kept until it has expired.
    Kept,
    /// Served for the first time.
    New,
    /// Served, and kept before.
    Served,
}

/// The new contents of a tenant's file.
#[derive(Debug)]
#[non_exhaustive]
pub struct Renewed {
    /// What is to be in it, in order.
    pub roots: Vec<(Certificate, TenantRoot)>,
    /// What was served or kept and is not in it. Intermediates are not mentioned: whoever trusts the root has no need of
    /// them.
    pub rejected: Vec<Rejected>,
    /// Whether nothing was pinned before.
    pub first: bool,
    /// The same roots, to be written.
    pub bundle: Bundle,
}

impl FetchedTenant {
    /// Holds what is served against a tenant's file, which is not written yet. Fails when nothing that is served is a root.
    pub(crate) fn renew(self, file: &Path, now: OffsetDateTime) -> Result<Renewed, Error> {
        let Self { tenant, url, served } = self;
        let served = served?;
        let kept = if crate::system::file::exists(file) { kept(file)? } else { Vec::new() };
        let known: Vec<Fingerprint> = kept.iter().map(Certificate::fingerprint).collect();
        let policy = Policy::roots(now);
        // By itself first: a root from before must not make up for an answer without one.
        let fresh: Vec<Fingerprint> = match Bundle::build(ranked(&tenant, served.iter()), &policy) {
            Ok((roots, _)) => roots.certificates().map(Certificate::fingerprint).collect(),
            Err(bundle::Error::EmptyBundle { rejected }) => {
                let reasons = rejected.iter().map(|no| format!("`{}` {}", no.certificate.subject(), no.reason));
                let detail = reasons.collect::<Vec<_>>().join("; ");
                return Err(TenantReason::NoRoot { url, detail }.of_tenant(tenant.name()).into());
            }
            Err(error) => return Err(error.into()),
        };
        let (bundle, mut rejected) = Bundle::build(ranked(&tenant, served.iter().chain(&kept)), &policy)?;
        let (bundle, unreadable) = reader::readable(bundle, Format::pem().name)?;
        rejected.extend(unreadable);
        rejected.retain(|no| !(matches!(no.reason, Reason::NotSelfSigned { .. }) && no.certificate.is_ca()));
        let state = |certificate: &Certificate| {
            let fingerprint = certificate.fingerprint();
            match (fresh.contains(&fingerprint), known.contains(&fingerprint)) {
                (true, false) => TenantRoot::New,
                (true, true) => TenantRoot::Served,
                (false, _) => TenantRoot::Kept,
            }
        };
        let roots = bundle.certificates().map(|certificate| (certificate.clone(), state(certificate))).collect();
        Ok(Renewed { roots, rejected, first: kept.is_empty(), bundle })
    }
}

fn ranked<'a>(tenant: &Tenant, certificates: impl Iterator<Item = &'a Certificate>) -> CertificateSet {
    let mut set = CertificateSet::new();
    for (place, certificate) in certificates.enumerate() {
        if !set.contains(certificate) {
            let origin = set.origin(Origin::Tenant { name: tenant.name().to_owned(), place });
            set.insert(certificate.clone(), origin, None);
        }
    }
    set
}
