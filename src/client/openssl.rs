//! `openssl s_client -starttls postgres`.

use std::path::Path;

use super::Client;
use super::engine::{Engine, Rules};
use super::host::NameRule;
use super::parameters::{Mode, Root};
use super::plan::{Check, Plan, Refused, Roots, Way};
use super::situation::{Situation, Steps};
use super::store::{Dialect, SystemStore};

pub(super) static S_CLIENT: Client = Client {
    name: "openssl",
    aliases: &["s_client"],
    version: "s_client",
    title: "openssl s_client -starttls postgres",
    evidence: "measured with OpenSSL 3.0",
    programs: &["openssl"],
    account: None,
    plan,
    setting: |root: Option<&Path>| {
        let file = root.map_or_else(String::new, |path| format!("-CAfile {} ", path.display()));
        format!("{file}-verify_return_error -verify_hostname HOST")
    },
};

/// It goes on over a chain that it does not trust unless it is told not to.
fn plan(situation: &Situation<'_>) -> Result<Plan, Refused> {
    let mut steps = Steps::default();
    let mode = situation.parameters.mode.unwrap_or(Mode::Require);
    let check = match mode {
        Mode::VerifyFull => Check::Full,
        Mode::VerifyCa => Check::Chain,
        _ => {
            steps.note("without -verify_return_error it goes on with any certificate");
            Check::Nothing
        }
    };
    let roots = match situation.root(None, &mut steps) {
        Some(Root::File(path)) => Roots::file(situation.surroundings.folder.join(path), Dialect::OpenSsl),
        _ => Roots::system(SystemStore::OpenSsl),
    };
    Ok(Plan {
        mode: mode.to_string(),
        way: if mode == Mode::Disable { Way::Plain } else { Way::Tls(check) },
        roots,
        crl: None,
        engines: vec![Engine::OpenSsl(Rules::PLAIN)],
        names: vec![NameRule::Python],
        name: None,
        steps: steps.into_inner(),
    })
}
