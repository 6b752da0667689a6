//! The rules by which clients compare host names, held against the clients' own libraries: each certificate with each
//! host, every pair asked of each library that is here.

mod judges;
mod material;

use std::collections::BTreeSet;

use pgtrust::client::host::NameRule;

use crate::support::tools;
use judges::Verdicts;
use material::Material;

/// Where a rule is stricter than the library on purpose: certificate, host.
const STRICTER: &[(&str, &str)] = &[
    // Node.js 24 reads such hosts as a browser does, and nobody connects to them.
    ("DNS *.example.net", "*.example.net"),
    ("DNS *.example.net.", "*.example.net"),
    ("DNS [::1]", "[::1]"),
    ("DNS [::1]", "[0:0:0:0:0:0:0:1]"),
    // Java 17 accepts what Java 25 does not read.
    ("IP of 5 octets + CN db.example.net", "db.example.net"),
    ("IP of 5 octets + CN db.example.net", "DB.Example.NET"),
    ("CN db.example.net + no alternatives", "db.example.net"),
    ("CN db.example.net + no alternatives", "DB.Example.NET"),
    // Java 25 reads what Java 17 does not.
    ("CN BMPString", "db.example.net"),
    ("CN BMPString", "DB.Example.NET"),
];

/// Fails where the rule and the library part. Pairs for which it is not known what the library does are counted.
#[track_caller]
fn agree(rule: NameRule, title: &str, material: &Material, verdicts: &Verdicts) {
    let (mut wrong, mut accepted, mut undetermined, mut pairs) = (Vec::new(), 0, 0, 0);
    let mut stricter = BTreeSet::new();
    for (index, certificate) in material.certificates.iter().enumerate() {
        for (number, host) in material.hosts.iter().enumerate() {
            let theirs = verdicts[index][number];
            let ours = rule.accepts(&certificate.certificate, host);
            pairs += 1;
            accepted += usize::from(theirs);
            match &ours {
                Err(mismatch) if mismatch.is_undetermined() => undetermined += 1,
                Err(_) if theirs && STRICTER.contains(&(certificate.name.as_str(), host)) => {
                    stricter.insert((certificate.name.clone(), *host));
                }
                ours if ours.is_ok() != theirs => {
                    wrong.push(format!("{} for `{host}`: {title} says {theirs}, the rule {ours:?}", certificate.name));
                }
                _ => {}
            }
        }
    }
    let false_accepts = wrong.iter().filter(|line| line.contains("says false")).count();
    assert!(
        wrong.is_empty(),
        "{title}: {} of {pairs}, {false_accepts} false accepts:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(accepted > 20 && accepted < pairs / 2, "{title}: {accepted} of {pairs}");
    tools::report(&format!(
        "host names: {title} agrees on {pairs} pairs, of which it accepts {accepted}; {undetermined} undetermined, {} stricter",
        stricter.len(),
    ));
}

#[test]
fn python_and_libpq_accept_what_their_rules_say() {
    let Some(python) = tools::python() else { return };
    let material = Material::new();
    let [of_python, of_libpq] = judges::python(&python, &material);
    agree(NameRule::Python, "Python", &material, &of_python);
    agree(NameRule::Libpq, "libpq", &material, &of_libpq);
}

#[test]
fn node_accepts_what_its_rule_says() {
    let programs = [tools::program("node"), tools::optional("node24")];
    let material = Material::new();
    for node in programs.into_iter().flatten() {
        let (major, verdicts) = judges::node(&node, &material);
        agree(NameRule::Node { major }, &format!("Node.js {major}"), &material, &verdicts);
    }
}

#[test]
fn pgjdbc_accepts_what_its_rule_says() {
    let (Some(driver), Some(javac)) = (tools::pgjdbc(), tools::program("javac")) else { return };
    let material = Material::new();
    for java in tools::jdks().iter().filter(|jdk| !jdk.to_string_lossy().contains("/11.")) {
        let release = java.iter().nth_back(2).unwrap().to_string_lossy().into_owned();
        let verdicts = judges::java(java, &javac, &driver, &material);
        agree(NameRule::Pgjdbc, &format!("pgjdbc on Java {release}"), &material, &verdicts);
    }
}

/// Go is no tool that `scripts/setup` installs: where it is on PATH, it is asked.
#[test]
fn go_accepts_what_its_rule_says() {
    let Some(go) = tools::optional("go") else {
        return tools::report("host names: `go` is not on PATH, so its rule stands on its source");
    };
    let material = Material::new();
    agree(NameRule::Go, "Go", &material, &judges::go(&go, &material));
}

/// The table of what the clients did against real servers, row by row.
#[test]
fn the_rules_reach_what_was_measured() {
    let material = Material::new();
    let rules = [
        NameRule::Libpq,
        NameRule::Python,
        NameRule::Node { major: 20 },
        NameRule::Pgjdbc,
        NameRule::Go,
        NameRule::OpenSslHost,
        NameRule::Webpki,
    ];
    for (certificate, host, expected) in MEASURED {
        let named = material.certificates.iter().find(|made| made.name == *certificate).unwrap();
        let accepted: String =
            rules.iter().map(|rule| if rule.accepts(&named.certificate, host).is_ok() { '+' } else { '-' }).collect();
        assert_eq!(accepted, *expected, "{certificate} for {host}");
    }
    for host in ["::1", "db.5"] {
        let certificate = if host == "::1" { "IP ::1" } else { "DNS db.5" };
        let named = material.certificates.iter().find(|made| made.name == certificate).unwrap();
        assert!(NameRule::Node { major: 24 }.accepts(&named.certificate, host).is_err(), "{host}");
    }
}

/// Certificate, host, and who accepts: libpq, asyncpg, Node.js, pgjdbc, Go, native-tls, rustls.
const MEASURED: &[(&str, &str, &str)] = &[
    ("CN db.example.net", "db.example.net", "++++-+-"),
    ("DNS 127.0.0.1", "127.0.0.1", "+--+---"),
    ("CN 127.0.0.1", "127.0.0.1", "+--+---"),
    ("DNS *.0.0.1", "127.0.0.1", "+--+---"),
    ("CN 127.0.0.1 + DNS other.example.org", "127.0.0.1", "+------"),
    ("DNS *.net", "example.net", "+--++--"),
    ("DNS db.example.net", "db.example.net.", "--+-+-+"),
    ("DNS db.example.net.", "db.example.net", "--+----"),
    ("DNS *b.example.net", "db.example.net", "--++---"),
    ("DNS db*.example.net", "dbx.example.net", "--+----"),
    ("DNS d*b.example.net", "dxb.example.net", "--+----"),
    ("DNS *.example.net", "d_b.example.net", "+-+++-+"),
    ("CN example.org + CN db.example.net", "db.example.net", "-+++-+-"),
    // sqlx was seen to refuse this with rustls; webpki itself accepts it.
    ("IP ::1", "::1", "+++-+++"),
    ("DNS db.5", "db.5", "++++++-"),
    ("DNS db-.example.net", "db-.example.net", "++++++-"),
];

#[test]
fn a_mismatch_names_few_names_and_those_safely() {
    let material = Material::new();
    let said = |certificate: &str, host: &str| {
        let named = material.certificates.iter().find(|made| made.name == certificate).unwrap();
        NameRule::Libpq.accepts(&named.certificate, host).unwrap_err().to_string()
    };
    assert_eq!(said("DNS db.example.net", "x.example.org"), "is for `db.example.net`");
    assert_eq!(said("no names", "x.example.org"), "names no host");
    assert_eq!(said("DNS \\x1b[2J", "x.example.org"), "is for `\\u{1b}[2J`");
    let many = NameRule::Libpq.accepts(&material::of_many(), "x.example.org").unwrap_err().to_string();
    assert_eq!(many, "is for `host0.example.net`, `host1.example.net`, `host2.example.net` and 9997 more");
}
