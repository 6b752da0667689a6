//! NSS databases, judged by NSS's own `certutil`, which also says what they are trusted for.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pgtrust::folder::Difference;
use pgtrust::nss::{Certutil, Database};
use pgtrust::{
    Catalog, Certificate, Error, Fingerprint, Journal, ProcessError, Programs, Selection, Step, StoreError, SystemError,
};

use crate::support::pgtrust::{Home, Run};
use crate::support::pki::{Authority, TestCertificate};
use crate::support::{Hint as _, tools};

#[test]
fn a_database_is_shown_and_is_a_source_of_what_it_trusts_for_servers() {
    let Some(certutil) = tools::program("certutil") else { return };
    let home = Home::new();
    let [trusted, other] = ["trusted", "other"].map(|name| Authority::root(name).certificate);
    let run = |arguments: &str| Run::of(home.command(&certutil).args(arguments.split(' '))).expect(0);
    fs::create_dir(home.path().join("db")).unwrap();
    run("-N -d sql:db --empty-password");
    for (root, flags) in [(&trusted, "C,,"), (&other, ",,")] {
        home.write("root.pem", &root.pem);
        run(&format!("-A -d sql:db -n {} -t {flags} -a -i root.pem", root.common_name));
    }
    let report = home.pgtrust(&["inspect", "--json", "db"]).expect(0).json();
    assert_eq!(report["stores"][0]["format"], "nss");
    let mut listed: Vec<_> = report["stores"][0]["certificates"].as_array().unwrap().iter().collect();
    listed.sort_by_key(|certificate| certificate["alias"].to_string());
    let facts = |key: &str| listed.iter().map(|certificate| certificate[key].clone()).collect::<Vec<_>>();
    assert_eq!(facts("alias"), ["other", "trusted"]);
    assert_eq!(facts("sha256"), [other.fingerprint(), trusted.fingerprint()]);
    assert!(
        listed[0]["flaw"].as_str().unwrap().contains("does not trust it for servers")
            && listed[1].get("flaw").is_none()
    );
    let run = home.pgtrust(&["bundle", "db"]).expect(0);
    assert!(run.stdout.contains(&trusted.fingerprint()) && !run.stdout.contains(&other.fingerprint()), "{run}");
}

#[test]
fn nss_trusts_servers_by_an_added_root_and_no_longer_once_it_is_removed() {
    for password in [None, Some("correct horse")] {
        let Some(scene) = Scene::new(password) else { return };
        let (ours, other) = (Authority::root("ours"), Authority::root("other"));
        let key = scene.add_own_key();
        assert!(!scene.nss_trusts(&ours));
        let difference = scene.add(&[read(&ours.certificate)]);
        assert_eq!(difference.certificates, [read(&ours.certificate)]);
        assert!(scene.nss_trusts(&ours), "{password:?}");
        assert!(!scene.nss_trusts(&other));
        assert_eq!(scene.own_keys(), key);
        let full = scene.contents();
        assert!(scene.add(&[read(&ours.certificate)]).changes.is_empty());

        scene.remove(&[read(&ours.certificate), read(&other.certificate)]);
        assert!(!scene.nss_trusts(&ours));
        assert_eq!(scene.own_keys(), key);
        scene.undo();
        assert_eq!(scene.contents(), full);
        assert!(scene.nss_trusts(&ours));
    }
}

#[test]
fn all_roots_of_a_provider_go_in_at_once() {
    let Some(scene) = Scene::new(None) else { return };
    let catalog = Catalog::built_in();
    let provider = catalog.provider("aws-rds").unwrap();
    let roots: Vec<Certificate> =
        provider.installed(&Selection::default()).unwrap().into_iter().map(|(_, certificate)| certificate).collect();
    assert!(roots.len() > 100);
    scene.add(&roots);
    let table = scene.certutil(&["-L"]).expect(0).stdout;
    assert_eq!(table.lines().filter(|line| line.ends_with(" C,,  ")).count(), roots.len(), "{table}");
    let database = scene.read(None).unwrap();
    let mut found: Vec<Fingerprint> = database.entries().iter().map(|entry| entry.certificate.fingerprint()).collect();
    let mut wanted: Vec<Fingerprint> = roots.iter().map(Certificate::fingerprint).collect();
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
}

