//! Folders of certificate files, judged by what reads them: openssl, curl, Python.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use pgtrust::folder::{Difference, Directory, Naming, hash};
use pgtrust::format::Entry;
use pgtrust::{Certificate, Error, Fingerprint, Journal, Step, StoreError};

use crate::support::der::revocation_list;
use crate::support::pgtrust::Run;
use crate::support::pki::{Authority, TestCertificate};
use crate::support::provider_server::ProviderServer;
use crate::support::reply::Reply;
use crate::support::{Hint as _, tools};

#[test]
fn openssl_finds_every_root_of_one_subject_in_a_hashed_folder() {
    let Some(openssl) = tools::program("openssl") else { return };
    let scene = Scene::new();
    let authorities: Vec<Authority> = (0..4).map(|_| Authority::root("one of many")).collect();
    let roots: Vec<Certificate> = authorities.iter().map(|authority| read(&authority.certificate)).collect();
    scene.add(Naming::Hashed, &roots[..2]);
    let difference = scene.add(Naming::Hashed, &roots);
    assert_eq!(difference.certificates, roots[2..]);
    assert!(scene.add(Naming::Hashed, &roots).changes.is_empty());
    assert_eq!(scene.names(), (0..4).map(|number| numbered(&roots[0], number)).collect::<Vec<_>>());
    for authority in &authorities {
        assert!(scene.openssl_trusts(&openssl, authority));
    }
    assert!(!scene.openssl_trusts(&openssl, &Authority::root("one of many")));
}

#[test]
fn curl_trusts_a_server_by_a_hashed_folder() {
    let Some(curl) = tools::program("curl") else { return };
    trusts_a_server_by_a_hashed_folder(&|folder| {
        let mut command = Command::new(&curl);
        command.args(["--silent", "--show-error", "--capath"]).arg(folder);
        command
    });
}

#[test]
fn python_trusts_a_server_by_a_hashed_folder() {
    let Some(python) = tools::program("python3") else { return };
    trusts_a_server_by_a_hashed_folder(&|folder| {
        let mut command = Command::new(&python);
        command.args(["-c", PYTHON]).arg(folder);
        command
    });
}

/// `client` takes the folder; the URL is its last argument.
#[track_caller]
fn trusts_a_server_by_a_hashed_folder(client: &dyn Fn(&Path) -> Command) {
    let server = ProviderServer::start();
    server.serve("/", Reply::bytes("hello"));
    let root = Certificate::from_der(pem::parse(server.ca_pem()).unwrap().into_contents()).unwrap();
    let scene = Scene::new();
    let get = || {
        let mut command = client(&scene.folder());
        Run::of(command.arg(server.url("/")).env_remove("HTTPS_PROXY").env_remove("https_proxy"))
    };
    scene.add(Naming::Hashed, &[read(&Authority::root("another").certificate)]);
    let refused = get();
    assert!(refused.status != 0 && refused.stderr.contains("certificate"), "{refused}");
    scene.add(Naming::Hashed, std::slice::from_ref(&root));
    assert_eq!(get().expect(0).stdout, "hello");
}

#[test]
fn a_number_that_another_has_is_left_to_it_and_a_gap_is_filled_and_said() {
    let Some(openssl) = tools::program("openssl") else { return };
    let scene = Scene::new();
    let authorities: Vec<Authority> = (0..4).map(|_| Authority::root("shared")).collect();
    let [first, hidden, ours, late] = [0, 1, 2, 3].map(|index| read(&authorities[index].certificate));
    scene.write(&numbered(&first, 0), &authorities[0].certificate.pem);
    scene.write(&numbered(&first, 2), &authorities[1].certificate.pem);
    let before = scene.contents();
    assert!(!scene.openssl_trusts(&openssl, &authorities[1]));

    let difference = scene.add(Naming::Hashed, std::slice::from_ref(&ours));
    assert_eq!(scene.names(), [0, 1, 2].map(|number| numbered(&first, number)));
    assert!(before.iter().all(|(name, bytes)| scene.contents()[name] == *bytes));
    assert!(scene.openssl_trusts(&openssl, &authorities[2]));
    // The gap is closed, so openssl now reads what stood behind it: the note must be true.
    assert!(scene.openssl_trusts(&openssl, &authorities[1]));
    assert!(matches!(&difference.notes[..], [note] if note.contains(&numbered(&hidden, 2))), "{difference:?}");

    let difference = scene.add(Naming::Hashed, std::slice::from_ref(&late));
    assert!(difference.notes.is_empty() && scene.names().contains(&numbered(&first, 3)), "{difference:?}");
}

