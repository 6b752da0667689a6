//! pgjdbc with either of its factories. Source: SslMode, LibPQFactory, DefaultJavaSSLFactory and ConnectionFactoryImpl of
//! 42.7.

use super::Client;
use super::engine::Engine;
use super::host::NameRule;
use super::parameters::{Mode, Root};
use super::plan::{Base, Check, On, Password, Plan, Refused, Roots, Way};
use super::situation::{Situation, Steps};
use super::store::Dialect;

pub(super) static LIBPQ_FACTORY: Client = Client {
    name: "pgjdbc",
    aliases: &["java", "jdbc", "spring", "spring-boot"],
    version: "LibPQFactory",
    title: "pgjdbc: Spring, Hibernate, Flyway, Metabase, Debezium, DBeaver, DataGrip",
    evidence: "measured with pgjdbc 42.5.5 on Java 17",
    programs: &["java"],
    account: None,
    plan: libpq_factory,
    setting: |root| match root {
        Some(path) => format!("?sslmode=verify-full&sslrootcert={}", path.display()),
        None => "?sslmode=verify-full&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory".to_owned(),
    },
};

pub(super) static JAVA_FACTORY: Client = Client {
    version: "DefaultJavaSSLFactory",
    title: "pgjdbc with sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory",
    plan: java_factory,
    setting: |root| {
        let store = root.map_or_else(String::new, |path| format!("-Djavax.net.ssl.trustStore={} and ", path.display()));
        format!("{store}?sslmode=verify-full&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory")
    },
    ..LIBPQ_FACTORY
};

fn way(mode: Mode, check: Check) -> Way {
    match mode {
        Mode::Disable => Way::Plain,
        Mode::Allow => Way::PlainThenTls(check),
        Mode::Prefer => Way::TlsThenPlain(check, On::NoTls),
        _ => Way::Tls(check),
    }
}

/// It reads no variable of libpq's, and never the roots of the JVM.
fn libpq_factory(situation: &Situation<'_>) -> Result<Plan, Refused> {
    let mut steps = Steps::default();
    let mode = situation.mode(None, Mode::Prefer, &mut steps)?;
    let factory = situation.parameters.factory.as_deref().and_then(|name| name.rsplit('.').next());
    let check = match mode {
        _ if factory == Some("NonValidatingFactory") => Check::Nothing,
        Mode::VerifyFull => Check::Full,
        Mode::VerifyCa => Check::Chain,
        _ => Check::Nothing,
    };
    // Another factory, or another judge of names, is the program's own code.
    let own = factory
        .is_some_and(|name| !["LibPQFactory", "DefaultJavaSSLFactory", "NonValidatingFactory"].contains(&name))
        || situation.parameters.options.contains_key("sslhostnameverifier");
    let mut roots = Roots::default();
    if check == Check::Nothing {
        steps.note(format!("sslmode={mode} verifies nothing, whether there is a root.crt or not"));
    } else {
        let named = situation.root(None, &mut steps).map(|root| situation.file(&root));
        let path = named.or_else(|| situation.in_home("root.crt")).unwrap_or_else(|| "root.crt".into());
        if !situation.stores.sees(&path) {
            return Err(Refused::lacking(mode, path));
        }
        steps.note(format!("it reads the roots in {}", path.display()));
        roots = Roots::file(path, Dialect::Java { release: 17 });
    }
    Ok(Plan {
        mode: mode.to_string(),
        way: way(mode, check),
        roots,
        crl: None,
        engines: if own { Vec::new() } else { vec![Engine::Java] },
        names: vec![NameRule::Pgjdbc],
        name: None,
        steps: steps.into_inner(),
    })
}

/// It verifies the chain in every mode, and knows no file but the trust store of the JVM.
fn java_factory(situation: &Situation<'_>) -> Result<Plan, Refused> {
    let mut steps = Steps::default();
    let mode = situation.mode(None, Mode::Prefer, &mut steps)?;
    let check = if mode == Mode::VerifyFull { Check::Full } else { Check::Chain };
    // Where the factory is named, the parameters are its own, and it knows no sslrootcert.
    let is_named = situation.parameters.factory.is_some();
    let roots = match situation.root(None, &mut steps).map(|root| (situation.file(&root), root)) {
        Some((path, Root::File(_))) if situation.stores.is_key_store(&path) => {
            Roots::base(Base::Jvm(Some(path), Password::Usual))
        }
        Some((path, Root::File(_))) if !is_named => {
            steps.note("it reads no sslrootcert: a trust store with the certificates of that file is its equivalent");
            Roots::file(path, Dialect::Java { release: 17 })
        }
        _ => Roots::base(of_options(situation, &mut steps)),
    };
    Ok(Plan {
        mode: mode.to_string(),
        way: way(mode, check),
        roots,
        crl: None,
        engines: vec![Engine::Java],
        names: vec![NameRule::Pgjdbc],
        name: None,
        steps: steps.into_inner(),
    })
}

/// What the options of every JVM name.
fn of_options(situation: &Situation<'_>, steps: &mut Steps) -> Base {
    let options = situation.variable("JAVA_TOOL_OPTIONS").unwrap_or_default();
    // The last counts.
    let option = |name: &str| {
        let mut words = options.split_ascii_whitespace().rev();
        words.find_map(|word| word.strip_prefix(name)).map(|value| value.trim_matches(['\'', '"']).to_owned())
    };
    let password = option("-Djavax.net.ssl.trustStorePassword=").map_or(Password::None, Password::Given);
    let path = option("-Djavax.net.ssl.trustStore=").map(|path| situation.surroundings.folder.join(path));
    if let Some(path) = &path {
        steps.note(format!("JAVA_TOOL_OPTIONS names the trust store {}", path.display()));
    }
    Base::Jvm(path, password)
}
