//! asyncpg. Source: `_parse_connect_arguments` and `TLSUpgradeProto` in connect_utils.py of 0.32.

use std::path::PathBuf;

use super::engine::{Engine, Rules};
use super::host::NameRule;
use super::parameters::Mode;
use super::plan::{Check, On, Plan, Refused, Roots, Way};
use super::situation::{Situation, Steps};
use super::store::Dialect;
use super::{Client, libpq};

pub(super) static ASYNCPG: Client = Client {
    name: "asyncpg",
    aliases: &[],
    version: "0.32",
    title: "asyncpg, SQLAlchemy with it",
    evidence: "measured with asyncpg 0.32",
    programs: &["python3"],
    account: None,
    plan,
    setting: libpq::setting,
};

fn plan(situation: &Situation<'_>) -> Result<Plan, Refused> {
    let mut steps = Steps::default();
    let mode = situation.mode(Some("PGSSLMODE"), Mode::Prefer, &mut steps)?;
    let verifies = matches!(mode, Mode::Require | Mode::VerifyCa | Mode::VerifyFull);
    if situation.parameters.direct == Some(true) && !verifies {
        return Err(Refused::of(mode, format!("direct TLS demands sslmode=require or more, and it is {mode}")));
    }
    let mut roots = Roots::default();
    let mut crl = None;
    if verifies {
        let named = situation.root(Some("PGSSLROOTCERT"), &mut steps).map(|root| situation.file(&root));
        match named.or_else(|| situation.seen_in_home("root.crt")) {
            Some(path) => {
                steps.note(format!("it reads the roots in {}", path.display()));
                roots = Roots::file(path, Dialect::OpenSsl);
            }
            None if mode == Mode::Require => steps.note("no file of roots: require verifies nothing"),
            None => {
                let path = situation.in_home("root.crt");
                return Err(Refused::lacking(mode, path.unwrap_or_else(|| "~/.postgresql/root.crt".into())));
            }
        }
        let named = situation.parameters.crl.clone().or_else(|| situation.variable("PGSSLCRL").map(PathBuf::from));
        crl = named.or_else(|| situation.seen_in_home("root.crl"));
    }
    let check = match mode {
        Mode::VerifyFull => Check::Full,
        _ if roots.file.is_some() => Check::Chain,
        _ => Check::Nothing,
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
        crl: crl.filter(|_| check != Check::Nothing),
        engines: vec![Engine::OpenSsl(Rules::PLAIN)],
        names: vec![NameRule::Python],
        name: None,
        steps: steps.into_inner(),
    })
}
