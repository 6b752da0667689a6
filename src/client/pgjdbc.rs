//! pgjdbc with either of its factories. Source: SslMode, LibPQFactory, DefaultJavaSSLFactory and ConnectionFactoryImpl of
//! 42.7.

use std::path::{Path, PathBuf};

use super::Client;
use super::engine::Engine;
use super::host::NameRule;
use super::parameters::{Mode, Root};
use super::plan::{Base, Check, On, Plan, Refused, Roots, Way};
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
        let own = root.filter(|path| is_java_store(path));
        let store = own.map_or_else(String::new, |path| format!("-Djavax.net.ssl.trustStore={} and ", path.display()));
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
    let check = match mode {
        Mode::VerifyFull => Check::Full,
        Mode::VerifyCa => Check::Chain,
        _ => Check::Nothing,
    };
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
        engines: vec![Engine::Java],
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
    let roots = match situation.root(None, &mut steps) {
        Some(Root::File(path)) if is_java_store(&path) => {
            Roots::base(Base::Jvm(Some(situation.file(&Root::File(path)))))
        }
        Some(Root::File(path)) => {
            steps.note("it reads no sslrootcert: a trust store with the certificates of that file is its equivalent");
            Roots::file(situation.file(&Root::File(path)), Dialect::Java { release: 17 })
        }
        Some(Root::System) | None => Roots::base(Base::Jvm(of_options(situation, &mut steps))),
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
fn of_options(situation: &Situation<'_>, steps: &mut Steps) -> Option<PathBuf> {
    let options = situation.variable("JAVA_TOOL_OPTIONS")?;
    // The last counts.
    let mut words = options.split_ascii_whitespace().rev();
    let path = words.find_map(|word| word.strip_prefix("-Djavax.net.ssl.trustStore="))?.trim_matches(['\'', '"']);
    steps.note(format!("JAVA_TOOL_OPTIONS names the trust store {path}"));
    Some(situation.surroundings.folder.join(path))
}

/// The stores that `javax.net.ssl.trustStore` can name, by their usual names.
fn is_java_store(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    ["jks", "p12", "pfx", "pkcs12", "jceks"].contains(&extension.as_str())
        || path.file_name().is_some_and(|name| name == "cacerts")
}