#[test]
fn without_the_password_nothing_changes() {
    let Some(scene) = Scene::new(Some("correct horse")) else { return };
    let before = scene.contents();
    let wrong = scene.home.path().join("wrong");
    fs::write(&wrong, "battery staple\n").unwrap();
    let root = read(&Authority::root("ours").certificate);
    for password_file in [None, Some(&wrong)] {
        let database = scene.read(password_file.map(PathBuf::as_path)).unwrap();
        let error = Error::from(database.add([&root].into_iter()).unwrap_err());
        assert!(matches!(&error, Error::System(SystemError::Process(ProcessError::Failed { .. }))), "{error}");
        assert!(error.hint().unwrap().contains("--password-file"), "{error}");
        assert_eq!(scene.contents(), before);
    }
}

#[test]
fn what_is_there_under_another_name_stays_as_it_is() {
    let Some(scene) = Scene::new(None) else { return };
    let [trusted, untrusted, squatted] =
        ["trusted", "untrusted", "squatted"].map(|name| Authority::root(name).certificate);
    scene.put("Zürich  trusted, root", "CT,c,", &trusted);
    scene.put("for mail", ",C,", &untrusted);
    let alias = |root: &TestCertificate, digits: usize| {
        format!("pgtrust-{}-{}", root.common_name, &root.fingerprint()[..digits])
    };
    scene.put(&alias(&squatted, 8), ",,", &Authority::root("squatter").certificate);
    let names = |database: &Database| -> BTreeMap<String, String> {
        database.entries().iter().map(|entry| (entry.nickname.clone(), entry.trust.clone())).collect()
    };
    let before = names(&scene.read(None).unwrap());
    assert_eq!(before["Zürich  trusted, root"], "CT,c,");

    let roots = [&trusted, &untrusted, &squatted].map(read);
    let difference = scene.add(&roots);
    assert_eq!(difference.certificates, roots[2..]);
    assert!(matches!(&difference.notes[..], [note] if note.contains("`for mail`") && note.contains("`,C,`")));
    let mut after = names(&scene.read(None).unwrap());
    assert_eq!(after.remove(&alias(&squatted, 9)).as_deref(), Some("C,,"));
    assert_eq!(after, before);

    let difference = scene.remove(&roots);
    assert_eq!(difference.certificates, roots[2..]);
    assert_eq!(names(&scene.read(None).unwrap()), before);
}

#[test]
fn certificates_of_one_subject_are_told_apart() {
    // By nickname `certutil` shows all of a subject, the newest first.
    for (trusted, years) in [(0, [1, 2, 5, 6, 3, 4]), (1, [6, 5, 2, 1, 4, 3])] {
        let Some(scene) = Scene::new(None) else { return };
        let root = |year: i32| Authority::root_of_year("same", 2000 + year).certificate;
        let roots = years.map(root);
        let flags = |index: usize| if index == trusted { "C,," } else { ",," };
        scene.put("theirs 0", flags(0), &roots[0]);
        scene.put("theirs 1", flags(1), &roots[1]);
        let difference = scene.add(&roots[..4].iter().map(read).collect::<Vec<_>>());
        assert_eq!(difference.certificates, [read(&roots[2]), read(&roots[3])]);
        let [note] = &difference.notes[..] else { panic!("{:?}", difference.notes) };
        assert!(note.contains(&format!("`theirs {}`", 1 - trusted)), "{note}");
        scene.put("theirs 4", "C,,", &roots[4]);
        scene.put("theirs 5", "CT,,", &roots[5]);

        let database = scene.read(None).unwrap();
        let entry = |root: &TestCertificate| {
            let entry = database.entries().iter().find(|entry| entry.certificate == read(root)).unwrap();
            (entry.nickname.clone(), entry.is_trusted_for_servers())
        };
        // Names of others that stand for the same trust mean the same, so which has which is left open.
        assert_eq!(entry(&roots[1 - trusted]), (format!("theirs {}", 1 - trusted), false));
        assert!(entry(&roots[trusted]).1);
        for root in &roots[2..4] {
            assert_eq!(entry(root), (format!("pgtrust-same-{}", &root.fingerprint()[..8]), true));
        }
        assert_eq!(database.entries().len(), 6);
        scene.remove(&roots.iter().map(read).collect::<Vec<_>>());
        let mut left: Vec<String> =
            scene.read(None).unwrap().entries().iter().map(|entry| entry.nickname.clone()).collect();
        left.sort();
        assert_eq!(left, ["theirs 0", "theirs 1", "theirs 4", "theirs 5"]);
    }
}

