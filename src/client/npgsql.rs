//! Npgsql. It cannot be had here: its model stands on its source, `NpgsqlConnector` and `NpgsqlConnectionStringBuilder` at
//! 3cb5804 (2026-08-18).

use std::path::Path;

use super::Client;
use super::engine::{Engine, Rules};
use super::host::NameRule;
use super::parameters::{Mode, Root};
use super::plan::{Check, On, Plan, Refused, Roots, Way};
use super::situation::{Situation, Steps};
use super::store::{Dialect, SystemStore};

pub(super) static NPGSQL: Client = Client {
    name: "npgsql",
    aliases: &["dotnet"],
    version: "8+",
    title: "Npgsql: .NET, Entity Framework",
    evidence: "its source at 3cb5804; not measured",
    programs: &["dotnet"],
    account: None,
    plan,
    setting: |root: Option<&Path>| match root {
        Some(path) => format!("SSL Mode=VerifyFull;Root Certificate={}", path.display()),
        None => "SSL Mode=VerifyFull".to_owned(),
    },
};

fn plan(situation: &Situation<'_>) -> Result<Plan, Refused> {
    let mut steps = Steps::default();
    let mode = situation.mode(Some("PGSSLMODE"), Mode::Prefer, &mut steps)?;
    let check = match mode {
        Mode::VerifyFull => Check::Full,
        Mode::VerifyCa => Check::Chain,
        _ => {
            steps.note(format!("SSL Mode={mode} verifies nothing, with a file of roots too"));
            Check::Nothing
        }
    };
    // A file takes the place of the system's roots, and so does one that was left in the home.
    let roots = match situation.root(Some("PGSSLROOTCERT"), &mut steps) {
        Some(Root::File(path)) => Roots::file(situation.surroundings.folder.join(path), Dialect::DotNet),
        Some(Root::System) => Roots::system(SystemStore::DotNet),
        None => match situation.seen_in_home("root.crt") {
            Some(path) => {
                steps.note(format!("{} takes the place of the system's roots", path.display()));
                Roots::file(path, Dialect::DotNet)
            }
            None => Roots::system(SystemStore::DotNet),
        },
    };
    Ok(Plan {
        mode: mode.to_string(),
        way: match mode {
            Mode::Disable => Way::Plain,
            Mode::Allow => Way::PlainThenTls(check),
            Mode::Prefer => Way::TlsThenPlain(check, On::NoTls),
            _ => Way::Tls(check),
        },
        roots,
        crl: None,
        engines: vec![Engine::OpenSsl(Rules::PLAIN), Engine::Go],
        names: vec![NameRule::DotNet],
        name: None,
        steps: steps.into_inner(),
    })
}
