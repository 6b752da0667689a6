//! How libraries read a file of certificates, held against the libraries themselves: each form of a file, asked of each
//! library that is here for how many certificates it has then, and which comes first.

mod forms;
mod judges;
mod reach;
mod stores;

use pgtrust::client::store::{Dialect, Loaded, Unusable, parse};

use crate::support::tools;
use forms::Form;

/// What a library has of a file: how many certificates, or none of it.
type Count = Result<usize, String>;

/// Odd certificates that pgtrust does not read, or that `READERS` refuses on purpose, and some libraries read. No CA makes
/// any.
const STRICTER: &[&str] = &[
    "odd: ec utc with offset without seconds",
    "odd: ec utc on day 32",
    "odd: ec utc with fraction",
    "odd: ec generalized with comma",
    "odd: ec generalized in second 60",
    "odd: ec ids in the wrong order",
    "odd: ec name of tag 2c",
    "odd: ec UTF8String in endless pieces",
    "odd: ec one time",
    "odd: ec key of an empty BIT STRING",
];

/// Fails where a dialect and its library part. `counts` is what the library said of each form.
#[track_caller]
fn agree(dialect: Dialect, title: &str, forms: &[Form], counts: &[Count]) {
    assert_eq!(forms.len(), counts.len());
    let mut wrong = Vec::new();
    let mut refused = 0;
    for (form, theirs) in forms.iter().zip(counts) {
        let ours: Result<Loaded, Unusable> = parse(&form.bytes, dialect);
        refused += usize::from(theirs.is_err());
        let ours = ours.map(|loaded| loaded.certificates.len());
        let same = match (&ours, theirs) {
            (Ok(ours), Ok(theirs)) if STRICTER.contains(&form.name.as_str()) => ours <= theirs,
            (Ok(ours), Ok(theirs)) => ours == theirs,
            (Err(_), Err(_)) => true,
            (Err(_), Ok(_)) => STRICTER.contains(&form.name.as_str()),
            (Ok(_), Err(_)) => false,
        };
        if !same {
            wrong.push(format!("{}: {title} has {theirs:?}, the dialect {ours:?}", form.name));
        }
    }
    assert!(wrong.is_empty(), "{title}: {} of {}:\n{}", wrong.len(), forms.len(), wrong.join("\n"));
    assert!(refused > 5 || matches!(dialect, Dialect::Node), "{title}: {refused}");
    tools::report(&format!(
        "dialects: {title} does with {} files what its dialect says, and refuses {refused}",
        forms.len()
    ));
}

#[test]
fn openssl_reads_what_its_dialect_says() {
    let Some(python) = tools::python() else { return };
    let forms = forms::all();
    agree(Dialect::OpenSsl, "OpenSSL", &forms, &judges::python(&python, &forms));
}

/// native-tls cannot be built here without OpenSSL's headers; Node.js calls nearly the same function for one certificate.
#[test]
fn node_reads_what_its_dialects_say() {
    let forms = forms::all();
    for node in [tools::program("node"), tools::optional("node24")].into_iter().flatten() {
        let (version, all, first) = judges::node(&node, &forms);
        let mut all = all;
        // It takes an empty text for none, and its own roots for that.
        let empty = forms.iter().position(|form| form.bytes.is_empty()).unwrap();
        all[empty] = Err("none".to_owned());
        agree(Dialect::Node, &format!("Node.js {version}"), &forms, &all);
        // Unlike native-tls it also takes DER, and trust settings, which it looks for behind each certificate.
        let plain = |form: &&Form| !["DER", "trust", "bytes behind"].iter().any(|word| form.name.contains(word));
        let (plain_forms, first): (Vec<Form>, Vec<Count>) =
            forms.iter().cloned().zip(first).filter(|(form, _)| plain(&form)).unzip();
        agree(Dialect::OpenSslFirst, &format!("the first certificate, by Node.js {version}"), &plain_forms, &first);
    }
}

