//! What stands beside a certificate against its use for TLS servers counts, and is kept.

use std::fs;

use crate::support::forms::certificates_for_libpq;
use crate::support::pgtrust::{Home, Run};
use crate::support::store::{in_order, roots};
use crate::support::tools;

#[test]
fn a_store_with_a_block_for_mail_alone_can_be_added_to() {
    if tools::program("openssl").is_none() {
        return;
    }
    let [a, b, c] = roots(["A", "B", "C"]);
    let home = Home::new();
    home.write("a.pem", &a.pem);
    home.write("c.pem", &c.pem);
    let make = "x509 -in a.pem -trustout -addtrust emailProtection -setalias mail";
    let mail = Run::of(home.command("openssl").args(make.split(' '))).expect(0).stdout;
    let before = format!("# for mail\n{mail}{}", b.pem);
    home.write("store.pem", &before);
    home.pgtrust(&["install", "c.pem", "--output", "store.pem"]).expect(0);
    let after = fs::read_to_string(home.path().join("store.pem")).unwrap();
    assert!(after.starts_with(&before), "{after}");
    assert_eq!(certificates_for_libpq(&home, &home.path().join("store.pem")), 3);

    // Its own word goes before that of another file.
    let refused = home.pgtrust(&["install", "a.pem", "--output", "store.pem"]).expect(2);
    assert!(refused.stderr.contains("`store.pem`: says of `CN=A,O=pgtrust tests`"), "{refused}");
    assert!(refused.stderr.contains("hint: "), "{refused}");
    // Another format has no place for it.
    let refused = home.pgtrust(&["install", "c.pem", "--output", "store.pem", "--format", "jks"]).expect(2);
    assert!(refused.stderr.contains("not trusted for TLS servers"), "{refused}");
    assert_eq!(fs::read_to_string(home.path().join("store.pem")).unwrap(), after);

    let listed = home.pgtrust(&["inspect", "--json", "store.pem"]).expect(0).json();
    let first = &listed["stores"][0]["certificates"][0];
    assert_eq!(first["sha256"], a.fingerprint());
    assert_eq!(first["distrusted"], true);
    assert_eq!(first["flaw"], "its trust settings exclude TLS servers");

    home.pgtrust(&["undo"]).expect(0);
    assert_eq!(fs::read_to_string(home.path().join("store.pem")).unwrap(), before);
}

#[test]
fn a_certificate_that_one_source_distrusts_is_no_root_wherever_else_it_stands() {
    if tools::program("openssl").is_none() {
        return;
    }
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    home.write("folder/a.pem", &a.pem);
    home.write("folder/b.pem", &b.pem);
    let make = "x509 -in folder/a.pem -trustout -addreject serverAuth -out folder/z.pem";
    Run::of(home.command("openssl").args(make.split(' '))).expect(0);
    for arguments in [
        &["bundle", "folder", "-o", "out.pem"] as &[&str],
        &["bundle", "folder/z.pem", "folder/a.pem", "folder/b.pem", "-o", "out.pem"],
        &["bundle", "folder/a.pem", "folder/b.pem", "folder/z.pem", "--allow-non-roots", "-o", "out.pem"],
    ] {
        let run = home.pgtrust(arguments).expect(0);
        let said = "`folder/z.pem`: line 1: left out `CN=A,O=pgtrust tests`: is not trusted for TLS servers";
        assert!(run.stderr.contains(said) && !run.stderr.contains("hint"), "{run}");
        assert_eq!(in_order(&home, "out.pem"), [b.fingerprint()]);
    }
}

