//! pgbouncer towards its servers. Source: `setup_tls` in sbuf.c and libusual's tls_config.c and tls_verify.c of 1.25.

use std::path::Path;

use super::Client;
use super::engine::{Engine, Rules};
use super::host::NameRule;
use super::parameters::{Mode, Root};
use super::plan::{Check, On, Plan, Refused, Roots, Way};
use super::situation::{Situation, Steps};
use super::store::{Dialect, SystemStore};

pub(super) static UP_TO_1_19: Client =
    Client { version: "<=1.19", plan: |situation| plan(situation, Mode::Disable), ..PGBOUNCER };
pub(super) static SINCE_1_20: Client =
    Client { version: "1.20+", evidence: "its source, 1.25; 1.18 measured", ..PGBOUNCER };

const PGBOUNCER: Client = Client {
    name: "pgbouncer",
    aliases: &[],
    version: "",
    title: "pgbouncer towards the server (server_tls_*)",
    evidence: "measured with pgbouncer 1.18",
    programs: &["pgbouncer"],
    account: None,
    plan: |situation| plan(situation, Mode::Prefer),
    setting: |root: Option<&Path>| match root {
        Some(path) => format!("server_tls_sslmode = verify-full, server_tls_ca_file = {}", path.display()),
        None => "server_tls_sslmode = verify-full".to_owned(),
    },
};

/// It reads nothing but its own configuration.
fn plan(situation: &Situation<'_>, default: Mode) -> Result<Plan, Refused> {
    let mut steps = Steps::default();
    let mode = situation.mode(None, default, &mut steps)?;
    let check = match mode {
        Mode::VerifyFull => Check::Full,
        Mode::VerifyCa => Check::Chain,
        _ => Check::Nothing,
    };
    let roots = match situation.root(None, &mut steps) {
        _ if check == Check::Nothing => Roots::default(),
        Some(Root::File(path)) => Roots::file(situation.surroundings.folder.join(path), Dialect::OpenSsl),
        _ => {
            steps.note("no server_tls_ca_file: it reads the bundle of the system that it was built for");
            Roots::system(SystemStore::OpenSsl)
        }
    };
    Ok(Plan {
        mode: mode.to_string(),
        way: match mode {
            Mode::Disable => Way::Plain,
            // `allow` is as `prefer`.
            Mode::Allow | Mode::Prefer => Way::TlsThenPlain(check, On::NoTls),
            _ => Way::Tls(check),
        },
        roots,
        crl: None,
        engines: vec![Engine::OpenSsl(Rules::PLAIN)],
        names: vec![NameRule::PgBouncer],
        name: None,
        steps: steps.into_inner(),
    })
}