#[test]
fn java_reads_what_its_dialect_says() {
    let Some(javac) = tools::program("javac") else { return };
    for jdk in tools::jdks() {
        let folder =
            jdk.ancestors().nth(2).and_then(|folder| folder.file_name()).unwrap().to_string_lossy().into_owned();
        let release: u16 = folder.split('.').next().unwrap().parse().unwrap();
        let mut forms = forms::all();
        if release < 17 {
            // The rows of `READERS` are those of newer releases.
            forms.retain(|form| !form.name.starts_with("odd: "));
        }
        let counts = judges::java(&jdk, &javac, &forms);
        agree(Dialect::Java { release }, &format!("Java {release}"), &forms, &counts);
    }
}

/// Go is no tool that `scripts/setup` installs: where it is on PATH, it is asked.
#[test]
fn go_reads_what_its_dialect_says() {
    let Some(go) = tools::optional("go") else {
        return tools::report("dialects: `go` is not on PATH, so its dialect stands on its source");
    };
    // The rows of `READERS` for Go leave out what no root has.
    let mut forms = forms::all();
    forms.retain(|form| !form.name.starts_with("odd: "));
    agree(Dialect::Go, "Go", &forms, &judges::go(&go, &forms));
}

/// What rustls itself has in its store, filled as sqlx does.
#[test]
fn rustls_reads_what_its_dialect_says() {
    let forms = forms::all();
    let counts: Vec<Count> = forms.iter().map(|form| judges::rustls(&form.bytes)).collect();
    agree(Dialect::Rustls, "rustls", &forms, &counts);
}

/// The order in the file is that in which they are tried.
#[test]
fn every_dialect_keeps_the_order_of_the_file() {
    let [one, other] = forms::roots();
    let dialects =
        [Dialect::OpenSsl, Dialect::Node, Dialect::Java { release: 21 }, Dialect::Go, Dialect::Rustls, Dialect::DotNet];
    for (first, second) in [(&one, &other), (&other, &one)] {
        let text = format!("{}{}", first.pem, second.pem);
        for dialect in dialects {
            let found: Vec<Vec<u8>> = parse(text.as_bytes(), dialect)
                .unwrap()
                .certificates
                .iter()
                .map(|found| found.der().to_vec())
                .collect();
            assert_eq!(found, [first.der.clone(), second.der.clone()], "{dialect:?}");
        }
        let loaded = parse(text.as_bytes(), Dialect::OpenSslFirst).unwrap();
        assert_eq!(loaded.certificates[0].der(), first.der);
        assert_eq!(loaded.passed_over.len(), 1);
    }
}

#[test]
fn what_is_not_used_is_told_with_its_line() {
    let [one, other] = forms::roots();
    let lines = |text: &str| text.lines().count() as u64;
    let broken = other.pem.replace("MII", "M*I");
    let text = format!("{}{broken}", one.pem);
    let line = lines(&one.pem) + 1;
    for dialect in [Dialect::OpenSsl, Dialect::Java { release: 17 }, Dialect::Java { release: 25 }] {
        let Err(Unusable::Damaged { line: Some(found), reason }) = parse(text.as_bytes(), dialect) else {
            panic!("{dialect:?}")
        };
        assert_eq!((found, reason.as_str()), (line, "its base64 is broken"), "{dialect:?}");
    }
    for dialect in [Dialect::Node, Dialect::Go] {
        let passed = parse(text.as_bytes(), dialect).unwrap().passed_over;
        assert_eq!(passed.iter().map(|passed| passed.line).collect::<Vec<_>>(), [Some(line)], "{dialect:?}");
    }
    let glued = format!("{}{}", one.pem.trim_end(), other.pem);
    let error = parse(glued.as_bytes(), Dialect::OpenSsl).unwrap_err().to_string();
    let end = lines(&one.pem);
    assert_eq!(error, format!("is damaged: line {end}: it should be `-----END CERTIFICATE-----`, alone on its line"));
}
