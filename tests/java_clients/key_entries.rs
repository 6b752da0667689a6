//! Stores that hold a private key with a password of its own.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use super::{Classes, on_every_jdk};
use crate::support::keytool::{keytool_list, run};
use crate::support::pgtrust::Home;
use crate::support::pki::{Authority, Chain};
use crate::support::tools;

/// Each store as it was made, after `install` and after `uninstall`.
const STATES: [&str; 3] = ["", "installed-", "uninstalled-"];

#[test]
fn a_server_still_serves_from_a_store_that_was_changed() {
    let (Some(classes), Some(openssl)) = (Classes::compiled(), tools::program("openssl")) else { return };
    let chain = Chain::new();
    let new = Authority::root("pgtrust test new").certificate;
    let judge = |jdk: &Path| {
        let home = Home::new();
        home.write("new.pem", &new.pem);
        home.write("root.pem", &chain.root.pem);
        home.write("leaf.pem", &chain.leaf.pem);
        home.write("leaf.key", chain.key_pem());
        home.write("chain.pem", format!("{}{}", chain.intermediate.pem, chain.root.pem));
        let export = ["pkcs12", "-export", "-in", "leaf.pem", "-inkey", "leaf.key", "-certfile", "chain.pem"];
        let to = ["-name", "server", "-out", "from.p12", "-passout", "pass:changeit"];
        run(&home, &openssl, &[&export[..], &to].concat()).expect(0);
        let mut make = classes.command(&home, jdk);
        assert!(make.args(["Server", "make", "from.p12", "store.jks", "store.p12"]).status().unwrap().success());

        let keytool = jdk.join("bin/keytool");
        let mut served = Vec::new();
        for store in ["store.jks", "store.p12"] {
            changes_only_what_is_ours(&home, &keytool, store);
            served.extend(STATES.map(|state| format!("{state}{store}")));
        }
        let server = Server::start(classes, &home, jdk, &served);
        for (store, port) in served.iter().zip(&server.ports) {
            let address = format!("127.0.0.1:{port}");
            let connect = ["s_client", "-connect", &address, "-CAfile", "root.pem", "-verify_return_error"];
            let answer = run(&home, &openssl, &connect).expect(0);
            assert!(answer.stdout.contains("Verify return code: 0 (ok)"), "{store} by {}: {answer}", jdk.display());
            assert!(answer.stdout.contains(chain.leaf.pem.trim()), "{store} by {}: {answer}", jdk.display());
        }
    };
    on_every_jdk(&judge);
}

/// Leaves a copy of the store after `install` and one after `uninstall`.
fn changes_only_what_is_ours(home: &Home, keytool: &Path, store: &str) {
    let path = home.path().join(store);
    let original = fs::read(&path).unwrap();
    let before = keytool_list(home, keytool, &path, "changeit");
    assert_eq!(before.len(), 2, "{before:?}");

    let install = || home.pgtrust(&["install", "new.pem", "--output", store]).expect(0);
    install();
    let after = keytool_list(home, keytool, &path, "changeit");
    assert!(after.len() == 3 && before.iter().all(|entry| after.contains(entry)), "{after:?}");
    fs::copy(&path, home.path().join(format!("installed-{store}"))).unwrap();
    home.pgtrust(&["undo"]).expect(0);
    assert_eq!(fs::read(&path).unwrap(), original, "{store}: undo");

    install();
    home.pgtrust(&["uninstall", "--output", store]).expect(0);
    assert_eq!(keytool_list(home, keytool, &path, "changeit"), before, "{store}: uninstall");
    fs::copy(&path, home.path().join(format!("uninstalled-{store}"))).unwrap();
    assert_eq!(fs::read(&path).unwrap(), original, "{store}: uninstall");
}

/// A running server; it ends with its standard input.
struct Server {
    child: Child,
    ports: Vec<u16>,
}

impl Server {
    fn start(classes: &Classes, home: &Home, jdk: &Path, stores: &[String]) -> Self {
        let mut command = classes.command(home, jdk);
        command.args(["Server", "serve"]).args(stores).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ports: Vec<u16> = lines.take(stores.len()).map(|line| line.unwrap().parse().unwrap()).collect();
        assert_eq!(ports.len(), stores.len(), "the server did not start");
        Self { child, ports }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