/// What `trust` itself makes of the attributes is in its manual; the file is in its own form.
#[test]
fn the_attributes_of_p11_kit_count() {
    if tools::program("openssl").is_none() {
        return;
    }
    let names = ["Trusted", "Silent", "Distrusted", "Untrusted", "Mail", "Number", "Servers", "Reject"];
    let certificates = roots(names);
    let [trusted, silent, distrusted, untrusted, mail, number, servers, reject] = &certificates;
    let home = Home::new();
    let openssl = |pem: &str, arguments: &str| {
        home.write("one.pem", pem);
        Run::of(home.command("openssl").args(arguments.split(' '))).expect(0).stdout
    };
    let object = |attributes: &str, pem: &str| format!("[p11-kit-object-v1]\nlabel: \"x\"\n{attributes}\n{pem}\n");
    let extension = |oid: &str, value: &str, of: &str| {
        let key = openssl(of, "x509 -in one.pem -noout -pubkey");
        object(&format!("class: x-certificate-extension\nobject-id: {oid}\nvalue: \"{value}\""), &key)
    };
    let usage = |last: u8| format!("0%16%06%03U%1d%25%01%01%ff%04%0c0%0a%06%08%2b%06%01%05%05%07%03%{last:02x}");
    let serial = openssl(&number.pem, "x509 -in one.pem -noout -serial");
    let serial = serial.trim().strip_prefix("serial=").unwrap();
    let digits: Vec<String> =
        serial.as_bytes().chunks(2).map(|two| format!("%{}", str::from_utf8(two).unwrap())).collect();
    let serial = format!("%02%{:02x}{}", digits.len(), digits.concat());
    let subject = percent(&subject_of(&number.der));
    let file = [
        "# written by hand, x-distrusted: true\n".to_owned(),
        object("trusted: true\nx-distrusted: false", &trusted.pem),
        object("modifiable: false", &silent.pem),
        object("x-distrusted: true", &distrusted.pem),
        object("  trusted:false", &untrusted.pem),
        object("trusted: true", &mail.pem),
        extension("2.5.29.37", &usage(4), &mail.pem),
        object("trusted: true", &number.pem),
        object(
            &format!("class: certificate\nx-distrusted: true\nissuer: \"{subject}\"\nserial-number: \"{serial}\""),
            "",
        ),
        extension("2.5.29.37", &usage(1), &servers.pem),
        object("trusted: true", &servers.pem),
        object("trusted: true", &reject.pem),
        extension("1.3.6.1.4.1.3319.6.10.1", &usage(1), &reject.pem),
    ];
    home.write("anchors.p11-kit", file.concat());
    let run = home.pgtrust(&["bundle", "anchors.p11-kit", "-o", "out.pem"]).expect(0);
    let mut wanted = vec![trusted.fingerprint(), silent.fingerprint(), servers.fingerprint()];
    wanted.sort();
    assert_eq!(in_order(&home, "out.pem"), wanted, "{run}");
    for left_out in ["Distrusted", "Untrusted", "Mail", "Number", "Reject"] {
        let said = format!("left out `CN={left_out},O=pgtrust tests`: is not trusted for TLS servers: ");
        assert!(run.stderr.contains(&said), "{left_out}: {run}");
    }
    let listed = home.pgtrust(&["inspect", "--json", "anchors.p11-kit"]).expect(0).json();
    let listed = listed["stores"][0]["certificates"].as_array().unwrap();
    assert_eq!(listed.len(), names.len());
    assert_eq!(listed.iter().filter(|one| one["distrusted"] == true).count(), 5);
    // A store in this form is left alone.
    home.write("a.pem", &roots(["A"])[0].pem);
    home.pgtrust(&["install", "a.pem", "--output", "anchors.p11-kit"]).expect(2);
    home.pgtrust(&["install", "a.pem", "--output", "anchors.p11-kit", "--format", "pem"]).expect(2);
    assert_eq!(fs::read_to_string(home.path().join("anchors.p11-kit")).unwrap(), file.concat());
}

