//! tokio-postgres. Its connector decides what is trusted, in the program's own code: modelled are native-tls and rustls with
//! their usual roots, and a file of roots added to them. Source: tokio-postgres/src/config.rs and connect_tls.rs at e1cd6be.

use std::path::Path;

use super::Client;
use super::engine::{Engine, Provider, Rules};
use super::host::NameRule;
use super::parameters::Mode;
use super::plan::{Base, Check, On, Plan, Refused, Roots, Way};
use super::situation::{Situation, Steps};
use super::store::{Dialect, SystemStore};

pub(super) static NATIVE_TLS: Client = Client { version: "native-tls", ..TOKIO_POSTGRES };
pub(super) static RUSTLS: Client = Client { version: "rustls", plan: rustls, ..TOKIO_POSTGRES };

const TOKIO_POSTGRES: Client = Client {
    name: "tokio-postgres",
    aliases: &[],
    version: "",
    title: "tokio-postgres, rust-postgres, diesel-async",
    evidence: "measured with tokio-postgres 0.7",
    programs: &["cargo"],
    account: None,
    plan: native_tls,
    setting: |root: Option<&Path>| match root {
        Some(path) => format!("sslmode=require, and a connector with the roots in {}", path.display()),
        None => "sslmode=require, and a connector with the system's roots".to_owned(),
    },
};

fn native_tls(situation: &Situation<'_>) -> Result<Plan, Refused> {
    let roots = (Base::System(SystemStore::OpenSsl), Dialect::OpenSslFirst);
    Ok(plan(situation, roots, Engine::OpenSsl(Rules::PLAIN), NameRule::OpenSslHost))
}

fn rustls(situation: &Situation<'_>) -> Result<Plan, Refused> {
    let roots = (Base::Mozilla, Dialect::Rustls);
    Ok(plan(situation, roots, Engine::Webpki(Provider::AwsLc), NameRule::Webpki))
}

fn plan(situation: &Situation<'_>, roots: (Base, Dialect), engine: Engine, names: NameRule) -> Plan {
    let mut steps = Steps::default();
    let file = situation.root(None, &mut steps).map(|root| situation.file(&root));
    let mode = situation.parameters.mode.unwrap_or(Mode::Prefer);
    let own = match mode {
        Mode::Disable | Mode::Prefer => mode,
        _ => Mode::Require,
    };
    if own != mode {
        steps.note(format!("its URL knows no sslmode={mode}: that is `require`, and what its connector verifies"));
    }
    // `danger_accept_invalid_certs` and its like are what no-verify and libpq's weaker modes would be.
    let check = match mode {
        Mode::NoVerify => Check::Nothing,
        Mode::VerifyCa => Check::Chain,
        _ => Check::Full,
    };
    steps
        .note("what is verified is a matter of its connector, which verifies unless the program's code says otherwise");
    Plan {
        mode: own.to_string(),
        way: match own {
            Mode::Disable => Way::Plain,
            Mode::Prefer => Way::TlsThenPlain(check, On::NoTls),
            _ => Way::Tls(check),
        },
        roots: Roots::base(roots.0).and_file(file, roots.1),
        crl: None,
        engines: vec![engine],
        names: vec![names],
        name: None,
        steps: steps.into_inner(),
    }
}
