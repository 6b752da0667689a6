//! Prisma: up to 6 the engine in Rust, with native-tls; 7 connects through node-postgres. Source: prisma/docs
//! 200-orm/050-overview/500-databases/300-postgresql at 02c0aa8, quaint/src/connector/postgres.

use std::path::Path;

use super::engine::{Engine, Rules};
use super::host::NameRule;
use super::parameters::Mode;
use super::plan::{Check, On, Plan, Refused, Roots, Way};
use super::situation::{Situation, Steps};
use super::store::{Dialect, SystemStore};
use super::{Client, node_postgres};

pub(super) static SINCE_7: Client = Client {
    name: "prisma",
    aliases: &[],
    version: "7",
    title: "Prisma 7, through node-postgres",
    evidence: "node-postgres, which its adapter is",
    programs: &["prisma"],
    account: None,
    ..node_postgres::V8
};
pub(super) static UP_TO_6: Client = Client {
    name: "prisma",
    aliases: &[],
    version: "<=6",
    title: "Prisma up to 6",
    evidence: "its documentation; not measured",
    programs: &["prisma"],
    account: None,
    plan,
    setting: |root: Option<&Path>| match root {
        Some(path) => format!("?sslmode=require&sslaccept=strict&sslcert={}", path.display()),
        None => "?sslmode=require&sslaccept=strict".to_owned(),
    },
};

fn plan(situation: &Situation<'_>) -> Result<Plan, Refused> {
    let mut steps = Steps::default();
    let file = situation.root(None, &mut steps).map(|root| situation.file(&root));
    let mode = situation.mode(None, Mode::Prefer, &mut steps)?;
    let check = match mode {
        Mode::VerifyCa | Mode::VerifyFull => {
            steps.note("it knows no such sslmode: `sslaccept=strict` is that, and it compares the name too");
            Check::Full
        }
        _ => {
            steps.note("without `sslaccept=strict` it verifies nothing");
            Check::Nothing
        }
    };
    Ok(Plan {
        mode: if check == Check::Full { "require, sslaccept=strict".to_owned() } else { mode.to_string() },
        way: match mode {
            Mode::Disable => Way::Plain,
            Mode::Prefer | Mode::Allow => Way::TlsThenPlain(check, On::NoTls),
            _ => Way::Tls(check),
        },
        roots: Roots::system(SystemStore::OpenSsl).and_file(file, Dialect::OpenSslFirst),
        crl: None,
        engines: vec![Engine::OpenSsl(Rules::PLAIN)],
        names: vec![NameRule::OpenSslHost],
        name: None,
        steps: steps.into_inner(),
    })
}
