//! lib/pq. Source: ssl.go of 1.10 (Debian 12), and ssl.go and conn.go at f4654a4 (2026-08-03).

use std::net::IpAddr;

use super::engine::Engine;
use super::host::NameRule;
use super::parameters::{Mode, Root};
use super::plan::{Check, On, Plan, Refused, Roots, Way};
use super::situation::{Situation, Steps};
use super::store::{Dialect, SystemStore};
use super::{Client, libpq};

pub(super) static SINCE_1_13: Client = Client { version: "1.13+", plan: |situation| plan(situation, true), ..LIB_PQ };
pub(super) static UP_TO_1_11: Client = Client {
    version: "<=1.11",
    evidence: "measured with lib/pq 1.10 on Go 1.27",
    plan: |situation| plan(situation, false),
    ..LIB_PQ
};

const LIB_PQ: Client = Client {
    name: "lib-pq",
    aliases: &["pq"],
    version: "",
    title: "lib/pq: Go, Grafana, Terraform",
    evidence: "its source at f4654a4; not measured",
    programs: &["go"],
    account: None,
    plan: |situation| plan(situation, true),
    setting: libpq::setting,
};

fn plan(situation: &Situation<'_>, newer: bool) -> Result<Plan, Refused> {
    let mut steps = Steps::default();
    let named = situation.root(Some("PGSSLROOTCERT"), &mut steps);
    let home = situation.seen_in_home("root.crt").filter(|_| newer).map(Root::File);
    let mut root = named.or(home);
    let is_system = newer && root == Some(Root::System);
    let default = match newer {
        true if is_system => Mode::VerifyFull,
        true => Mode::Prefer,
        false => Mode::Require,
    };
    let mode = situation.mode(Some("PGSSLMODE"), default, &mut steps)?;
    let weak = is_system && mode != Mode::VerifyFull;
    if weak || !newer && matches!(mode, Mode::Allow | Mode::Prefer) {
        let why = if weak { "sslrootcert=system demands sslmode=verify-full" } else { "it knows no such sslmode" };
        return Err(Refused::of(mode, format!("{why}, and it is {mode}")));
    }
    let file = root.clone().filter(|_| !is_system).map(|root| situation.file(&root));
    if let Some(path) = file.as_ref().filter(|path| !situation.stores.sees(path)) {
        if matches!(mode, Mode::VerifyCa | Mode::VerifyFull) {
            return Err(Refused::lacking(mode, path.clone()));
        }
        steps.note(format!("{} is not there: {mode} verifies nothing", path.display()));
        root = None;
    }
    let check = match mode {
        Mode::VerifyFull => Check::Full,
        // Up to 1.11 it compares the name that it tells the server (SNI), which an address is not.
        Mode::VerifyCa if !newer && names_host(situation) => Check::Full,
        _ if !newer && root.is_some() && mode != Mode::Disable && names_host(situation) => {
            steps.note(format!("{mode} with a file of roots verifies the chain and, unlike libpq, the host's name"));
            Check::Full
        }
        Mode::VerifyCa => Check::Chain,
        _ if root.is_some() => {
            steps.note(format!("{mode} with a file of roots verifies the chain"));
            Check::Chain
        }
        _ => Check::Nothing,
    };
    let roots = match file.filter(|_| root.is_some()) {
        Some(path) => Roots::file(path, Dialect::Go),
        None => Roots::system(SystemStore::Go),
    };
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

fn names_host(situation: &Situation<'_>) -> bool {
    situation.parameters.host.parse::<IpAddr>().is_err()
}
