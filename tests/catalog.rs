//! Invariants of `bundles/`.

mod script;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use pgtrust::format::{Entry, Format};
use pgtrust::{Catalog, Encoding, Provider, Role, Selection};

use crate::support::pgtrust::Home;
use crate::support::tools;

fn providers() -> Vec<Provider> {
    let catalog = Catalog::built_in();
    catalog.ids().unwrap().iter().map(|id| catalog.provider(id).unwrap()).collect()
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/bundles"))
}

#[test]
fn every_folder_is_a_provider() {
    let folders = fs::read_dir(folder()).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir());
    let folders: BTreeSet<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    let ids: BTreeSet<String> = providers().into_iter().map(|provider| provider.id).collect();
    assert_eq!(folders, ids);
    assert!(ids.len() >= 40, "{} providers", ids.len());
}

#[test]
fn every_pin_has_its_bytes_and_is_a_root_or_says_why_not() {
    #[expect(clippy::disallowed_methods, reason = "an expired root must be noticed on the day")]
    let now = time::OffsetDateTime::from(std::time::SystemTime::now());
    for provider in providers() {
        for (root, certificate) in provider.roots().unwrap() {
            let name = format!("{}: {}", provider.id, root.subject);
            assert_eq!(root.subject, certificate.subject().short(), "{name}");
            let is_root = certificate.is_ca() && certificate.is_self_signed();
            assert_eq!(
                is_root,
                root.exception.is_none(),
                "{name}: an exception belongs to what is no root, and to it only"
            );
            assert!(is_root || !root.role.installed(), "{name} would be installed and is no root");
            assert!(!certificate.expired(now) || root.role == Role::Legacy, "{name} has expired");
            assert_eq!(root.url.is_some(), root.encoding.is_some(), "{name}: url and encoding go together");
        }
    }
}

#[test]
fn definitions_are_complete_and_sorted() {
    for provider in providers() {
        let id = &provider.id;
        let fixed = !provider.pins.is_empty();
        assert!(fixed || !provider.obtain.is_empty(), "{id}: neither a root nor a word on where it comes from");
        let order: Vec<_> = provider.pins.iter().map(|root| (root.role, root.sha256)).collect();
        assert!(order.is_sorted(), "{id}: roots by role and fingerprint");
        assert_eq!(
            order.iter().map(|(_, pin)| pin).collect::<BTreeSet<_>>().len(),
            order.len(),
            "{id}: a pin stands twice"
        );
        let (away, hosts): (Vec<_>, Vec<_>) = provider.hosts.iter().partition(|host| host.starts_with('!'));
        assert!(hosts.is_sorted() && away.is_sorted(), "{id}: hosts");
        assert!(provider.hosts.iter().eq(hosts.into_iter().chain(away)), "{id}: hosts that are taken away come last");
        assert!(provider.ports.is_sorted(), "{id}: ports");
        assert!(!provider.title.is_empty() && !provider.ca.is_empty(), "{id}");
        let urls = provider.pins.iter().filter_map(|root| root.url.as_ref());
        let urls = urls
            .chain(provider.sources.iter().flat_map(|source| [Some(&source.url), source.regional.as_ref()]).flatten());
        for url in urls.chain([&provider.docs]).chain(provider.rotations.iter().map(|rotation| &rotation.source)) {
            assert!(url.starts_with("https://") && !url.contains(' '), "{id}: {url}");
        }
        for rotation in &provider.rotations {
            assert!(!rotation.needs.is_empty(), "{id}: {} needs no root", rotation.id);
            for needed in &rotation.needs {
                assert!(
                    provider.pins.iter().any(|root| root.sha256 == *needed),
                    "{id}: {} needs {needed}",
                    rotation.id
                );
            }
            assert!(rotation.ends.as_ref().is_none_or(|ends| *ends >= rotation.starts), "{id}: {}", rotation.id);
        }
    }
}