#[test]
fn what_is_no_database_or_not_ready_is_said() {
    let Some(scene) = Scene::new(None) else { return };
    let error = |setup: &dyn Fn(&Path)| {
        let folder = tempfile::tempdir().unwrap();
        for name in ["cert9.db", "key4.db"] {
            fs::copy(scene.database().join(name), folder.path().join(name)).unwrap();
        }
        setup(folder.path());
        let before = fs::read_dir(folder.path()).unwrap().count();
        let error = Error::from(Database::read(folder.path(), &scene.program, None).unwrap_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), before, "{error}");
        (error.to_string(), error.hint().unwrap_or_default())
    };
    let remove = |folder: &Path, name| fs::remove_file(folder.join(name)).unwrap();
    let (message, hint) = error(&|folder| remove(folder, "cert9.db"));
    assert!(message.contains("no `cert9.db`") && hint.contains("certutil -N -d sql:"), "{message} {hint}");
    assert!(error(&|folder| remove(folder, "key4.db")).0.contains("key4.db"));
    let old = error(&|folder| fs::rename(folder.join("cert9.db"), folder.join("cert8.db")).unwrap());
    assert!(old.0.contains("cert8.db") && old.0.contains("old kind"), "{old:?}");
    assert!(error(&|folder| fs::write(folder.join("cert9.db-wal"), "x").unwrap()).0.contains("close it first"));
    assert!(error(&|folder| fs::write(folder.join("cert9.db"), "no database").unwrap()).0.contains("certutil"));
    let absent = Database::read(&scene.home.path().join("absent"), &scene.program, None).unwrap_err();
    assert!(matches!(absent, StoreError::NotAnNssDatabase { .. }), "{absent}");
    let written_as_nss_does = format!("sql:{}", scene.database().display());
    Database::read(Path::new(&written_as_nss_does), &scene.program, None).unwrap();
}

#[test]
fn without_certutil_the_packages_are_named() {
    let empty = tempfile::tempdir().unwrap();
    let error = Error::from(Certutil::find(&Programs::on(empty.path())).unwrap_err());
    let hint = error.hint().unwrap();
    assert!(["libnss3-tools", "nss-tools", "`nss`"].iter().all(|package| hint.contains(package)), "{hint}");
}

/// A database, and a journal that changes it.
struct Scene {
    home: tempfile::TempDir,
    program: Certutil,
    path: PathBuf,
    password_file: Option<PathBuf>,
}

impl Scene {
    fn new(password: Option<&str>) -> Option<Self> {
        let path = tools::program("certutil")?;
        let program = Certutil::find(&Programs::on(path.parent().unwrap())).unwrap();
        // A blank in the path, as browsers' profiles have it.
        let home = tempfile::Builder::new().prefix("nss tests ").tempdir().unwrap();
        let password_file = password.map(|password| {
            let file = home.path().join("pass word");
            fs::write(&file, format!("{password}\n")).unwrap();
            file
        });
        let scene = Self { home, program, path, password_file };
        fs::create_dir(scene.database()).unwrap();
        let empty: &[&str] = if password.is_none() { &["--empty-password"] } else { &[] };
        scene.certutil(&[&["-N"], empty].concat()).expect(0);
        Some(scene)
    }

