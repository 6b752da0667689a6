//! postgres.js. Source: index.js and connection.js of 3.4.

use std::net::IpAddr;
use std::path::Path;

use super::parameters::{Mode, Root};
use super::plan::{Check, On, Plan, Refused, Roots, Way};
use super::situation::{Situation, Steps};
use super::store::Dialect;
use super::{Client, node_postgres};

pub(super) static POSTGRES_JS: Client = Client {
    name: "postgres.js",
    aliases: &["postgresjs"],
    version: "3",
    title: "postgres.js (npm: postgres)",
    evidence: "measured with postgres 3.4.9 on Node.js 20",
    programs: &["node"],
    account: None,
    plan,
    setting,
};

fn setting(root: Option<&Path>) -> String {
    match root {
        Some(path) => format!("ssl: {{ ca: fs.readFileSync('{}') }}", path.display()),
        None => "ssl: 'verify-full'".to_owned(),
    }
}

fn plan(situation: &Situation<'_>) -> Result<Plan, Refused> {
    let mut steps = Steps::default();
    let root = situation.root(None, &mut steps);
    let default = if root == Some(Root::System) { Mode::VerifyFull } else { Mode::Disable };
    let mode = situation.any_mode(Some("PGSSL"), default, &mut steps)?;
    // Its own options take a file as `ssl: { ca }`, which verifies in full; a URL has no place for one.
    let file = match &root {
        Some(Root::File(path)) => Some(situation.surroundings.folder.join(path)),
        _ => None,
    };
    let check = match mode {
        Mode::Disable | Mode::Allow | Mode::Prefer | Mode::Require => Check::Nothing,
        // Any other word is as `verify-full`.
        Mode::NoVerify | Mode::VerifyCa | Mode::VerifyFull => Check::Full,
    };
    let check = node_postgres::unless_told_not_to(situation, check, &mut steps);
    let roots = match file {
        Some(_) if check == Check::Nothing => Roots::default(),
        Some(path) => Roots::file(path, Dialect::Node),
        None => node_postgres::public_roots(situation, &mut steps),
    };
    // It tells Node.js no name for an address, which then takes this one.
    let is_address = situation.parameters.host.parse::<IpAddr>().is_ok();
    Ok(Plan {
        mode: mode.to_string(),
        way: match mode {
            Mode::Disable => Way::Plain,
            Mode::Prefer => Way::TlsThenPlain(check, On::NoTls),
            _ => Way::Tls(check),
        },
        roots,
        crl: None,
        engines: node_postgres::ENGINES.to_vec(),
        names: node_postgres::NAMES.to_vec(),
        name: is_address.then_some("localhost"),
        steps: steps.into_inner(),
    })
}