#[test]
fn behind_a_file_that_openssl_cannot_read_nothing_is_added() {
    let Some(openssl) = tools::program("openssl") else { return };
    let authority = Authority::root("blocked");
    let root = read(&authority.certificate);
    let name = numbered(&root, 0);
    let other = Authority::root("blocked").certificate;
    let broken = other.pem.replace("-----END", "----END");
    let blocks: [&dyn Fn(&Path); 5] = [
        &|path| fs::write(path, "not a certificate").unwrap(),
        &|path| fs::write(path, &other.der).unwrap(),
        &|path| fs::write(path, &broken).unwrap(),
        &|path| symlink("nowhere", path).unwrap(),
        &|path| fs::create_dir(path).unwrap(),
    ];
    for block in blocks {
        let scene = Scene::new();
        block(&scene.folder().join(&name));
        let error = scene.plan(Naming::Hashed, std::slice::from_ref(&root)).unwrap_err();
        assert!(
            matches!(&error, Error::Store(StoreError::BlockedHash { path, .. }) if path.ends_with(&name)),
            "{error}"
        );
        assert!(error.hint().is_some());
        // It is so: openssl does not find the root at the next number.
        scene.write(&numbered(&root, 1), &authority.certificate.pem);
        assert!(!scene.openssl_trusts(&openssl, &authority), "{error}");
    }
}

#[test]
fn removal_takes_what_pgtrust_wrote_and_leaves_no_gap() {
    let Some(openssl) = tools::program("openssl") else { return };
    let authorities: Vec<Authority> = (0..5).map(|_| Authority::root("numbered")).collect();
    let roots: Vec<Certificate> = authorities.iter().map(|authority| read(&authority.certificate)).collect();
    // Every choice of two files of others among five.
    for (one, two) in (0..5).flat_map(|two| (0..two).map(move |one| (one, two))) {
        let scene = Scene::new();
        for (number, authority) in authorities.iter().enumerate() {
            if number == one || number == two {
                scene.write(&numbered(&roots[0], number), &authority.certificate.pem);
            } else {
                scene.add(Naming::Hashed, std::slice::from_ref(&roots[number]));
            }
        }
        let full = scene.contents();
        // All are named: those of others stay all the same.
        let difference = scene.remove(Naming::Hashed, &roots);
        assert_eq!(difference.certificates.len(), 3);
        assert!(difference.notes.is_empty());
        let left = scene.contents();
        assert_eq!(left.keys().cloned().collect::<Vec<_>>(), [0, 1].map(|number| numbered(&roots[0], number)));
        assert_eq!(left[&numbered(&roots[0], 0)], full[&numbered(&roots[0], one)]);
        assert_eq!(left[&numbered(&roots[0], 1)], full[&numbered(&roots[0], two)]);
        for (number, authority) in authorities.iter().enumerate() {
            assert_eq!(scene.openssl_trusts(&openssl, authority), number == one || number == two);
        }
        scene.undo();
        assert_eq!(scene.contents(), full);
    }
}

#[test]
fn removal_does_not_cut_off_or_touch_the_links_of_others() {
    let Some(openssl) = tools::program("openssl") else { return };
    let scene = Scene::new();
    let authorities: Vec<Authority> = (0..3).map(|_| Authority::root("linked")).collect();
    let roots: Vec<Certificate> = authorities.iter().map(|authority| read(&authority.certificate)).collect();
    scene.add(Naming::Hashed, &roots[..1]);
    scene.write("theirs.pem", &authorities[1].certificate.pem);
    symlink("theirs.pem", scene.folder().join(numbered(&roots[0], 1))).unwrap();
    scene.add(Naming::Hashed, &roots[2..]);
    let difference = scene.remove(Naming::Hashed, &roots);
    assert_eq!(difference.certificates, roots[2..]);
    assert!(matches!(&difference.notes[..], [note] if note.contains("stays")), "{difference:?}");
    assert_eq!(scene.names(), [numbered(&roots[0], 0), numbered(&roots[0], 1), "theirs.pem".to_owned()]);
    assert_eq!(scene.contents()["theirs.pem"], authorities[1].certificate.pem.as_bytes());
    assert_eq!([0, 1, 2].map(|index| scene.openssl_trusts(&openssl, &authorities[index])), [true, true, false]);
}

