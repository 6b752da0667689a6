//! sqlx with each of its TLS features. Source: sqlx-postgres/src/connection/tls.rs and sqlx-core/src/net/tls of 0.8.

use super::Client;
use super::engine::{Engine, Provider, Rules};
use super::host::NameRule;
use super::parameters::Mode;
use super::plan::{Base, Check, On, Plan, Refused, Roots, Way};
use super::situation::{Situation, Steps};
use super::store::{Dialect, SystemStore};

pub(super) static NATIVE_TLS: Client = Client { version: "native-tls", plan: native_tls, ..SQLX };
pub(super) static RUSTLS_RING: Client =
    Client { version: "rustls-ring", plan: |situation| rustls(situation, Provider::Ring), ..SQLX };
pub(super) static RUSTLS_AWS_LC: Client =
    Client { version: "rustls-aws-lc", plan: |situation| rustls(situation, Provider::AwsLc), ..SQLX };

const SQLX: Client = Client {
    name: "sqlx",
    aliases: &["rust"],
    version: "",
    title: "sqlx, SeaORM",
    evidence: "measured with sqlx 0.8.6",
    programs: &["cargo"],
    account: None,
    plan: native_tls,
    setting: |root| match root {
        Some(path) => format!("?sslmode=verify-full&sslrootcert={}", path.display()),
        None => "?sslmode=verify-full".to_owned(),
    },
};

/// OpenSSL's own store, and the first certificate of the file.
fn native_tls(situation: &Situation<'_>) -> Result<Plan, Refused> {
    let engine = Engine::OpenSsl(Rules::PLAIN);
    let base = Base::System(SystemStore::OpenSsl);
    let plan = plan(situation, base, Dialect::OpenSslFirst, engine, NameRule::OpenSslHost)?;
    if plan.way == Way::Tls(Check::Full) {
        in_brackets(situation, &plan)?;
    }
    Ok(plan)
}

/// The public roots that are built in, and all of the file, which is read only to verify. Its verify-ca lets another name
/// pass by an error that rustls does not give any more: it compares the name after all.
fn rustls(situation: &Situation<'_>, provider: Provider) -> Result<Plan, Refused> {
    let mut plan = plan(situation, Base::Mozilla, Dialect::Rustls, Engine::Webpki(provider), NameRule::Webpki)?;
    match plan.way {
        Way::Plain => return Ok(plan),
        Way::Tls(Check::Chain) => plan.way = Way::Tls(Check::Full),
        _ if !plan.verifies() => plan.roots.file = None,
        _ => {}
    }
    in_brackets(situation, &plan)?;
    Ok(plan)
}

/// An IPv6 address keeps the brackets of its URL, and is no name.
fn in_brackets(situation: &Situation<'_>, plan: &Plan) -> Result<(), Refused> {
    if situation.parameters.host.contains(':') {
        return Err(Refused::of(
            &plan.mode,
            "it compares an IPv6 address with the brackets of its URL, which is no name",
        ));
    }
    Ok(())
}

fn plan(
    situation: &Situation<'_>,
    base: Base,
    dialect: Dialect,
    engine: Engine,
    names: NameRule,
) -> Result<Plan, Refused> {
    let mut steps = Steps::default();
    let mode = situation.mode(Some("PGSSLMODE"), Mode::Prefer, &mut steps)?;
    let file = situation.root(Some("PGSSLROOTCERT"), &mut steps).map(|root| situation.file(&root));
    let check = match mode {
        Mode::VerifyFull => Check::Full,
        Mode::VerifyCa => Check::Chain,
        _ => Check::Nothing,
    };
    if file.is_some() {
        steps.note("the file is added to public roots, which go on to count");
    }
    Ok(Plan {
        mode: mode.to_string(),
        way: match mode {
            // `allow` is not implemented: it never speaks TLS.
            Mode::Disable | Mode::Allow => Way::Plain,
            Mode::Prefer => Way::TlsThenPlain(check, On::NoTls),
            _ => Way::Tls(check),
        },
        roots: Roots::base(base).and_file(file, dialect),
        crl: None,
        engines: vec![engine],
        names: vec![names],
        name: None,
        steps: steps.into_inner(),
    })
}
