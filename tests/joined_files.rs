//! Files behind files, files in archives and folders in folders: nothing in them is lost without a word.

use std::fs;

use crate::support::pgtrust::{Home, Run};
use crate::support::store::{in_order, roots, sorted};
use crate::support::tools;

#[test]
fn whatever_cat_puts_together_is_read_or_named() {
    if tools::program("openssl").is_none() {
        return;
    }
    let [a, b, c] = roots(["A", "B", "C"]);
    let home = Home::new();
    home.write("b.pem", &b.pem);
    let pkcs7 = "crl2pkcs7 -nocrl -certfile b.pem -outform DER -out b.p7b";
    Run::of(home.command("openssl").args(pkcs7.split(' '))).expect(0);
    let pkcs7 = fs::read(home.path().join("b.p7b")).unwrap();
    let unended = a.pem.trim_end().as_bytes();
    let jks = [0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 0];
    let pem = |root: &crate::support::pki::TestCertificate| root.pem.clone().into_bytes();
    // Parts, how many roots are read, and whether something else is named.
    for (name, parts, count, named) in [
        ("PEM, DER", vec![pem(&a), b.der.clone()], 2, false),
        ("PEM without a final line end, DER", vec![unended.to_vec(), b.der.clone()], 2, false),
        ("PEM, text, DER, PEM", vec![pem(&a), b"# B:\n\n".to_vec(), b.der.clone(), pem(&c)], 3, false),
        ("PEM, DER, DER", vec![pem(&a), b.der.clone(), c.der.clone()], 3, false),
        ("PEM, PKCS#7", vec![pem(&a), pkcs7.clone()], 2, false),
        ("DER, DER, DER", vec![a.der.clone(), b.der.clone(), c.der.clone()], 3, false),
        ("DER, PEM, DER", vec![a.der.clone(), pem(&b), c.der.clone()], 3, false),
        ("DER, PKCS#7", vec![a.der.clone(), pkcs7.clone()], 2, false),
        ("PEM, half of DER", vec![pem(&a), b.der[..b.der.len() / 2].to_vec()], 1, true),
        ("DER, half of DER", vec![a.der.clone(), b.der[..b.der.len() / 2].to_vec()], 1, true),
        ("DER, something", vec![a.der.clone(), b"\0\x01\x02".to_vec()], 1, true),
        ("DER, JKS", vec![a.der.clone(), jks.to_vec()], 1, true),
    ] {
        home.write("joined.crt", parts.concat());
        let status = i32::from(named);
        let run = home.pgtrust(&["bundle", "joined.crt", "-o", "out.pem"]).expect(status);
        assert_eq!(run.stderr.contains("warning: `joined.crt`: "), named, "{name}: {run}");
        assert_eq!(in_order(&home, "out.pem").len(), count, "{name}");
        let inspected = home.pgtrust(&["inspect", "--json", "joined.crt"]).expect(status).json();
        let certificates = inspected["stores"][0]["certificates"].as_array().unwrap();
        let seen = certificates.iter().filter(|certificate| certificate["flaw"].is_null()).count();
        assert!(certificates.len() == count && seen < 3, "{name}: {inspected}");
    }
    // A store of libpq that is so keeps all, for libpq to see.
    home.write("c.pem", &c.pem);
    home.write("store.pem", [pem(&a), b.der.clone()].concat());
    home.pgtrust(&["install", "c.pem", "--output", "store.pem"]).expect(0);
    assert_eq!(in_order(&home, "store.pem"), [a.fingerprint(), b.fingerprint(), c.fingerprint()]);
    assert_eq!(crate::support::forms::certificates_for_libpq(&home, &home.path().join("store.pem")), 3);
}

