//! The snippets for programs that connect through pgjdbc.

use std::fs;
use std::path::Path;

use super::{QUERY, connects_to_its_own_server_only, pem};
use crate::support::pgtrust::{Home, Run};
use crate::support::tools;

/// The snippet that names the Java trust store.
pub(super) const STORE: &str = "pgjdbc-java-store";

#[test]
fn pgjdbc() {
    java("pgjdbc");
}

#[test]
fn pgjdbc_with_the_java_store() {
    java(STORE);
}

#[test]
fn spring() {
    java_properties("spring");
}

#[test]
fn debezium() {
    java_properties("debezium");
}

/// The URL goes to pgjdbc, as Metabase gives it.
#[test]
fn metabase() {
    java_shell("metabase", "printf %s \"$MB_DB_CONNECTION_URI\"", &|uri| uri.strip_prefix("jdbc:").unwrap().to_owned());
}

/// Server and driver properties go to pgjdbc, as DBeaver takes them from its argument.
#[test]
fn dbeaver() {
    java_shell("dbeaver", "", &|argument| {
        let value = |name: &str| argument.split('|').find_map(|pair| pair.strip_prefix(name)).unwrap();
        let encoded: String = value("prop.sslrootcert=").bytes().map(|byte| format!("%{byte:02x}")).collect();
        let (host, port, database) = (value("host="), value("port="), value("database="));
        let (user, mode) = (value("user="), value("prop.sslmode="));
        // DBeaver adds `ssl=false` where its own page for TLS is not filled in.
        format!("postgresql://{host}:{port}/{database}?user={user}&ssl=false&sslmode={mode}&sslrootcert={encoded}")
    });
}

#[track_caller]
fn java(client: &str) {
    connects_to_its_own_server_only_in_java(client, &|home, text, run| {
        let program = include_str!("Run.java").replace("//snippet", text);
        run(home, &home.write("Run.java", program), &[QUERY])
    });
}

#[track_caller]
fn java_properties(client: &str) {
    connects_to_its_own_server_only_in_java(client, &|home, text, run| {
        let program = home.write("Properties.java", include_str!("Properties.java"));
        let file = home.write("file.properties", text);
        run(home, &program, &[file.to_str().unwrap(), QUERY])
    });
}

/// A shell script, what a shell prints of it, and the URL in that.
#[track_caller]
fn java_shell(client: &str, print: &str, url: &dyn Fn(&str) -> String) {
    connects_to_its_own_server_only_in_java(client, &|home, text, run| {
        let script = format!("dbeaver() {{ printf %s \"$2\"; }}\n{text}\n{print}");
        let printed = Run::of(home.command("sh").args(["-c", &script])).expect(0).stdout;
        let program = home.write("Connect.java", include_str!("../clients/Connect.java"));
        run(home, &program, &[&url(&printed), QUERY])
    });
}

type RunJava<'a> = &'a dyn Fn(&Home, &Path, &[&str]) -> Run;

#[track_caller]
fn connects_to_its_own_server_only_in_java(client: &str, prepare: &dyn Fn(&Home, &str, RunJava<'_>) -> Run) {
    let (Some(java), Some(driver)) = (tools::program("java"), tools::pgjdbc()) else { return };
    let run = |home: &Home, program: &Path, arguments: &[&str]| {
        let mut command = home.command(&java);
        // The compiler takes the file's encoding from the locale before JDK 18.
        command.args(["-Dfile.encoding=UTF-8", "-Dsun.jnu.encoding=UTF-8"]).env("LC_ALL", "C.UTF-8");
        Run::of(command.arg("-cp").arg(&driver).arg(program).args(arguments))
    };
    connects_to_its_own_server_only(client, "unable to find valid certification path", &|home, text| {
        prepare(home, text, &run)
    });
}

/// A PKCS#12 store with what is in the PEM file, made by the JDK; none without one.
pub(super) fn make_store(home: &Home) {
    let Some(keytool) = tools::program("keytool") else { return };
    let text = fs::read_to_string(pem(home)).unwrap();
    let first = &text[..text.find("-----END").unwrap() + "-----END CERTIFICATE-----".len()];
    let certificate = home.write("first.pem", first);
    // Java takes the encoding of file names from the locale.
    let mut command = home.command(keytool);
    command.env("LC_ALL", "C.UTF-8");
    command.args(["-importcert", "-noprompt", "-alias", "first", "-storetype", "PKCS12", "-storepass", "changeit"]);
    Run::of(command.arg("-keystore").arg(pem(home).with_file_name("java.p12")).arg("-file").arg(certificate)).expect(0);
}
