//! node-postgres. Source: pg-connection-string 2.14 and pg 8.23; for 9 the semantics that its warning announces, which
//! `uselibpqcompat=true` has today.

use std::path::{Path, PathBuf};

use super::Client;
use super::engine::{Engine, Rules};
use super::host::NameRule;
use super::parameters::Mode;
use super::plan::{Base, Check, Plan, Refused, Roots, Way};
use super::situation::{Situation, Steps};
use super::store::{Dialect, SystemStore};

pub(super) const V8: Client = Client { version: "8", plan: |situation| plan(situation, 8), ..NODE_POSTGRES };
pub(super) static V9: Client = Client {
    version: "9",
    evidence: "node-postgres 8.23 with `uselibpqcompat=true`, which its warning announces for 9",
    plan: |situation| plan(situation, 9),
    ..NODE_POSTGRES
};

const NODE_POSTGRES: Client = Client {
    name: "node-postgres",
    aliases: &["drizzle", "knex", "node", "nodejs", "pg", "sequelize", "typeorm"],
    version: "",
    title: "node-postgres: pg, Prisma 7, TypeORM, Sequelize, Knex, Drizzle",
    evidence: "measured with pg 8.23 on Node.js 20",
    programs: &["node"],
    account: None,
    plan: |situation| plan(situation, 8),
    setting,
};

fn setting(root: Option<&Path>) -> String {
    match root {
        Some(path) => format!("?sslmode=verify-full&sslrootcert={}", path.display()),
        None => "?sslmode=verify-full".to_owned(),
    }
}

fn plan(situation: &Situation<'_>, release: u8) -> Result<Plan, Refused> {
    let mut steps = Steps::default();
    let file = situation.root(None, &mut steps).map(|root| situation.file(&root));
    let given = situation.parameters.mode;
    let mode = situation.any_mode(Some("PGSSLMODE"), Mode::Disable, &mut steps)?;
    if let Some(path) = file.as_ref().filter(|path| situation.stores.state(path).is_some()) {
        steps.note("it reads the file before it looks at the mode");
        return Err(Refused::lacking(mode, path.clone()));
    }
    if mode == Mode::VerifyCa && file.is_none() && release >= 9 {
        return Err(Refused::of(mode, "sslmode=verify-ca demands sslrootcert"));
    }
    let check = match mode {
        // A file of roots in the URL turns TLS on by itself.
        Mode::Disable if given.is_none() && file.is_some() => Check::Full,
        Mode::Disable => Check::Nothing,
        Mode::NoVerify if release < 9 || given.is_none() => Check::Nothing,
        // Words that it does not know mean TLS with the defaults of Node.js.
        Mode::Allow | Mode::NoVerify | Mode::VerifyFull => Check::Full,
        _ if release < 9 || given.is_none() => {
            steps.note(format!("it takes sslmode={mode} for verify-full"));
            Check::Full
        }
        Mode::Prefer => Check::Nothing,
        Mode::Require if file.is_none() => Check::Nothing,
        Mode::Require | Mode::VerifyCa => Check::Chain,
    };
    let is_plain = mode == Mode::Disable && (given.is_some() || file.is_none());
    let check = unless_told_not_to(situation, check, &mut steps);
    let roots = match &file {
        Some(path) => Roots::file(path, Dialect::Node),
        None => public_roots(situation, &mut steps),
    };
    let mode = if mode == Mode::Disable && !is_plain { Mode::VerifyFull } else { mode };
    if is_plain && given.is_none() {
        steps.note("without sslmode or `ssl` it speaks no TLS");
    }
    Ok(Plan {
        mode: mode.to_string(),
        way: if is_plain { Way::Plain } else { Way::Tls(check) },
        roots,
        crl: None,
        engines: ENGINES.to_vec(),
        names: NAMES.to_vec(),
        name: None,
        steps: steps.into_inner(),
    })
}

/// `NODE_TLS_REJECT_UNAUTHORIZED=0` turns all verification off, in the whole process.
pub(super) fn unless_told_not_to(situation: &Situation<'_>, check: Check, steps: &mut Steps) -> Check {
    if situation.variable("NODE_TLS_REJECT_UNAUTHORIZED").as_deref() != Some("0") {
        return check;
    }
    steps.note("NODE_TLS_REJECT_UNAUTHORIZED=0: Node.js verifies nothing");
    Check::Nothing
}

/// What Node.js trusts where `ca` is not set.
pub(super) fn public_roots(situation: &Situation<'_>, steps: &mut Steps) -> Roots {
    let options = situation.variable("NODE_OPTIONS").unwrap_or_default();
    let has = |option: &str| options.split_ascii_whitespace().any(|word| word == option);
    let base = if has("--use-openssl-ca") {
        steps.note("NODE_OPTIONS has --use-openssl-ca: the roots are those of OpenSSL");
        Base::System(SystemStore::OpenSsl)
    } else {
        steps.note("no `ca` is given: it trusts the public roots that Node.js brings");
        Base::Mozilla
    };
    let more = situation.variable("NODE_EXTRA_CA_CERTS").map(PathBuf::from);
    if let Some(path) = &more {
        steps.note(format!("NODE_EXTRA_CA_CERTS adds {}", path.display()));
    }
    // One that it cannot read is a warning and no more.
    let more = more.filter(|path| situation.stores.sees(path));
    Roots::base(base).and_file(more, Dialect::OpenSsl)
}

/// The OpenSSL of Node.js up to 22 is at security level 1, of 24 at 2.
pub(super) const ENGINES: [Engine; 2] =
    [Engine::OpenSsl(Rules { security_level: 1, ..Rules::PLAIN }), Engine::OpenSsl(Rules::PLAIN)];

/// Both ways in which Node.js reads a host.
pub(super) const NAMES: [NameRule; 2] = [NameRule::Node { major: 20 }, NameRule::Node { major: 24 }];
