//! Contracts of the command line: failures for scripts, paths that a shell did not complete, what needs no home.

use std::fs;

use serde_json::Value;

use crate::support::pgtrust::{Home, Run};
use crate::support::pki::Authority;

#[test]
fn under_json_a_failure_is_an_object_on_standard_output() {
    let home = Home::new();
    home.write("text", "nothing");
    home.write("bad.toml", "");
    for (arguments, kind) in [
        (&["providers", "aws-rdz", "--json"][..], "no-such-provider"),
        (&["fetch", "aws-rdz", "--json"], "no-such-provider"),
        (&["install", "nothing-here", "--json"], "no-such-source"),
        (&["install", "--json", "--no-such-flag"], "usage"),
        (&["history", "--json", "~/x"], "usage"),
        (&["inspect", "--json", "text"], "not-a-store"),
        (&["inspect", "--json", "gone"], "io"),
        (&["inspect", "--json", "text", "--password-file", "gone"], "io"),
    ] {
        let run = home.pgtrust(arguments).expect(2);
        let error = &run.json()["error"];
        assert_eq!(error["kind"], kind, "{run}");
        let message = error["message"].as_str().unwrap();
        assert!(!message.contains('\n') && run.stderr.contains(message), "{run}");
        if let Some(hint) = error["hint"].as_str() {
            assert!(run.stderr.contains(&format!("hint: {hint}")), "{run}");
        }
    }
    let help = home.pgtrust(&["install", "--json", "--help"]).expect(0);
    assert!(help.stdout.contains("Usage:"), "{help}");
    assert!(home.pgtrust(&["providers", "aws-rdz"]).expect(2).stdout.is_empty());
    assert_eq!(home.pgtrust(&["providers", "--json"]).expect(0).json()["error"], Value::Null);
}

#[test]
fn a_tilde_that_no_shell_replaced_is_an_error_wherever_a_path_is_given() {
    let home = Home::new();
    home.write("a.pem", &Authority::root("pgtrust test root").certificate.pem);
    home.write("~/b.pem", &Authority::root("pgtrust test b").certificate.pem);
    home.write("~c.pem", &Authority::root("pgtrust test c").certificate.pem);
    for arguments in [
        &["install", "a.pem", "--output=~/ca.pem"][..],
        &["install", "~/b.pem"],
        &["install", "a.pem", "--output=~user/ca.pem"],
        &["bundle", "a.pem", "-o~/ca.pem"],
        &["bundle", "a.pem", "--password-file=~/p"],
        &["inspect", "~/b.pem"],
        &["--root=~/image", "status"],
        &["refresh", "--metrics=~/m.prom"],
        &["repair", "~/b.pem"],
        &["undo", "~/b.pem"],
    ] {
        let run = home.pgtrust(arguments).expect(2);
        assert!(run.stderr.contains("begins with `~`") && run.stderr.contains("hint: "), "{run}");
    }
    assert_eq!(fs::read_dir(home.path().join("~")).unwrap().count(), 1);
    home.pgtrust(&["inspect", "./~/b.pem", "~c.pem"]).expect(0);
}

#[test]
fn what_needs_no_home_works_without_one() {
    let mut home = Home::new();
    home.write("a.pem", &Authority::root("pgtrust test root").certificate.pem);
    for nowhere in ["/dev/null", "", "/nonexistent/home"] {
        home.set("HOME", nowhere);
        for arguments in [
            &["inspect", "a.pem"][..],
            &["bundle", "a.pem", "-o", "out.pem"],
            &["bundle", "azure", "a.pem"],
            &["providers"],
            &["providers", "azure"],
        ] {
            let run = home.pgtrust(arguments).expect(0);
            assert!(!run.stderr.contains("error"), "{run}");
        }
    }
}

#[test]
fn the_roots_of_a_machine_that_has_none_are_an_error() {
    let mut home = Home::new();
    home.write("a.pem", &Authority::root("pgtrust test root").certificate.pem);
    home.set("SSL_CERT_FILE", home.write("empty.pem", ""));
    home.set("SSL_CERT_DIR", home.path().join("none"));
    for arguments in [
        &["install", "a.pem", "--include-system", "--output", "s.pem"][..],
        &["bundle", "a.pem", "system", "-o", "s.pem"],
    ] {
        let run: Run = home.pgtrust(arguments).expect(2);
        assert!(run.stderr.contains("no roots of this machine were found"), "{run}");
        assert!(!home.path().join("s.pem").exists());
    }
}

/// Nothing of this could change the machine: `--dry-run` writes nothing, and the image is a folder of this test.
#[test]
fn a_bundle_that_a_system_makes_is_refused_as_an_output_by_its_path_and_through_a_link() {
    let home = Home::new();
    let root = Authority::root("pgtrust test root").certificate;
    home.write("a.pem", &root.pem);
    let bundles = ["etc/ssl/certs/ca-certificates.crt", "etc/pki/tls/certs/ca-bundle.crt", "etc/ssl/cert.pem"];
    for bundle in bundles {
        let there = Authority::root("of the system").certificate.pem;
        let bundle = home.write(&format!("image/{bundle}"), &there);
        fs::create_dir_all(home.path().join(".postgresql")).unwrap();
        let _ = fs::remove_file(home.root_crt());
        std::os::unix::fs::symlink(&bundle, home.root_crt()).unwrap();
        let link = home.root_crt();
        for output in [bundle.to_str().unwrap(), link.to_str().unwrap()] {
            for arguments in [
                &["install", "a.pem", "--output", output][..],
                &["install", "a.pem", "--output", output, "--dry-run"],
                &["bundle", "a.pem", "-o", output, "--format", "pem"],
            ] {
                let run = home.pgtrust(arguments).expect(2);
                assert!(
                    run.stderr.contains("is made by the system") && run.stderr.contains("--target system"),
                    "{run}"
                );
            }
        }
        home.pgtrust(&["install", "a.pem"]).expect(2);
        assert_eq!(fs::read_to_string(&bundle).unwrap(), there);
    }
}

#[test]
fn paths_in_the_manifest_begin_at_the_root_folder() {
    let home = Home::new();
    let file = home.write("a.pem", &Authority::root("pgtrust test root").certificate.pem);
    let kept = |path: &str, source: &str| {
        format!("[[source]]\nname = \"{source}\"\n\n[[target]]\npath = \"{path}\"\nsources = [\"{source}\"]\n")
    };
    let (whole, store) = (file.to_str().unwrap(), home.path().join("s.pem"));
    let store = store.to_str().unwrap();
    for (path, source) in [("ca.pem", whole), ("~/ca.pem", whole), (store, "~/a.pem"), (store, "./a.pem")] {
        home.write(".config/pgtrust/pgtrust.toml", kept(path, source));
        for arguments in [&["refresh", "--offline"][..], &["install", "azure", "--offline"]] {
            let run = home.pgtrust(arguments).expect(2);
            assert!(run.stderr.contains("pgtrust.toml") && run.stderr.contains("root folder"), "{run}");
        }
        assert!(!home.path().join("ca.pem").exists() && !home.path().join("~").exists());
    }
    home.write(".config/pgtrust/pgtrust.toml", kept(store, whole));
    home.pgtrust(&["refresh", "--offline"]).expect(0);
}
