//! What mends a verdict, as a command or a setting that can be pasted.

use pgtrust::check::Checked;
use pgtrust::client::verdict::{Remedy, Verdict};
use pgtrust::{Machine, Provider};

/// Returns it in words; None where nothing is to be mended.
pub(super) fn words(machine: &Machine<'_>, server: &Checked, verdict: &Verdict) -> Option<String> {
    let remedy = verdict.remedy.as_ref()?;
    let provider = || machine.catalog().ok()?.provider(server.provider.as_ref()?).ok();
    Some(match remedy {
        Remedy::Set(setting) => setting.clone(),
        Remedy::Server(what) | Remedy::Do(what) => what.clone(),
        Remedy::Obtain(setting) => format!("{}; then {setting}", fetching(provider().as_ref(), server)),
        Remedy::Install(Some(path)) => {
            let own = machine.environment.home.as_ref().map(|home| home.join(".postgresql/root.crt"));
            let output =
                if own.as_ref() == Some(path) { String::new() } else { format!(" --output {}", path.display()) };
            let (source, before) = source(provider().as_ref(), server);
            format!("{before}pgtrust install {source}{output}")
        }
        Remedy::Install(None) if verdict.client.version == "DefaultJavaSSLFactory" => {
            let (source, before) = source(provider().as_ref(), server);
            format!("{before}pgtrust install {source} --target java-cacerts")
        }
        Remedy::Install(None) => {
            let setting = verdict.client.setting(Some("FILE".as_ref())).replace("HOST", &server.host);
            format!("{}; then {setting}", fetching(provider().as_ref(), server))
        }
    })
}

/// What `install` takes the roots from, and what is to be done before.
fn source(provider: Option<&Provider>, server: &Checked) -> (String, String) {
    let of_all = provider.filter(|provider| !provider.pins.is_empty()).map(|provider| provider.id.clone());
    let of_one = || provider.and_then(|provider| Some(format!("{} {}", provider.id, provider.api()?.flags())));
    match of_all.or_else(of_one) {
        Some(source) => (source, String::new()),
        None => ("ca.pem".to_owned(), obtain(server)),
    }
}

fn fetching(provider: Option<&Provider>, server: &Checked) -> String {
    match source(provider, server) {
        (source, before) if before.is_empty() => format!("FILE=$(pgtrust fetch {source})"),
        (_, before) => format!("{before}FILE is that file"),
    }
}

/// Where nobody but who runs the server has its CA.
fn obtain(server: &Checked) -> String {
    let chain = server.result.as_ref().map(|answered| answered.seen.certificates.as_slice()).unwrap_or_default();
    let issuer = chain.last().map_or_else(|| "its CA".to_owned(), |last| last.issuer().short());
    format!("get the certificate of `{issuer}` from who runs the server, save it as ca.pem; ")
}
