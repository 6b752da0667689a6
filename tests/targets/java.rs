//! `--target java`: what is printed makes a JVM of four releases trust a server.

use std::fs;
use std::path::PathBuf;

use crate::support::pgtrust::{Home, Run};
use crate::support::pki::Authority;
use crate::support::store::in_order;
use crate::support::store::snapshot;
use crate::support::tools;

use super::jvm::Judge;
use super::manifest;

#[test]
fn the_printed_options_make_a_jvm_trust_the_server() {
    let jdks = tools::jdks();
    if jdks.is_empty() {
        return;
    }
    let judge = Judge::new();
    for jdk in &jdks {
        judge.refused(&Home::new(), &jdk.join("bin/java"), &[]);
    }
    let cases: [(&str, &[&str]); 4] = [
        ("java.p12", &[]),
        ("java.p12", &["--no-password"]),
        ("java.p12", &["--format", "pkcs12-legacy"]),
        ("java.jks", &["--format", "jks"]),
    ];
    for (name, flags) in cases {
        let home = Home::new();
        home.write("ca.pem", judge.root());
        let run = home.pgtrust(&[&["install", "ca.pem", "--target", "java"], flags].concat()).expect(0);
        let store = store(&home, name);
        assert!(run.stdout.starts_with(&format!("{}: created: 1 root added, 0 kept\n", store.display())), "{run}");
        let options = options(&run);
        for jdk in &jdks {
            let trusted = judge.trusted(&home, &jdk.join("bin/java"), &options.split(' ').collect::<Vec<_>>());
            assert_eq!(trusted.len(), 1, "{flags:?} {}", jdk.display());
        }
        assert_eq!(in_environment(&home), options);

        // The manifest repeats it, to the same path and in the same form.
        let before = openssl_info(&home, &store);
        fs::remove_file(&store).unwrap();
        home.pgtrust(&["install", "--target", "java"]).expect(0);
        assert_eq!(openssl_info(&home, &store), before);
        let again = home.pgtrust(&["install", "--target", "java"]).expect(0);
        assert!(again.stdout.contains(": unchanged: 0 roots added, 1 kept") && again.stderr.is_empty(), "{again}");
        home.pgtrust(&["uninstall", "--target", "java"]).expect(0);
        assert!(!store.exists() && !manifest(&home).contains("\"java\""), "{}", manifest(&home));
        home.pgtrust(&["undo"]).expect(0);
        assert!(store.exists() && manifest(&home).contains("\"java\""), "{}", manifest(&home));
    }
}

#[test]
fn with_the_jdks_roots_a_jvm_keeps_its_own() {
    let jdks = tools::jdks();
    if jdks.is_empty() {
        return;
    }
    let judge = Judge::new();
    for jdk in &jdks {
        let mut home = Home::new();
        home.set("JAVA_HOME", jdk);
        home.write("ca.pem", judge.root());
        let own = judge.refused(&home, &jdk.join("bin/java"), &[]);
        assert!(own.len() > 100, "{own:?}");
        let install = ["install", "ca.pem", "--target", "java", "--include-jdk-roots"];
        let run = home.pgtrust(&install).expect(0);
        // It would not be true.
        assert!(!run.stderr.contains("trusts nothing else"), "{run}");
        let options = options(&run);
        let trusted = judge.trusted(&home, &jdk.join("bin/java"), &options.split(' ').collect::<Vec<_>>());
        assert!(own.is_subset(&trusted), "{}: {:?}", jdk.display(), own.difference(&trusted).collect::<Vec<_>>());
        assert_eq!(trusted.difference(&own).count(), 1, "{}", jdk.display());
        assert!(manifest(&home).contains("\"jdk\"]"), "{}", manifest(&home));
    }
}

#[test]
fn an_own_password_is_never_told() {
    const PASSWORD: &str = "correct-horse-7";
    let jdks = tools::jdks();
    if jdks.is_empty() {
        return;
    }
    let judge = Judge::new();
    for (name, format) in [("java.p12", "pkcs12"), ("java.jks", "jks")] {
        let home = Home::new();
        home.write("ca.pem", judge.root());
        home.write("new.pem", &Authority::root("new").certificate.pem);
        let secret = home.write("secret", format!("{PASSWORD}\n"));
        let install = ["install", "ca.pem", "--target", "java", "--format", format, "--password-file", "secret"];
        let run = home.pgtrust(&install).expect(0);
        let options = options(&run);
        assert!(!options.contains("Password"), "{run}");
        let with_password = format!("{options} -Djavax.net.ssl.trustStorePassword={PASSWORD}");
        for jdk in &jdks {
            judge.trusted(&home, &jdk.join("bin/java"), &with_password.split(' ').collect::<Vec<_>>());
        }
        assert_eq!(in_environment(&home), options);
        let mut said = vec![run];
        for (arguments, status) in [
            (&["install", "new.pem", "--target", "java", "--dry-run", "--json"] as &[&str], 0),
            // The manifest knows where the password is.
            (&["install", "new.pem", "--target", "java", "--json"], 0),
            (&["install", "--target", "java", "--no-password"], 2),
            (&["env"], 0),
            (&["env", "--json"], 0),
            (&["snippet", "pgjdbc"], 0),
            (&["inspect", "--password-file", "secret", store(&home, name).to_str().unwrap()], 0),
            (&["undo", "--dry-run"], 0),
            (&["uninstall", "--target", "java", "--json"], 0),
            (&["undo"], 0),
        ] {
            said.push(home.pgtrust(arguments).expect(status));
        }
        for run in &said {
            assert!(!format!("{}{}", run.stdout, run.stderr).contains(PASSWORD), "{run}");
        }
        assert!(said.iter().any(|run| run.stderr.contains("the password of the Java trust store is not printed")));
        for (path, (bytes, _)) in snapshot(home.path()) {
            let told = bytes.windows(PASSWORD.len()).any(|part| part == PASSWORD.as_bytes());
            assert_eq!(told, path == secret, "{}", path.display());
        }
    }
}