    fn database(&self) -> PathBuf {
        self.home.path().join("database")
    }

    fn certutil(&self, arguments: &[&str]) -> Run {
        let mut command = Command::new(&self.path);
        command.args(arguments).arg("-d").arg(format!("sql:{}", self.database().display()));
        if let Some(file) = &self.password_file {
            command.arg("-f").arg(file);
        }
        Run::of(&mut command)
    }

    fn put(&self, nickname: &str, trust: &str, certificate: &TestCertificate) {
        let file = self.home.path().join("put.der");
        fs::write(&file, &certificate.der).unwrap();
        self.certutil(&["-A", "-n", nickname, "-t", trust, "-i", file.to_str().unwrap()]).expect(0);
    }

    /// Puts a server's own key into the database. Returns what lists it.
    fn add_own_key(&self) -> String {
        let noise = self.home.path().join("noise");
        fs::write(&noise, [7; 64]).unwrap();
        let arguments = ["-S", "-x", "-n", "server", "-s", "CN=server", "-t", ",,", "-k", "ec", "-q", "nistp256", "-z"];
        self.certutil(&[&arguments[..], &[noise.to_str().unwrap()]].concat()).expect(0);
        let keys = self.own_keys();
        assert!(keys.contains("server"), "{keys}");
        keys
    }

    fn own_keys(&self) -> String {
        self.certutil(&["-K"]).expect(0).stdout
    }

    /// Whether NSS takes a server that this authority vouches for. Leaves nothing in the database.
    fn nss_trusts(&self, authority: &Authority) -> bool {
        let before = self.contents();
        let (leaf, _) = authority.server(&["localhost"]);
        self.put("leaf", ",,", &leaf);
        let verdict = self.certutil(&["-V", "-u", "V", "-e", "-n", "leaf"]);
        for (name, bytes) in before {
            fs::write(self.database().join(name), bytes).unwrap();
        }
        verdict.status == 0 && verdict.stdout.contains("certificate is valid")
    }

    fn read(&self, password_file: Option<&Path>) -> Result<Database, Error> {
        Ok(Database::read(&self.database(), &self.program, password_file)?)
    }

    fn add(&self, roots: &[Certificate]) -> Difference {
        self.apply(self.read(self.password_file.as_deref()).unwrap().add(roots.iter()).unwrap())
    }

    fn remove(&self, roots: &[Certificate]) -> Difference {
        let fingerprints: Vec<Fingerprint> = roots.iter().map(Certificate::fingerprint).collect();
        self.apply(self.read(self.password_file.as_deref()).unwrap().remove(&fingerprints).unwrap())
    }

    fn apply(&self, difference: Difference) -> Difference {
        if !difference.changes.is_empty() {
            let now = time::OffsetDateTime::UNIX_EPOCH;
            self.journal().apply(Step::new(now, "test", &self.database(), &difference.changes)).unwrap();
        }
        difference
    }

    fn undo(&self) {
        let (journal, now) = (self.journal(), time::OffsetDateTime::UNIX_EPOCH);
        let last = journal.last().unwrap();
        let changes = journal.undo(&last, false).unwrap();
        let step = Step::new(now, "undo", &last.store, &changes);
        journal.apply(Step { undoes: Some(last.id), ..step }).unwrap();
    }

    fn journal(&self) -> Journal {
        Journal::new(&self.home.path().join("state"))
    }

    /// All that is in the database's folder.
    fn contents(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(self.database()).unwrap().map(Result::unwrap);
        entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
    }
}

fn read(certificate: &TestCertificate) -> Certificate {
    Certificate::from_der(&certificate.der[..]).unwrap()
}