#[test]
fn anchors_are_one_file_per_root_and_only_untouched_ones_are_removed() {
    let scene = Scene::new();
    let roots = ["A  Root (CA), Ünicode & more", "b", ""].map(|name| read(&Authority::root(name).certificate));
    let taken = format!("pgtrust-b-{}.crt", &roots[1].fingerprint().to_string()[..8]);
    scene.write(&taken, "of someone else");
    assert_eq!(scene.add(Naming::Anchors, &roots).certificates, roots);
    assert!(scene.add(Naming::Anchors, &roots).changes.is_empty());
    let names = scene.names();
    let start = |index: usize, digits: usize| roots[index].fingerprint().to_string()[..digits].to_owned();
    assert!(names.contains(&format!("pgtrust-a-root-ca-nicode-more-{}.crt", start(0, 8))), "{names:?}");
    assert!(names.contains(&format!("pgtrust-b-{}.crt", start(1, 9))), "{names:?}");
    assert!(names.iter().any(|name| name.ends_with(&format!("{}.crt", start(2, 8)))), "{names:?}");
    assert_eq!(scene.contents()[&taken], b"of someone else");

    // Changed, renamed or linked to by its user, a file is the user's.
    let first = scene.folder().join(format!("pgtrust-a-root-ca-nicode-more-{}.crt", start(0, 8)));
    fs::write(&first, [&fs::read(&first).unwrap()[..], b"# mine\n"].concat()).unwrap();
    fs::rename(scene.folder().join(format!("pgtrust-b-{}.crt", start(1, 9))), scene.folder().join("b.crt")).unwrap();
    let third = names.iter().find(|name| name.ends_with(&format!("{}.crt", start(2, 8)))).unwrap();
    symlink(third, scene.folder().join("hash.0")).unwrap();
    let difference = scene.remove(Naming::Anchors, &roots);
    assert_eq!(difference.certificates, roots[2..]);
    assert!(matches!(&difference.notes[..], [note] if note.contains("hash.0") && note.contains("rehash")));
    assert!(first.exists() && scene.folder().join("b.crt").exists());
    assert!(!scene.folder().join(third).exists());
    assert!(scene.remove(Naming::Anchors, &[]).changes.is_empty());
}