#[test]
fn what_trust_dumps_is_read_as_trust_lists_it() {
    let Some(trust) = tools::program("trust") else { return };
    let home = Home::new();
    let dump = Run::of(home.command(&trust).args(["dump", "--filter=certificates"])).expect(0).stdout;
    home.write("dump.p11-kit", &dump);
    let listed = home.pgtrust(&["inspect", "--json", "dump.p11-kit"]).expect(0).json();
    let listed = listed["stores"][0]["certificates"].as_array().unwrap();
    let anchors = listed.iter().filter(|one| one["distrusted"] != true).count();
    let extract = ["extract", "--format=pem-bundle", "--filter=ca-anchors", "--purpose=server-auth", "anchors.pem"];
    Run::of(home.command(&trust).args(extract)).expect(0);
    let judged = fs::read_to_string(home.path().join("anchors.pem")).unwrap().matches("-----BEGIN CERT").count();
    assert_eq!(anchors, judged);
}

#[test]
fn a_row_of_ccadb_that_is_for_mail_alone_is_no_root() {
    let [web, mail, none, gone] = roots(["Web", "Mail", "None", "Gone"]);
    let home = Home::new();
    let row = |name: &str, state: &str, bits: &str, pem: &str| {
        format!("\"Company, \"\"{name}\"\"\",\"{name}\",\"{state}\",\"{bits}\",\"'{}'\"\r\n", pem.trim_end())
    };
    let head = "\"Owner\",\"Common Name\",\"Mozilla Status\",\"Trust Bits\",\"PEM Info\"\r\n";
    let rows = [
        row("Web", "Included", "Email;Websites", &web.pem),
        row("Mail", "Included", "Email", &mail.pem),
        row("None", "Included", "", &none.pem),
        row("Gone", "Removed", "Websites", &gone.pem),
    ];
    let table = format!("{head}{}", rows.concat());
    for (name, table) in [("commas.csv", table.clone()), ("semicolons.csv", table.replace("\",\"", "\";\""))] {
        home.write(name, &table);
        let run = home.pgtrust(&["bundle", name, "-o", "out.pem"]).expect(0);
        assert_eq!(in_order(&home, "out.pem"), [web.fingerprint()], "{run}");
        assert_eq!(run.stderr.matches("is not trusted for TLS servers: its row").count(), 3, "{run}");
        assert!(run.stderr.contains(&format!("`{name}`: line 14: left out `CN=Mail")), "{run}");
        let listed = home.pgtrust(&["inspect", "--json", name]).expect(0).json();
        assert_eq!(listed["stores"][0]["certificates"].as_array().unwrap().len(), 4);
    }
    // A quote that is not closed puts rows into a field.
    home.write("torn.csv", table.replacen("\"\"Web\"\"\"", "\"\"Web\"\"", 1));
    let run = home.pgtrust(&["bundle", "torn.csv", "-o", "torn.pem"]);
    assert!(run.status > 0 && run.stderr.contains("its row has not as many fields as the first"), "{run}");
}

#[test]
fn a_folder_for_what_is_distrusted_is_not_one_of_roots() {
    let [a, b] = roots(["A", "B"]);
    let home = Home::new();
    home.write("source/anchors/a.pem", &a.pem);
    home.write("source/blocklist/b.pem", &b.pem);
    let run = home.pgtrust(&["bundle", "source", "-o", "out.pem"]).expect(0);
    assert!(run.stderr.contains("left out `CN=B,O=pgtrust tests`: is not trusted for TLS servers"), "{run}");
    assert_eq!(in_order(&home, "out.pem"), [a.fingerprint()]);
    home.pgtrust(&["bundle", "source/blocklist", "-o", "none.pem"]).expect(2);
}

/// The subject of a certificate that has nothing unusual, in DER: the fourth field behind the version.
fn subject_of(der: &[u8]) -> Vec<u8> {
    use x509_cert::der::{Decode as _, Encode as _};
    x509_cert::Certificate::from_der(der).unwrap().tbs_certificate().subject().to_der().unwrap()
}

fn percent(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02x}")).collect()
}
