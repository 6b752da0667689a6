//! `install`, `undo` and `bundle` on files: what others put there stays, what cannot be done leaves everything as it was.

use std::fs;
use std::path::Path;

use crate::support::der::revocation_list;
use crate::support::forms::{certificates_for_libpq, forms};
use crate::support::pgtrust::{Home, Run};
use crate::support::pki::{Chain, TestCertificate};
use crate::support::store::{differences, in_order, install, roots, snapshot};
use crate::support::tools;

#[test]
fn what_others_put_into_a_store_stays_byte_for_byte_before_what_is_added() {
    let home = Home::new();
    let [a, b, c] = roots(["A", "B", "C"]);
    let crl = &revocation_list();
    let old =
        format!("# our roots, do not touch\n\n# A: internal\n{}{crl}# B\n# second line\n{}\n# the end\n", a.pem, b.pem);
    let store = home.write("store.pem", &old);
    install(&home, &[&c], "store.pem").expect(0);
    let new = fs::read_to_string(&store).unwrap();
    assert_eq!(in_order(&home, "store.pem"), [a.fingerprint(), b.fingerprint(), c.fingerprint()]);
    for part in [
        "# our roots, do not touch\n",
        &format!("# A: internal\n{}", a.pem),
        crl,
        &format!("# B\n# second line\n{}", b.pem),
        "# the end\n",
    ] {
        assert!(new.contains(part), "{part} is gone from\n{new}");
    }
    let old_part = format!("# our roots, do not touch\n\n# A: internal\n{}{crl}# B\n# second line\n{}", a.pem, b.pem);
    assert!(new.starts_with(&old_part), "the part of others has changed:\n{new}");
}

#[test]
fn duplicates_go_and_nothing_that_stands_between_them() {
    let home = Home::new();
    let [a, b, c] = roots(["A", "B", "C"]);
    let crl = &revocation_list();
    let store = home.write("store.pem", format!("{}{}# about the list\n{crl}{}{}", a.pem, b.pem, a.pem, b.pem));
    let run = install(&home, &[&c], "store.pem").expect(0);
    assert!(run.stdout.contains("second copy"), "{run}");
    assert_eq!(in_order(&home, "store.pem"), [a.fingerprint(), b.fingerprint(), c.fingerprint()]);
    let new = fs::read_to_string(&store).unwrap();
    assert!(new.contains(crl), "the revocation list is gone from\n{new}");
    assert!(new.contains("# about the list\n"), "the comment is gone from\n{new}");
}

#[test]
fn a_second_run_touches_nothing() {
    let [a, b] = roots(["A", "B"]);
    let chain = Chain::new();
    let trusted = format!("{}\n", a.pem.replace(" CERTIFICATE-----", " TRUSTED CERTIFICATE-----"));
    let indented: String = trusted.lines().map(|line| format!("  {line}\n")).collect();
    let unpadded = trusted.replace("=\n", "\n").replace("=\n", "\n");
    let olds = [
        ("plain", a.pem.clone()),
        ("commented", format!("# a\n{}# b\n{}# end", a.pem, chain.root.pem)),
        ("not only roots", format!("{}{}", chain.leaf.pem, chain.intermediate.pem)),
        ("CRLF", a.pem.replace('\n', "\r\n")),
        ("glued", format!("{}{}", a.pem, chain.root.pem).replace("-----\n-----", "----------")),
        ("TRUSTED", trusted),
        ("TRUSTED and indented", indented),
        ("TRUSTED without padding", unpadded),
    ];
    for (name, old) in olds {
        let home = Home::new();
        home.write("store.pem", old);
        install(&home, &[&b], "store.pem").expect(0);
        let before = snapshot(home.path());
        for _ in 0..2 {
            let run = home.pgtrust(&["install", "B.pem", "--output", "store.pem"]).expect(0);
            assert!(run.stdout.contains(": unchanged: 0 roots added"), "{name}: {run}");
        }
        assert_eq!(differences(&before, &snapshot(home.path())), [""; 0], "{name}");
    }
}

