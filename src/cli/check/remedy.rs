//! What mends a verdict, as a command or a setting that can be pasted.

use pgtrust::check::Checked;
use pgtrust::client::verdict::{Remedy, Verdict};
use pgtrust::{Machine, Provider};

/// Returns it in words; None where nothing is to be mended.
pub(super) fn words(machine: &Machine<'_>, server: &Checked, verdict: &Verdict) -> Option<String> {
    Some(match verdict.remedy.as_ref()? {
        Remedy::Set(setting) => setting.clone(),
        Remedy::Server(what) | Remedy::Do(what) => what.clone(),
        Remedy::Install(path) => {
            let catalog = machine.catalog().ok();
            let provider = catalog.and_then(|catalog| catalog.provider(server.provider.as_ref()?).ok());
            let output = match path {
                Some(path) if !path.ends_with(".postgresql/root.crt") => format!(" --output {}", path.display()),
                Some(_) => String::new(),
                // Its roots are not in a file: the one that is made is named to it.
                None if verdict.client.version == "DefaultJavaSSLFactory" => " --target java-cacerts".to_owned(),
                None => {
                    return Some(format!(
                        "{}, and {}",
                        fetching(provider.as_ref()),
                        verdict.client.setting(Some("FILE".as_ref()))
                    ));
                }
            };
            format!("pgtrust install {}{output}", source(provider.as_ref()))
        }
    })
}

/// What `install` takes the roots from.
fn source(provider: Option<&Provider>) -> String {
    match provider {
        Some(provider) if !provider.pins.is_empty() => provider.id.clone(),
        Some(provider) => match provider.api() {
            Some(api) => format!("{} {}", provider.id, api.flags()),
            None => "ca.pem".to_owned(),
        },
        None => "ca.pem".to_owned(),
    }
}

fn fetching(provider: Option<&Provider>) -> String {
    match provider {
        Some(provider) if !provider.pins.is_empty() || provider.api().is_some() => {
            format!("pgtrust fetch {} > FILE", source(Some(provider)))
        }
        _ => "pgtrust bundle ca.pem -o FILE".to_owned(),
    }
}
