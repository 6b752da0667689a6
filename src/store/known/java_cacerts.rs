//! `cacerts` of Java installations: what a JVM trusts that is told nothing else.

use super::{Advice, StoreKind, StoreSpec, Target, TargetRequest};
use crate::store::Error;
use crate::store::jvm::{self, Jvm};

pub(super) static JAVA_CACERTS: Target = Target {
    name: "java-cacerts",
    summary: "cacerts of the JDK in use, of another (--java-home) or of all (--all-jdks)",
    formats: &[],
    stores,
};

fn stores(request: &TargetRequest<'_>) -> Result<Vec<StoreSpec>, Error> {
    if !request.all_jdks {
        return Ok(vec![spec(&[jvm::in_use(request.environment, request.programs)?])]);
    }
    let found = jvm::all(request.environment, request.root);
    if found.is_empty() {
        return Err(Error::NoJvmAnywhere { root: request.root.to_owned() });
    }
    Ok(found.iter().map(|cacerts| spec(&cacerts.jvms)).collect())
}

impl StoreSpec {
    /// `cacerts` of one Java installation.
    pub fn cacerts(jvm: Jvm) -> Self {
        spec(&[jvm])
    }
}

/// The store that these share.
fn spec(jvms: &[Jvm]) -> StoreSpec {
    let shadows = jvms.iter().filter_map(|jvm| jvm.shadowed_by.clone());
    let shadowed = shadows.map(|by| Advice::ShadowedCacerts { by });
    let advice = std::iter::once(Advice::EveryProgramOfJvm).chain(shadowed).collect();
    let path = jvms.first().map(|jvm| jvm.store.clone()).unwrap_or_default();
    StoreSpec { path, kind: StoreKind::Cacerts, advice, usage: Vec::new() }
}