#[test]
fn a_store_in_any_form_becomes_one_that_libpq_reads_as_a_whole() {
    if tools::program("openssl").is_none() {
        return;
    }
    let [new] = roots(["C"]);
    let mut failures = Vec::new();
    for form in forms(&Home::new()) {
        let home = Home::new();
        let store = home.write("store.pem", &form.bytes);
        let run = install(&home, &[&new], "store.pem");
        let damaged = form.good.len() < 2;
        if damaged {
            if run.status != 2 || !run.stderr.contains("line ") || fs::read(&store).unwrap() != form.bytes {
                failures.push(format!("{}: not refused with its line, or not left alone: {run}", form.name));
            }
            continue;
        }
        let mut wanted: Vec<String> = form.good.iter().map(TestCertificate::fingerprint).collect();
        wanted.push(new.fingerprint());
        if run.status != 0 || in_order(&home, "store.pem") != wanted {
            failures.push(format!("{}: certificates are missing: {run}", form.name));
        } else if certificates_for_libpq(&home, &store) != wanted.len() {
            let text = String::from_utf8_lossy(&fs::read(&store).unwrap()).into_owned();
            failures.push(format!("{}: OpenSSL does not read all of\n{text}", form.name));
        } else if !install(&home, &[&new], "store.pem").stdout.contains("unchanged") {
            failures.push(format!("{}: a second run changes it again", form.name));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn lists_and_trusted_certificates_of_a_store_with_cr_only_stay_readable() {
    if tools::program("openssl").is_none() {
        return;
    }
    let home = Home::new();
    let [a, b] = roots(["A", "B"]);
    home.write("a.pem", &a.pem);
    let trusted = Run::of(home.command("openssl").args("x509 -in a.pem -trustout -addtrust serverAuth".split(' ')));
    let old = format!("# one\n# two\n{}", trusted.expect(0).stdout).replace('\n', "\r");
    let store = home.write("store.pem", old);
    install(&home, &[&b], "store.pem").expect(0);
    assert_eq!(certificates_for_libpq(&home, &store), 2, "{}", fs::read_to_string(&store).unwrap());
    assert!(fs::read_to_string(&store).unwrap().contains("# one\n# two\n"));
}

#[cfg(unix)]
#[test]
fn mode_and_owner_stay_and_a_new_file_follows_the_umask() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    let [a, b] = roots(["A", "B"]);
    for mode in [0o600, 0o644, 0o640, 0o444] {
        let home = Home::new();
        let store = home.write("store.pem", &a.pem);
        fs::set_permissions(&store, PermissionsExt::from_mode(mode)).unwrap();
        let owned = chown(&store, Some(1234), Some(5678)).is_ok();
        install(&home, &[&b], "store.pem").expect(0);
        for _ in 0..2 {
            let found = fs::metadata(&store).unwrap();
            assert_eq!(found.mode() & 0o7777, mode);
            assert!(!owned || (found.uid(), found.gid()) == (1234, 5678));
            // The second time around: after the undo.
            home.pgtrust(&["undo"]);
        }
        assert_eq!(fs::read_to_string(&store).unwrap(), a.pem);
    }
    for (umask, mode) in [("022", 0o644), ("027", 0o640), ("077", 0o600), ("002", 0o644)] {
        let home = Home::new();
        home.write("a.pem", &a.pem);
        let script = format!("umask {umask}; exec '{}' install a.pem", env!("CARGO_BIN_EXE_pgtrust"));
        Run::of(home.command("sh").args(["-c", &script])).expect(0);
        assert_eq!(fs::metadata(home.root_crt()).unwrap().mode() & 0o777, mode, "umask {umask}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn access_lists_and_other_attributes_stay_with_the_file() {
    let (Some(setfacl), Some(getfacl)) = (tools::program("setfacl"), tools::program("getfacl")) else { return };
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    let store = home.write("store.pem", &a.pem);
    Run::of(home.command(setfacl).args(["-m", "u:daemon:r,g:games:rw", "store.pem"])).expect(0);
    let attributes = || Run::of(home.command(&getfacl).arg("store.pem")).expect(0).stdout;
    let before = attributes();
    assert!(before.contains("user:daemon:r--"), "{before}");
    install(&home, &[&b], "store.pem").expect(0);
    assert!(fs::read_to_string(&store).unwrap().contains(b.pem.trim()));
    assert_eq!(attributes(), before);
    home.pgtrust(&["undo"]).expect(0);
    assert_eq!(attributes(), before);
}

#[cfg(unix)]
#[test]
fn a_file_with_other_names_is_refused_and_left_alone() {
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    let store = home.write("store.pem", &a.pem);
    fs::hard_link(&store, home.path().join("other.pem")).unwrap();
    let run = install(&home, &[&b], "store.pem").expect(2);
    assert!(
        run.stderr.contains("store.pem") && run.stderr.contains("2 names") && run.stderr.contains("hint:"),
        "{run}"
    );
    assert_eq!(fs::read_to_string(&store).unwrap(), a.pem);
}

#[cfg(unix)]
#[test]
fn backups_are_for_their_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    home.write("store.pem", &a.pem);
    install(&home, &[&b], "store.pem").expect(0);
    let backups = fs::read_dir(home.path().join(".local/state/pgtrust/backups")).unwrap();
    let modes: Vec<u32> = backups.map(|file| file.unwrap().metadata().unwrap().permissions().mode() & 0o777).collect();
    assert_eq!(modes, [0o600]);
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_stays_one_and_an_undo_leaves_it_as_it_was() {
    use std::os::unix::fs::symlink;
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    let real = home.write("real/roots.pem", &a.pem);
    symlink("real/roots.pem", home.path().join("middle.pem")).unwrap();
    symlink("middle.pem", home.path().join("store.pem")).unwrap();
    symlink("real/new.pem", home.path().join("dangling.pem")).unwrap();
    install(&home, &[&b], "store.pem").expect(0);
    assert_eq!(fs::read_link(home.path().join("store.pem")).unwrap(), Path::new("middle.pem"));
    assert_eq!(in_order(&home, "real/roots.pem"), [a.fingerprint(), b.fingerprint()]);
    home.pgtrust(&["undo"]).expect(0);
    assert_eq!(fs::read_link(home.path().join("store.pem")).unwrap(), Path::new("middle.pem"));
    assert_eq!(fs::read_to_string(real).unwrap(), a.pem);

    install(&home, &[&b], "dangling.pem").expect(0);
    assert_eq!(in_order(&home, "real/new.pem"), [b.fingerprint()]);
    home.pgtrust(&["undo"]).expect(0);
    let link = fs::read_link(home.path().join("dangling.pem"));
    assert!(link.is_ok_and(|link| link == Path::new("real/new.pem")), "the link is gone");
    assert!(!home.path().join("real/new.pem").exists(), "what the link led to is still there");
}

#[test]
fn the_root_comes_to_stand_before_a_cross_signed_certificate_of_its_subject() {
    if tools::program("openssl").is_none() {
        return;
    }
    let home = Home::new();
    let openssl = |arguments: &str| drop(Run::of(home.command("openssl").args(arguments.split_whitespace())).expect(0));
    home.write("ca.cnf", "basicConstraints=critical,CA:TRUE\n");
    let new_key = "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    openssl(&format!("{new_key} -x509 -keyout old.key -out old.pem -days 999 -subj /CN=old"));
    openssl(&format!("{new_key} -x509 -keyout new.key -out new.pem -days 999 -subj /CN=new"));
    openssl("req -new -key new.key -out new.csr -subj /CN=new");
    openssl("x509 -req -in new.csr -CA old.pem -CAkey old.key -set_serial 9 -days 999 -extfile ca.cnf -out cross.pem");
    openssl(&format!("{new_key} -keyout leaf.key -out leaf.csr -subj /CN=leaf"));
    openssl("x509 -req -in leaf.csr -CA new.pem -CAkey new.key -set_serial 3 -days 99 -out leaf.pem");
    let verified = |store: &str| {
        let verify = format!("verify -no-CApath -no-CAstore -CAfile {store} leaf.pem");
        Run::of(home.command("openssl").args(verify.split(' '))).status == 0
    };
    let read = |name: &str| fs::read_to_string(home.path().join(name)).unwrap();
    let (cross, new) = (read("cross.pem"), read("new.pem"));

    home.write("store.pem", &cross);
    assert!(!verified("store.pem"), "the case is no case");
    home.pgtrust(&["install", "new.pem", "--output", "store.pem"]).expect(0);
    assert!(verified("store.pem"), "{}", read("store.pem"));
    assert!(read("store.pem").find(new.trim()) < read("store.pem").find(cross.trim()));

    home.write("both.pem", format!("{cross}{new}"));
    home.pgtrust(&["install", "new.pem", "--output", "both.pem"]).expect(0);
    assert!(read("both.pem").find(new.trim()) < read("both.pem").find(cross.trim()));
    let run = home.pgtrust(&["install", "new.pem", "--output", "both.pem"]).expect(0);
    assert!(run.stdout.contains("unchanged"), "{run}");

    home.pgtrust(&["bundle", "cross.pem", "new.pem", "--allow-non-roots", "-o", "out.pem"]).expect(0);
    assert!(read("out.pem").find(new.trim()) < read("out.pem").find(cross.trim()));
    assert!(verified("out.pem"));
}

#[test]
fn a_store_that_holds_a_key_or_is_none_is_refused_and_left_alone() {
    let [a, b] = roots(["A", "B"]);
    let key = "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n";
    let stores = [
        ("with a key", format!("{}{key}", a.pem), "private key"),
        ("damaged", format!("{}{}", a.pem, b.pem.replacen("\nM", "\n?", 1)), "line 13"),
        ("something else", "hello\n".to_owned(), "text"),
        ("HTML", "<!doctype html><p>".to_owned(), "HTML"),
    ];
    for (name, old, wanted) in stores {
        let home = Home::new();
        home.write("new.pem", &b.pem);
        let store = home.write("store.pem", &old);
        for arguments in [
            &["install", "new.pem", "--output", "store.pem"] as &[&str],
            &["install", "new.pem", "--output", "store.pem", "--dry-run"],
        ] {
            let run = home.pgtrust(arguments).expect(2);
            assert!(run.stderr.contains(wanted) && run.stderr.contains("store.pem"), "{name}: {run}");
            assert_eq!(fs::read_to_string(&store).unwrap(), old, "{name}");
        }
        home.pgtrust(&["undo"]).expect(2);
        // `bundle -o` replaces a store, and nothing else.
        let run = home.pgtrust(&["bundle", "new.pem", "-o", "store.pem"]);
        assert_eq!(run.status == 0, name == "damaged", "{name}: {run}");
    }
    let home = Home::new();
    home.write("new.pem", &b.pem);
    fs::create_dir(home.path().join("folder")).unwrap();
    fs::create_dir(home.path().join("folder.pem")).unwrap();
    for folder in ["folder", "folder.pem"] {
        let run = home.pgtrust(&["install", "new.pem", "--output", folder]).expect(2);
        assert!(run.stderr.contains("directory") || run.stderr.contains("folder"), "{run}");
        home.pgtrust(&["bundle", "new.pem", "-o", folder]).expect(2);
    }
    // Opening a pipe that nobody reads would wait for ever.
    #[cfg(unix)]
    {
        Run::of(home.command("mkfifo").arg("pipe.pem")).expect(0);
        for arguments in [&["install", "new.pem", "--output", "pipe.pem"], &["bundle", "new.pem", "-o", "pipe.pem"]] {
            let run = home.pgtrust(arguments).expect(2);
            assert!(run.stderr.contains("`pipe.pem`"), "{run}");
        }
    }
}