#[test]
fn archives_of_tar_are_read_as_every_tar_writes_them() {
    let Some(tar) = tools::program("tar") else { return };
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    let long = format!("{0}/{0}/b.der", "x".repeat(120));
    home.write("in/a.pem", &a.pem);
    home.write(&format!("in/{long}"), &b.der);
    home.write("in/README", "hello");
    for options in ["--format=gnu", "--format=oldgnu", "--format=posix", "--format=gnu -z", "--format=posix -z"] {
        let mut command = home.command(&tar);
        command.args(options.split(' ')).args(["-cf", "certificates.tar", "-C", "in", "."]);
        Run::of(&mut command).expect(0);
        home.pgtrust(&["bundle", "certificates.tar", "-o", "out.pem"]).expect(0);
        let wanted = sorted(vec![a.fingerprint(), b.fingerprint()]);
        assert_eq!(sorted(in_order(&home, "out.pem")), wanted, "{options}");
    }
    Run::of(home.command(&tar).args(["--format=v7", "-cf", "old.tar", "-C", "in", "a.pem"])).expect(0);
    assert_eq!(in_order(&home, "old.tar"), [a.fingerprint()]);
    // It is no store, and nothing is written over it.
    home.write("b.pem", &b.pem);
    let before = fs::read(home.path().join("old.tar")).unwrap();
    for arguments in [
        &["install", "b.pem", "--output", "old.tar"] as &[&str],
        &["bundle", "b.pem", "-o", "old.tar", "--format", "pem"],
    ] {
        home.pgtrust(arguments).expect(2);
        assert_eq!(fs::read(home.path().join("old.tar")).unwrap(), before);
    }
    home.write("in/key.pem", "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n");
    Run::of(home.command(&tar).args(["-cf", "key.tar", "-C", "in", "."])).expect(0);
    let run = home.pgtrust(&["bundle", "key.tar", "-o", "key-out.pem"]).expect(2);
    assert!(run.stderr.contains("contains a private key"), "{run}");
}

#[cfg(unix)]
#[test]
fn what_an_archive_of_tar_only_points_to_is_named() {
    let Some(tar) = tools::program("tar") else { return };
    let [a] = roots(["A"]);
    let home = Home::new();
    home.write("in/sub/a.pem", &a.pem);
    fs::hard_link(home.path().join("in/sub/a.pem"), home.path().join("in/hard.pem")).unwrap();
    std::os::unix::fs::symlink("sub/a.pem", home.path().join("in/soft.pem")).unwrap();
    std::os::unix::fs::symlink("../a.pem", home.path().join("in/sub/up.pem")).unwrap();
    Run::of(home.command(&tar).args(["-cf", "links.tar", "-C", "in", "."])).expect(0);
    // `../a.pem` is not there.
    let run = home.pgtrust(&["bundle", "links.tar", "-o", "out.pem"]).expect(1);
    assert_eq!(run.stderr.matches("warning: ").count(), 1, "{run}");
    assert!(run.stderr.contains("up.pem`: it is a link to `../a.pem`, which is not in the archive"), "{run}");
    assert_eq!(in_order(&home, "out.pem"), [a.fingerprint()]);
}

#[test]
fn an_archive_in_an_archive_and_one_without_end_are_named() {
    let Some(tar) = tools::program("tar") else { return };
    let [a] = roots(["A"]);
    let home = Home::new();
    home.write("a.pem", &a.pem);
    Run::of(home.command(&tar).args(["-czf", "inner.tgz", "a.pem"])).expect(0);
    Run::of(home.command(&tar).args(["-cf", "outer.tar", "a.pem", "inner.tgz"])).expect(0);
    let run = home.pgtrust(&["bundle", "outer.tar", "-o", "out.pem"]).expect(1);
    assert!(run.stderr.contains("`inner.tgz`: an archive inside an archive is not opened"), "{run}");
    let outer = fs::read(home.path().join("outer.tar")).unwrap();
    for (length, status, said) in [(1000, 2, "the archive is cut off"), (1400, 1, "the archive has no end")] {
        home.write("cut.tar", &outer[..length]);
        let run = home.pgtrust(&["bundle", "cut.tar", "-o", "out.pem"]).expect(status);
        assert!(run.stderr.contains(said), "{run}");
    }
    // A gigabyte of zeros in a megabyte.
    let script = "head -c 200000000 /dev/zero > zeros && tar -czf bomb.tgz zeros a.pem && gzip zeros";
    Run::of(home.command("sh").args(["-c", script])).expect(0);
    for bomb in ["bomb.tgz", "zeros.gz"] {
        let run = home.pgtrust(&["bundle", bomb, "-o", "out.pem"]).expect(2);
        assert!(run.stderr.contains("larger than 67108864 bytes"), "{run}");
    }
}