#[test]
fn a_certificate_counts_once_and_all_else_is_named_for_what_it_is() {
    let scene = Scene::new();
    let folder = scene.folder();
    let roots = ["one", "two"].map(|name| Authority::root(name).certificate);
    scene.write("one.pem", &roots[0].pem);
    symlink("one.pem", folder.join(numbered(&read(&roots[0]), 0))).unwrap();
    scene.write("bundle.crt", format!("{}{}", roots[0].pem, roots[1].pem));
    scene.write("two.der", &roots[1].der);
    scene.write("abcdef01.r0", revocation_list());
    scene.write("server.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    scene.write("README", "certificates of the team");
    scene.write("empty", "");
    fs::create_dir(folder.join("more")).unwrap();
    scene.write("more/three.pem", &Authority::root("three").certificate.pem);
    symlink("loop", folder.join("loop")).unwrap();
    symlink("/dev/zero", folder.join("zero")).unwrap();
    symlink("..", folder.join("up")).unwrap();
    let huge = tempfile::NamedTempFile::new().unwrap();
    fs::write(huge.path(), &roots[0].pem).unwrap();
    huge.as_file().set_len(1 << 34).unwrap();
    symlink(huge.path(), folder.join("huge")).unwrap();
    Run::of(Command::new("mkfifo").arg(folder.join("fifo"))).expect(0);

    let directory = Directory::read(&folder).unwrap();
    let certificates: Vec<(String, &Certificate)> = directory.certificates().collect();
    let [one, two] = [read(&roots[0]), read(&roots[1])];
    assert_eq!(certificates, [("bundle.crt".to_owned(), &one), ("bundle.crt".to_owned(), &two)]);
    let others: BTreeMap<&str, &str> =
        directory.others().iter().map(|other| (&other.name[..], &other.kind[..])).collect();
    assert_eq!(others.keys().copied().collect::<Vec<_>>(), ["README", "abcdef01.r0", "empty", "huge", "server.key"]);
    assert_eq!(others["abcdef01.r0"], "revocation-list");
    assert!(others["server.key"].contains("private key") && others["huge"].contains("larger than"), "{others:?}");

    // A link is named when nothing else holds the certificate.
    fs::remove_file(folder.join("bundle.crt")).unwrap();
    let names: Vec<String> = Directory::read(&folder).unwrap().certificates().map(|(name, _)| name).collect();
    assert_eq!(names, ["one.pem", "two.der"]);
    assert_eq!(Directory::read(&folder.join("absent")).unwrap().certificates().count(), 0);
}

#[test]
fn a_folder_of_more_files_than_anyone_has_is_refused() {
    let scene = Scene::new();
    for number in 0..=50_000 {
        fs::write(scene.folder().join(number.to_string()), "").unwrap();
    }
    let error = Directory::read(&scene.folder()).unwrap_err();
    assert!(error.to_string().contains("more than 50000 files"), "{error}");
}

/// A folder, and a journal that changes it.
struct Scene {
    home: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let scene = Self { home: tempfile::tempdir().unwrap() };
        fs::create_dir(scene.folder()).unwrap();
        scene
    }

    fn folder(&self) -> std::path::PathBuf {
        self.home.path().join("folder")
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.folder().join(name), content).unwrap();
    }

    fn plan(&self, naming: Naming, roots: &[Certificate]) -> Result<Difference, Error> {
        let mut entries = roots.iter().map(|certificate| Entry { certificate, origin: "test current" });
        Ok(Directory::read(&self.folder())?.add(naming, &mut entries)?)
    }

    fn add(&self, naming: Naming, roots: &[Certificate]) -> Difference {
        let difference = self.plan(naming, roots).unwrap();
        self.apply(&difference);
        difference
    }

    fn remove(&self, naming: Naming, roots: &[Certificate]) -> Difference {
        let fingerprints: Vec<Fingerprint> = roots.iter().map(Certificate::fingerprint).collect();
        let difference = Directory::read(&self.folder()).unwrap().remove(naming, &fingerprints);
        self.apply(&difference);
        difference
    }

    fn apply(&self, difference: &Difference) {
        if !difference.changes.is_empty() {
            let now = time::OffsetDateTime::UNIX_EPOCH;
            self.journal().apply(Step::new(now, "test", &self.folder(), &difference.changes)).unwrap();
        }
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

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn contents(&self) -> BTreeMap<String, Vec<u8>> {
        let read = |name: String| (name.clone(), fs::read(self.folder().join(name)).unwrap());
        self.names().into_iter().map(read).collect()
    }

    /// Whether openssl, with this folder alone, trusts a server that this authority vouches for.
    fn openssl_trusts(&self, openssl: &Path, authority: &Authority) -> bool {
        let (leaf, _) = authority.server(&["localhost"]);
        let file = self.home.path().join("leaf.pem");
        fs::write(&file, leaf.pem).unwrap();
        let mut command = Command::new(openssl);
        command.args(["verify", "-no-CAfile", "-no-CAstore", "-CApath"]).arg(self.folder()).arg(file);
        Run::of(&mut command).status == 0
    }
}

fn read(certificate: &TestCertificate) -> Certificate {
    Certificate::from_der(&certificate.der[..]).unwrap()
}

/// The file name for the subject of this certificate.
fn numbered(certificate: &Certificate, number: usize) -> String {
    format!("{:08x}.{number}", hash(certificate).unwrap())
}

const PYTHON: &str = "
import ssl, sys, urllib.request
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.load_verify_locations(capath=sys.argv[1])
print(urllib.request.urlopen(sys.argv[2], context=context).read().decode(), end='')
";
