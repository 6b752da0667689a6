//! A Java trust store as the JVM reads it for its own TLS: `javax.net.ssl.trustStore`, or the `cacerts` of the
//! installation. pgjdbc does so with `DefaultJavaSSLFactory`.

use std::path::Path;

use super::{Loaded, Unusable, Who, bytes, certificate};
use crate::format::{Error, Format, Member};
use crate::store::jvm::Jvm;

/// Reads the trust store of a JVM: the file of `javax.net.ssl.trustStore`, if there is any, with
/// `javax.net.ssl.trustStorePassword`.
///
/// Where that file is missing, a folder, or out of this user's reach, the JVM says nothing and takes its own `cacerts`
/// (`TrustStoreManager` of the JDK); without `javax.net.ssl.trustStore` it is `jssecacerts` that is tried before. `NONE` is
/// an empty store, as is that of no JVM at all. Without a password JKS is read unchecked, and of PKCS#12 what is not
/// encrypted. Of an entry with a private key its own certificate is trusted too.
pub fn trust_store(
    named: Option<&Path>,
    password: Option<&str>,
    jvm: Option<&Jvm>,
    who: &Who,
) -> Result<Loaded, Unusable> {
    let mut loaded = Loaded::default();
    if named == Some(Path::new("NONE")) {
        return Ok(loaded);
    }
    let shadowing = jvm.and_then(|jvm| jvm.shadowed_by.as_deref());
    for path in named.or(shadowing).into_iter().chain(jvm.map(|jvm| jvm.cacerts.as_path())) {
        match bytes(path, who) {
            Ok(bytes) => return parse(&bytes, password, loaded),
            Err(reason) => loaded.pass_over(None, format!("`{}` {reason}, of which Java says nothing", path.display())),
        }
    }
    Ok(loaded)
}

fn parse(bytes: &[u8], password: Option<&str>, mut loaded: Loaded) -> Result<Loaded, Unusable> {
    // As an empty one it is not given.
    let password = password.filter(|password| !password.is_empty());
    let format = Format::of(bytes).filter(|format| format.is_key_store());
    let format = format.ok_or_else(|| Unusable::damaged(None, "it is neither JKS nor PKCS#12"))?;
    let mut refused = None;
    let mut trust = |loaded: &mut Loaded, der: &[u8]| match certificate(der.to_vec(), "java") {
        Ok(certificate) => loaded.push(certificate),
        Err(reason) => refused = refused.take().or(Some(reason)),
    };
    let decoded = format.decode(&mut &*bytes, password, &mut |member| match member {
        Member::Certificate { flaw: Some(flaw), .. } => loaded.pass_over(None, flaw),
        Member::Certificate { certificate, .. } => trust(&mut loaded, certificate.der()),
        Member::PrivateKey(key) => {
            if let Some(Ok(own)) = key.chain.first() {
                trust(&mut loaded, own.der());
            }
        }
        Member::Rejected { reason, .. } => loaded.pass_over(None, reason),
        _ => {}
    });
    match (decoded, refused) {
        (_, Some(reason)) => Err(Unusable::damaged(None, reason)),
        (Ok(()), None) => Ok(loaded),
        (Err(Error::PasswordNeeded { .. } | Error::WrongPassword), None) if password.is_none() => {
            loaded.pass_over(None, "what is encrypted stays closed without a password");
            Ok(loaded)
        }
        (Err(Error::PasswordNeeded { .. } | Error::WrongPassword), None) => Err(Unusable::Password),
        (Err(error), None) => Err(Unusable::damaged(None, error.to_string())),
    }
}