#[cfg(unix)]
#[test]
fn folders_in_a_source_are_read_and_links_do_not_lead_out_of_it() {
    use std::os::unix::fs::symlink;
    let [a, b, c, d] = roots(["A", "B", "C", "D"]);
    let home = Home::new();
    home.write("certs/a.pem", &a.pem);
    home.write("certs/sub/deeper/b.der", &b.der);
    home.write("certs/.git/objects/c.pem", &c.pem);
    home.write("elsewhere/d.pem", &d.pem);
    symlink("..", home.path().join("certs/sub/up")).unwrap();
    symlink("sub", home.path().join("certs/same")).unwrap();
    let both = sorted(vec![a.fingerprint(), b.fingerprint()]);
    home.pgtrust(&["bundle", "certs", "-o", "out.pem"]).expect(0);
    assert_eq!(sorted(in_order(&home, "out.pem")), both);

    symlink("../elsewhere", home.path().join("certs/out")).unwrap();
    let run = home.pgtrust(&["bundle", "certs", "-o", "out.pem"]).expect(1);
    assert!(run.stderr.contains("`certs/out`: a link to a folder elsewhere is not followed"), "{run}");
    assert_eq!(sorted(in_order(&home, "out.pem")), both);
    // Naming it is another matter.
    home.pgtrust(&["bundle", "certs/out", "-o", "out.pem"]).expect(0);
    assert_eq!(in_order(&home, "out.pem"), [d.fingerprint()]);

    home.write("odd/a.pem", &a.pem);
    symlink("nowhere", home.path().join("odd/b.pem")).unwrap();
    Run::of(home.command("mkfifo").arg("odd/c.pem")).expect(0);
    let run = home.pgtrust(&["bundle", "odd", "-o", "out.pem"]).expect(1);
    assert!(run.stderr.contains("`odd/b.pem`: it is a link that leads nowhere"), "{run}");
    assert!(run.stderr.contains("`odd/c.pem`: it is neither a file nor a folder"), "{run}");

    home.write(&format!("deep/{}/b.pem", ["x"; 20].join("/")), &b.pem);
    home.write("deep/a.pem", &a.pem);
    let run = home.pgtrust(&["bundle", "deep", "-o", "out.pem"]).expect(1);
    assert!(run.stderr.contains("it lies too deep"), "{run}");
}

#[test]
fn a_second_certificate_that_a_hashed_folder_hides_is_named() {
    if tools::program("openssl").is_none() {
        return;
    }
    let [a, b, c] = roots(["A", "B", "C"]);
    let home = Home::new();
    home.write("a.pem", &a.pem);
    let hash = Run::of(home.command("openssl").args(["x509", "-in", "a.pem", "-noout", "-hash"])).expect(0).stdout;
    home.write(&format!("store/{}.0", hash.trim()), format!("{}{}", a.pem, b.pem));
    home.write("c.pem", &c.pem);
    let run = home.pgtrust(&["install", "c.pem", "--output", "store", "--format", "hashed"]).expect(0);
    let said = "holds several certificates, of which OpenSSL does not find `CN=B,O=pgtrust tests`";
    assert!(run.stdout.contains(said) || run.stderr.contains(said), "{run}");
    // Asked for by name, it gets a file of its own.
    home.write("b.pem", &b.pem);
    home.pgtrust(&["install", "b.pem", "--output", "store"]).expect(0);
    let verify = ["verify", "-CApath", "store", "b.pem"];
    Run::of(home.command("openssl").args(verify)).expect(0);
}

#[test]
fn der_among_text_is_found_wherever_it_begins() {
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    let mut missed = Vec::new();
    // Around the multiples of a read's likely size, and around what is kept of one.
    for begin in (4..=12_usize).step_by(4).flat_map(|count| (0..=90).map(move |before| count * 65_536 - before)) {
        let mut text = a.pem.clone().into_bytes();
        text.resize(begin, b'#');
        home.write("input.pem", [&text[..], &b.der].concat());
        let run = home.pgtrust(&["inspect", "--json", "input.pem"]);
        if run.status != 0 || run.json()["stores"][0]["certificates"].as_array().unwrap().len() != 2 {
            missed.push(begin);
        }
    }
    assert!(missed.is_empty(), "missed at {missed:?}");
}
