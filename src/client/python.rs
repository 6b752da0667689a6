//! Python's `ssl.create_default_context`, which pg8000, asyncpg with `ssl=True` and others take. Source: Lib/ssl.py of 3.12
//! and 3.13, which made it strict.

use std::path::Path;

use super::Client;
use super::engine::{Engine, Rules};
use super::host::NameRule;
use super::parameters::{Mode, Root};
use super::plan::{Check, Plan, Roots, Way};
use super::situation::{Situation, Steps};
use super::store::{Dialect, SystemStore};

pub(super) static V3_13: Client =
    Client { version: "3.13", plan: |situation| Ok(plan(situation, Rules::STRICT)), ..PYTHON };
pub(super) static V3_12: Client =
    Client { version: "3.12", plan: |situation| Ok(plan(situation, Rules::PLAIN)), ..PYTHON };

const PYTHON: Client = Client {
    name: "python",
    aliases: &["pg8000"],
    version: "",
    title: "Python's default context: pg8000, asyncpg with ssl=True",
    evidence: "measured with the ssl module of 3.11 and 3.13",
    programs: &["python3"],
    account: None,
    plan: |situation| Ok(plan(situation, Rules::STRICT)),
    setting: |root: Option<&Path>| match root {
        Some(path) => format!("ssl.create_default_context(cafile='{}')", path.display()),
        None => "ssl.create_default_context()".to_owned(),
    },
};

fn plan(situation: &Situation<'_>, rules: Rules) -> Plan {
    let mut steps = Steps::default();
    let roots = match situation.root(None, &mut steps) {
        Some(Root::File(path)) => Roots::file(situation.surroundings.folder.join(path), Dialect::OpenSsl),
        _ => {
            steps.note("no cafile: it reads the store of its OpenSSL");
            Roots::system(SystemStore::OpenSsl)
        }
    };
    let way = match situation.parameters.mode {
        Some(Mode::Disable) => Way::Plain,
        // `check_hostname = False`.
        Some(Mode::VerifyCa) => Way::Tls(Check::Chain),
        Some(Mode::NoVerify) => Way::Tls(Check::Nothing),
        _ => {
            steps.note("a default context verifies chain and name, whatever sslmode says elsewhere");
            Way::Tls(Check::Full)
        }
    };
    Plan {
        mode: situation.parameters.mode.unwrap_or(Mode::VerifyFull).to_string(),
        way,
        roots,
        crl: None,
        engines: vec![Engine::OpenSsl(rules)],
        names: vec![NameRule::Python],
        name: None,
        steps: steps.into_inner(),
    }
}
