//! pgx v5. Source: `ParseConfig` and `configTLS` in pgconn/config.go at 728cefa (2026-08-22).

use super::engine::Engine;
use super::host::NameRule;
use super::parameters::{Mode, Root};
use super::plan::{Check, On, Plan, Refused, Roots, Way};
use super::situation::{Situation, Steps};
use super::store::{Dialect, SystemStore};
use super::{Client, libpq};

pub(super) static PGX: Client = Client {
    name: "pgx",
    aliases: &["go", "golang"],
    version: "5",
    title: "pgx: Go",
    evidence: "crypto/tls of Go 1.27 with the settings that pgx makes; pgx v4 measured",
    programs: &["go"],
    account: None,
    plan,
    setting: libpq::setting,
};

fn plan(situation: &Situation<'_>) -> Result<Plan, Refused> {
    let mut steps = Steps::default();
    let named = situation.root(Some("PGSSLROOTCERT"), &mut steps);
    let default = situation.seen_in_home("root.crt").map(Root::File);
    let root = named.or(default);
    let mut mode = situation.mode(Some("PGSSLMODE"), Mode::Prefer, &mut steps)?;
    if root == Some(Root::System) {
        steps.note("sslrootcert=system makes it verify-full");
        mode = Mode::VerifyFull;
    }
    let check = match mode {
        Mode::VerifyFull => Check::Full,
        Mode::VerifyCa => Check::Chain,
        Mode::Require if root.is_some() => {
            steps.note("require with a file of roots is verify-ca");
            Check::Chain
        }
        _ => Check::Nothing,
    };
    let roots = match &root {
        Some(Root::File(path)) => Roots::file(situation.surroundings.folder.join(path), Dialect::Go),
        _ => Roots::system(SystemStore::Go),
    };
    // It reads the file before it looks at the mode.
    if let Some((path, _)) = &roots.file {
        situation.stores.read(&roots).map_err(|(_, reason)| Refused {
            lacks: Some(path.clone()),
            ..Refused::of(mode, format!("`{}` {reason}, and it reads the file in every mode", path.display()))
        })?;
    }
    Ok(Plan {
        mode: mode.to_string(),
        way: match mode {
            Mode::Disable => Way::Plain,
            Mode::Allow => Way::PlainThenTls(check),
            Mode::Prefer => Way::TlsThenPlain(check, On::Failure),
            _ => Way::Tls(check),
        },
        roots,
        crl: None,
        engines: vec![Engine::Go],
        names: vec![NameRule::Go],
        name: None,
        steps: steps.into_inner(),
    })
}