#[test]
fn a_store_left_from_another_format_is_not_the_one_that_is_told() {
    let home = Home::new();
    home.write("ca.pem", &Authority::root("ca").certificate.pem);
    for (format, name) in [("jks", "java.jks"), ("pkcs12", "java.p12"), ("jks", "java.jks")] {
        home.pgtrust(&["install", "ca.pem", "--target", "java", "--format", format]).expect(0);
        assert!(in_environment(&home).contains(name), "{format}");
    }
}

#[test]
fn the_roots_of_a_jdk_are_those_of_the_one_that_is_named() {
    let home = Home::new();
    let [ours, its] = ["ours", "of that JDK"].map(|name| Authority::root(name).certificate);
    home.write("ours.pem", &ours.pem);
    home.write("its.pem", &its.pem);
    for root in ["", "image/"] {
        let security = home.path().join(format!("{root}opt/jdk/lib/security"));
        fs::create_dir_all(&security).unwrap();
        let cacerts = security.join("cacerts");
        home.pgtrust(&["bundle", "its.pem", "--format", "jks", "-o", cacerts.to_str().unwrap()]).expect(0);
    }
    for root in [&[][..], &["--root", "image"]] {
        let jdk = if root.is_empty() { "opt/jdk" } else { "/opt/jdk" };
        let install = ["install", "ours.pem", "--target", "java", "--include-jdk-roots", "--java-home", jdk];
        home.pgtrust(&[root, &install].concat()).expect(0);
        let store = if root.is_empty() { ".local/share/pgtrust/java.p12" } else { "image/var/lib/pgtrust/java.p12" };
        let roots = in_order(&home, store);
        assert!(roots.contains(&its.fingerprint()) && roots.contains(&ours.fingerprint()), "{roots:?}");
        assert_eq!(roots.len(), 2);
        fs::remove_file(home.path().join(store)).unwrap();
        home.pgtrust(&[root, &["refresh", "--offline"]].concat()).expect(0);
        assert_eq!(in_order(&home, store).len(), 2);
    }
}

#[test]
fn in_an_image_the_options_hold_inside_it() {
    let home = Home::new();
    home.write("ca.pem", &Authority::root("ca").certificate.pem);
    fs::create_dir(home.path().join("image")).unwrap();
    let run = home.pgtrust(&["--root", "image", "install", "ca.pem", "--target", "java"]).expect(0);
    assert!(home.path().join("image/var/lib/pgtrust/java.p12").exists());
    assert!(options(&run).starts_with("-Djavax.net.ssl.trustStore=/var/lib/pgtrust/java.p12 "), "{run}");
}

#[test]
fn a_format_or_password_that_cannot_be_is_refused_before_anything_is_written() {
    let home = Home::new();
    home.write("ca.pem", &Authority::root("ca").certificate.pem);
    Run::of(home.command("mkfifo").arg("pipe")).expect(0);
    let before = snapshot(home.path());
    for (flags, reason) in [
        (&["--target", "java", "--format", "pem"] as &[&str], "the target `java` has no format `pem`"),
        (&["--target", "java-cacerts", "--format", "jks"], "the target `java-cacerts` has no format `jks`"),
        (&["--target", "java", "--password-file", "pipe"], "pipe` is not a regular file"),
        (&["--target", "java", "--password-file", "/dev/zero"], "`/dev/zero` is not a regular file"),
        (&["--target", "java", "--password-file", "."], "` is not a regular file"),
        (&["--target", "java", "--password-file", "none"], "none`: no such file"),
    ] {
        let run = home.pgtrust(&[&["install", "ca.pem"], flags].concat()).expect(2);
        assert!(run.stderr.starts_with("error: ") && run.stderr.contains(reason), "{run}");
        assert!(run.stdout.is_empty() && snapshot(home.path()) == before, "{run}");
    }
}

fn store(home: &Home, name: &str) -> PathBuf {
    home.path().join(".local/share/pgtrust").join(name)
}

/// What the run prints for `java`.
#[track_caller]
fn options(run: &Run) -> String {
    let rest = run.stderr.split_once("hint: `java ").unwrap_or_else(|| panic!("no options in {run}")).1;
    rest.split_once(" ...`").unwrap().0.to_owned()
}

/// `JAVA_TOOL_OPTIONS` by `pgtrust env`, which also wants a PEM file.
#[track_caller]
fn in_environment(home: &Home) -> String {
    if !home.root_crt().exists() {
        home.pgtrust(&["install", "ca.pem"]).expect(0);
    }
    let report = home.pgtrust(&["env", "--json"]).expect(0).json();
    let variables = report["variables"].as_array().unwrap();
    let options = variables.iter().find(|variable| variable["name"] == "JAVA_TOOL_OPTIONS").unwrap();
    options["value"].as_str().unwrap().to_owned()
}

/// How the store is protected. JKS has one way.
fn openssl_info(home: &Home, store: &PathBuf) -> Option<String> {
    let openssl = tools::program("openssl").filter(|_| store.extension().is_some_and(|name| name == "p12"))?;
    let mut command = home.command(openssl);
    let run = Run::of(command.args(["pkcs12", "-info", "-nokeys", "-passin", "pass:changeit", "-in"]).arg(store));
    Some(run.expect(0).stderr)
}