#[test]
fn a_host_belongs_to_one_provider() {
    let providers = providers();
    for provider in &providers {
        for pattern in provider.hosts.iter().filter(|pattern| !pattern.starts_with('!')) {
            for filler in ["x", "a.b"] {
                let host = pattern.replace('*', filler);
                let claims = providers.iter().filter_map(|provider| Some((provider.claim_on(&host)?, &provider.id)));
                let mut claims: Vec<_> = claims.collect();
                claims.sort_unstable();
                let most = claims.last().unwrap().0;
                claims.retain(|(claim, _)| *claim == most);
                assert_eq!(claims, [(most, &provider.id)], "{host}");
            }
        }
    }
}

/// `../shared/exam/hosts.tsv`: forms of names that were seen in public files, `-` for those of nobody.
#[test]
fn host_names_of_the_exam_find_their_provider() {
    let exam = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/exam/hosts.tsv");
    let lines = match fs::read_to_string(&exam) {
        Ok(lines) => lines,
        Err(error) => return tools::report(&format!("catalog: without {}: {error}", exam.display())),
    };
    let catalog = Catalog::built_in();
    let wrong: Vec<_> = lines
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once('\t'))
        .map(|(host, id)| (host, id, catalog.provider_of_host(host).unwrap().unwrap_or_else(|| "-".to_owned())))
        .filter(|(_, id, found)| id != found)
        .collect();
    assert!(lines.lines().count() > 50 && wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_provider_is_found_by_any_form_of_its_host() {
    let home = Home::new();
    let host = "db1.postgres.database.azure.com";
    for name in [
        host.to_owned(),
        format!("{host}:6432"),
        format!("postgresql://me:s3cret@{host}:5432/app?sslmode=require"),
        format!("jdbc:postgresql://{host}/app"),
        format!("host={host} user=me"),
    ] {
        let run = home.pgtrust(&["providers", &name]).expect(0);
        assert!(run.stdout.starts_with("azure: Azure Database for PostgreSQL\n"), "{name}: {run}");
    }
    let run = home.pgtrust(&["providers", "db.example.org:5432"]).expect(2);
    assert!(run.stdout.is_empty() && run.stderr.contains("pgtrust check db.example.org"), "{run}");
}

/// A certificate leaves a list on one day, whoever uses it.
#[test]
fn a_root_leaves_public_lists_on_one_day() {
    let mut days = BTreeMap::new();
    for provider in providers() {
        for root in provider.pins {
            let day = days.entry(root.sha256).or_insert_with(|| root.unlisted.clone());
            assert_eq!(*day, root.unlisted, "{}: {}", provider.id, root.subject);
        }
    }
    assert!(days.into_values().flatten().count() >= 10);
}

#[test]
fn hosts_find_their_provider() {
    let catalog = Catalog::built_in();
    for (host, id) in [
        ("DB.postgres.database.azure.com.", Some("azure")),
        ("db.abc.supabase.co", Some("supabase")),
        ("aws-0-eu-west-3.pooler.supabase.com", Some("supabase")),
        ("prod.c1x2.eu-west-1.rds.amazonaws.com", Some("aws-rds")),
        ("prod.c1x2.us-gov-west-1.rds.amazonaws.com", Some("aws-rds-gov")),
        ("app.proxy-c1x2.eu-west-1.rds.amazonaws.com", Some("amazon-trust")),
        ("prod.c1x2.rds.cn-north-1.amazonaws.com.cn", Some("aws-rds-china")),
        ("ep-cool-1.eu-central-1.aws.neon.tech", Some("neon")),
        ("postgres.database.azure.com", None),
        ("rds.amazonaws.com.evil.example", None),
    ] {
        assert_eq!(catalog.provider_of_host(host).unwrap().as_deref(), id, "{host}");
    }
}

#[test]
fn azure_holds_what_its_documentation_recommends_and_what_comes_next() {
    let azure = Catalog::built_in().provider("azure").unwrap();
    let installed: BTreeSet<String> =
        azure.installed(&Selection::default()).unwrap().iter().map(|(root, _)| root.subject.clone()).collect();
    let expected = [
        "DigiCert Global Root CA",
        "DigiCert Global Root G2",
        "DigiCert Global Root G3",
        "DigiCert TLS ECC P384 Root G5",
        "DigiCert TLS RSA4096 Root G5",
        "Microsoft ECC Root Certificate Authority 2017",
        "Microsoft RSA Root Certificate Authority 2017",
        "Microsoft TLS RSA Root G2",
    ];
    assert_eq!(installed, expected.map(str::to_owned).into());
    assert!(azure.pins.iter().any(|root| root.subject == "Baltimore CyberTrust Root" && root.role == Role::Legacy));
}

/// The roots of production and of Snap Cloud share their subject.
#[test]
fn the_two_roots_named_supabase_2021_are_kept_apart() {
    let catalog = Catalog::built_in();
    let only = |id: &str| {
        let provider = catalog.provider(id).unwrap();
        let mut installed = provider.installed(&Selection::default()).unwrap();
        assert_eq!(installed.len(), 1, "{id}");
        installed.remove(0).1
    };
    let (production, snap) = (only("supabase"), only("supabase-snap"));
    assert_eq!(production.subject(), snap.subject());
    assert_ne!(production.spki_sha256(), snap.spki_sha256());
    assert_ne!(production.subject_key_id(), snap.subject_key_id());
    assert_eq!(catalog.providers_of(&production.fingerprint()).unwrap(), [("supabase".to_owned(), Role::Current)]);
    assert_eq!(catalog.providers_of(&snap.fingerprint()).unwrap(), [("supabase-snap".to_owned(), Role::Current)]);
    assert_ne!(only("supabase-staging").subject(), production.subject());
}

#[test]
fn a_region_narrows_to_its_own_roots() {
    let catalog = Catalog::built_in();
    let rds = catalog.provider("aws-rds").unwrap();
    let of = |region: &str| Selection { region: Some(region.to_owned()), retiring: false };
    let mut names: Vec<String> =
        rds.installed(&of("eu-west-1")).unwrap().iter().map(|(root, _)| root.subject.clone()).collect();
    names.sort();
    let expected = ["ECC384", "RSA2048", "RSA4096"].map(|key| format!("Amazon RDS eu-west-1 Root CA {key} G1"));
    assert_eq!(names, expected);
    assert!(rds.installed(&of("mars-1")).is_err());
    let alibaba = catalog.provider("alibaba").unwrap();
    assert!(!alibaba.regions(true).is_empty());
    for region in alibaba.regions(true) {
        assert!(
            !alibaba.installed(&Selection { region: Some(region.to_owned()), retiring: true }).unwrap().is_empty(),
            "{region}"
        );
    }
}

/// The comments over the certificates are the writer's own, so that what is installed without a network is what is
/// installed with one. On a difference the file is rewritten; look at it, then run the test again.
#[test]
fn roots_files_are_as_the_writer_writes_them() {
    for provider in providers().iter().filter(|provider| provider.roots_of.is_none() && !provider.pins.is_empty()) {
        let roots = provider.roots().unwrap();
        let origins: Vec<String> =
            roots.iter().map(|(root, _)| format!("{} {}", provider.id, root.role.name())).collect();
        let entries = roots.iter().zip(&origins).map(|((_, certificate), origin)| Entry { certificate, origin });
        let mut written = Vec::new();
        (Format::pem().encode)(&mut { entries }, None, &mut written).unwrap();
        let path = folder().join(&provider.id).join("roots.pem");
        if fs::read(&path).unwrap() != written {
            #[expect(clippy::disallowed_methods, reason = "a file of the repository, not a store")]
            fs::write(&path, &written).unwrap();
            panic!("{} was rewritten", path.display());
        }
    }
}

#[test]
fn what_a_url_serves_is_declared() {
    for provider in providers() {
        for root in provider.pins.iter().filter(|root| root.url.is_some()) {
            assert!(matches!(root.encoding, Some(Encoding::Pem | Encoding::Der)), "{}: {}", provider.id, root.subject);
        }
        for source in &provider.sources {
            let json = matches!(source.encoding, Encoding::Base64Pem) || source.json.is_some();
            assert!(!json || !source.is_public(), "{}: an answer in JSON needs the user's parameters", provider.id);
        }
    }
}
