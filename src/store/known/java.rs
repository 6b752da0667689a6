//! A Java trust store of pgtrust's own, at a stable path.

use super::{StoreSpec, Target, TargetRequest, Usage};
use crate::format::Format;
use crate::store::Error;
use crate::store::java::JavaStore;
use crate::system::file;

pub(super) static JAVA: Target = Target {
    name: "java",
    summary: "a Java trust store of its own, for JVMs that are pointed at it",
    formats: &["pkcs12", "pkcs12-legacy", "jks"],
    stores,
};

fn stores(request: &TargetRequest<'_>) -> Result<Vec<StoreSpec>, Error> {
    let format = request.format.or_else(|| Format::named("pkcs12"));
    let path = request.layout.java_store(format.is_some_and(|format| format.name == "jks"));
    // The JVM that is pointed at it has another `/` than pgtrust with `--root`.
    let seen = file::seen(request.root, &path);
    let options = JavaStore { path: seen, own_password: request.own_password }.options()?;
    let mut usage = vec![Usage::JvmOptions(options), Usage::Pgjdbc];
    usage.extend((!request.with_public_roots).then_some(Usage::JvmTrustsNothingElse));
    Ok(vec![StoreSpec { usage, ..StoreSpec::file(path, format) }])
}
