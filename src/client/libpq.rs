//! libpq: psql and all that is built on it. Source: fe-connect.c and fe-secure-openssl.c of PostgreSQL 15 to 18.

use std::path::{Path, PathBuf};

use super::Client;
use super::engine::{Engine, Rules};
use super::host::NameRule;
use super::parameters::{Mode, Root};
use super::plan::{Check, On, Plan, Refused, Roots, Way};
use super::situation::{Situation, Steps};
use super::store::{Dialect, SystemStore};

pub(super) static UP_TO_15: Client = Client { version: "<=15", plan: |situation| plan(situation, 15), ..LIBPQ };
pub(super) static SINCE_17: Client = Client { version: "17+", ..LIBPQ };
pub(super) const V16: Client = Client { version: "16", plan: |situation| plan(situation, 16), ..LIBPQ };

const LIBPQ: Client = Client {
    name: "libpq",
    aliases: &["pg_dump", "php", "psql", "psycopg2", "ruby"],
    version: "",
    title: "libpq: psql, psycopg, ruby-pg, PHP, pgAdmin",
    evidence: "measured with psql 15 and the libpq 18 of a wheel",
    programs: &["psql"],
    account: None,
    plan: |situation| plan(situation, 17),
    setting,
};

/// The parameters that verify a server in full.
pub(super) fn setting(root: Option<&Path>) -> String {
    let root = root.map_or_else(|| "system".to_owned(), |path| path.display().to_string());
    format!("sslmode=verify-full sslrootcert={root}")
}

fn plan(situation: &Situation<'_>, release: u8) -> Result<Plan, Refused> {
    of_library(situation, release, SystemStore::OpenSsl)
}

/// What libpq of a major release does, with the default store of the OpenSSL that it was built with.
pub(super) fn of_library(situation: &Situation<'_>, release: u8, system: SystemStore) -> Result<Plan, Refused> {
    let mut steps = Steps::default();
    let root = situation.root(Some("PGSSLROOTCERT"), &mut steps);
    let is_system = root == Some(Root::System) && release >= 16;
    let default = if is_system { Mode::VerifyFull } else { Mode::Prefer };
    let mode = situation.mode(Some("PGSSLMODE"), default, &mut steps)?;
    if is_system && mode != Mode::VerifyFull {
        return Err(Refused::of(mode, format!("sslrootcert=system demands sslmode=verify-full, and it is {mode}")));
    }
    negotiation(situation, release, mode, &mut steps)?;
    if let Some(unknown) = situation.parameters.unknown.first() {
        return Err(Refused::of(mode, format!("it knows no parameter `{unknown}`, and refuses the whole string")));
    }
    let roots = match (&root, situation.in_home("root.crt")) {
        _ if is_system => Roots::system(system),
        (Some(root), _) => of_file(situation, situation.file(root), &mut steps),
        (None, Some(path)) => of_file(situation, path, &mut steps),
        (None, None) => Roots::default(),
    };
    let has_roots = roots.file.is_some() || roots.base.is_some();
    let check = match mode {
        Mode::VerifyCa | Mode::VerifyFull if !has_roots => {
            let named = root.map(|root| situation.file(&root)).or_else(|| situation.in_home("root.crt"));
            return Err(Refused::lacking(mode, named.unwrap_or_else(|| "~/.postgresql/root.crt".into())));
        }
        Mode::VerifyFull => Check::Full,
        Mode::VerifyCa => Check::Chain,
        Mode::Disable => Check::Nothing,
        _ if has_roots => {
            steps.note("roots are there: it verifies the chain whenever it speaks TLS, whatever sslmode says");
            Check::Chain
        }
        _ => Check::Nothing,
    };
    let crl = if is_system || check == Check::Nothing { None } else { crl(situation, &mut steps) };
    Ok(Plan {
        mode: mode.to_string(),
        way: match mode {
            Mode::Disable => Way::Plain,
            Mode::Allow => Way::PlainThenTls(check),
            Mode::Prefer => Way::TlsThenPlain(check, On::Failure),
            _ => Way::Tls(check),
        },
        roots,
        crl,
        engines: if is_special(situation) { Vec::new() } else { vec![Engine::OpenSsl(Rules::PLAIN)] },
        names: vec![NameRule::Libpq],
        name: None,
        steps: steps.into_inner(),
    })
}

/// Settings beyond what is modelled.
fn is_special(situation: &Situation<'_>) -> bool {
    let options = &situation.parameters.options;
    let limits = ["ssl_min_protocol_version", "ssl_max_protocol_version"].iter().any(|name| options.contains_key(name));
    let demands =
        ["gssencmode", "sslcertmode"].iter().any(|name| options.get(name).is_some_and(|value| value == "require"));
    let variables = ["PGSSLMINPROTOCOLVERSION", "PGSSLMAXPROTOCOLVERSION", "PGSSLNEGOTIATION"];
    limits || demands || variables.iter().any(|name| situation.variable(name).is_some())
}

/// `sslnegotiation`, which libpq has since 17.
fn negotiation(situation: &Situation<'_>, release: u8, mode: Mode, steps: &mut Steps) -> Result<(), Refused> {
    match (situation.parameters.direct, release, mode) {
        (None | Some(false), ..) => Ok(()),
        (_, ..17, _) => Err(Refused::of(mode, "it knows no sslnegotiation")),
        (_, _, Mode::Disable | Mode::Allow | Mode::Prefer) => {
            Err(Refused::of(mode, format!("sslnegotiation=direct demands sslmode=require or more, and it is {mode}")))
        }
        _ => {
            steps.note("sslnegotiation=direct: TLS begins without a question");
            Ok(())
        }
    }
}

/// `stat` decides: a file that it may not look at is none for it, without a word.
fn of_file(situation: &Situation<'_>, path: PathBuf, steps: &mut Steps) -> Roots {
    if situation.stores.sees(&path) {
        steps.note(format!("it reads the roots in {}", path.display()));
        return Roots::file(path, Dialect::OpenSsl);
    }
    steps.note(format!("it does not find {}: below verify-ca it goes on without roots", path.display()));
    Roots::default()
}

/// `initialize_SSL`: lists of revocation in the folder of `root.crt` count for a file of roots elsewhere too.
fn crl(situation: &Situation<'_>, steps: &mut Steps) -> Option<PathBuf> {
    let or_variable =
        |named: &Option<PathBuf>, name: &str| named.clone().or_else(|| situation.variable(name).map(PathBuf::from));
    let folder = or_variable(&situation.parameters.crl_folder, "PGSSLCRLDIR");
    let path = match (or_variable(&situation.parameters.crl, "PGSSLCRL"), folder) {
        (_, Some(folder)) => situation.surroundings.folder.join(folder),
        (Some(path), None) => situation.surroundings.folder.join(path),
        (None, None) => situation.in_home("root.crl").filter(|path| situation.stores.sees(path))?,
    };
    if path.is_relative() || situation.stores.sees(&path) {
        steps.note("lists of revocation are named or stand beside root.crt");
    }
    steps.note(format!("{} is there: it demands a list for each CA of the chain", path.display()));
    Some(path)
}
