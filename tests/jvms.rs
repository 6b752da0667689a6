//! Which Java installations are found, and which store each of them reads. Real ones are judged by what they say.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use pgtrust::jvm::{self, Cacerts, FoundBy, JVM_FOLDERS, Jvm};
use pgtrust::{Environment, Error, Programs};
use tempfile::TempDir;

use crate::support::pgtrust::Run;
use crate::support::{Hint as _, tools};

#[test]
fn every_folder_is_searched_and_tells_its_name() {
    for known in JVM_FOLDERS {
        for pattern in known.patterns {
            let tree = Tree::new();
            let home = tree.path_of(pattern);
            tree.java(&home, "lib/security/cacerts");
            let found = tree.all();
            assert_eq!(found.len(), 1, "{pattern}: {found:?}");
            let [jvm] = &found[0].jvms[..] else { panic!("{pattern}: {found:?}") };
            assert_eq!((jvm.found, &jvm.home), (FoundBy::Folder(known.name), &tree.real(&home)), "{pattern}");
        }
    }
}

#[test]
fn variables_move_the_folders_of_version_managers() {
    let tree = Tree::new();
    let moved = tree.folder.path().join("moved");
    let environment = Environment {
        asdf_data_dir: Some(moved.join("asdf")),
        gradle_user_home: Some(moved.join("gradle")),
        jabba_home: Some(moved.join("jabba")),
        jenv_root: Some(moved.join("jenv")),
        mise_data_dir: Some(moved.join("mise")),
        sdkman_dir: Some(moved.join("sdkman")),
        ..tree.environment()
    };
    let homes = [
        ("asdf", "asdf/installs/java/temurin-21"),
        ("Gradle", "gradle/jdks/eclipse_adoptium-21"),
        ("jabba", "jabba/jdk/21"),
        ("jenv", "jenv/versions/21"),
        ("mise", "mise/installs/java/21"),
        ("SDKMAN", "sdkman/candidates/java/21-tem"),
    ];
    for (_, home) in homes {
        tree.java(&moved.join(home), "lib/security/cacerts");
    }
    let found = jvm::all(&environment, &tree.root());
    let found: Vec<_> = found.iter().map(|store| (store.jvms[0].found, store.jvms[0].home.clone())).collect();
    assert_eq!(found, homes.map(|(name, home)| (FoundBy::Folder(name), tree.real(&moved.join(home)))));
}

#[test]
fn a_shared_store_is_one_entry_with_all_its_homes() {
    let tree = Tree::new();
    let shared = tree.write("/etc/ssl/certs/java/cacerts");
    for home in ["/usr/lib/jvm/java-17", "/usr/lib/jvm/temurin-25", "/opt/other"] {
        tree.link("/etc/ssl/certs/java/cacerts", &tree.at(home).join("lib/security/cacerts"));
    }
    // A second name of the first is not a second Java.
    tree.link("java-17", &tree.at("/usr/lib/jvm/default-java"));
    tree.java(&tree.at("/usr/lib/jvm/own"), "lib/security/cacerts");
    // The store of a package that is not there.
    tree.link("/etc/nowhere/cacerts", &tree.at("/usr/lib/jvm/broken/lib/security/cacerts"));
    fs::create_dir_all(tree.at("/usr/lib/jvm/openjdk-17")).unwrap();

    let found = tree.all();
    let [first, second] = &found[..] else { panic!("{found:?}") };
    assert_eq!(first.store, tree.real(&shared));
    let homes: Vec<_> = first.jvms.iter().map(|jvm| jvm.home.clone()).collect();
    let expected = ["/opt/other", "/usr/lib/jvm/java-17", "/usr/lib/jvm/temurin-25"];
    assert_eq!(homes, expected.map(|home| tree.real(&tree.at(home))));
    assert_eq!(second.jvms[0].home, tree.real(&tree.at("/usr/lib/jvm/own")));
    assert_eq!(second.jvms.len(), 1);
}

#[test]
fn what_cannot_be_read_or_ends_nowhere_is_left_out() {
    let tree = Tree::new();
    tree.java(&tree.at("/usr/java/good"), "lib/security/cacerts");
    tree.link("loop", &tree.at("/usr/java/loop"));
    tree.write("/usr/java/file");
    tree.write("/snap");
    tree.java(&tree.at("/usr/lib/jvm/hidden"), "lib/security/cacerts");
    fs::set_permissions(tree.at("/usr/lib/jvm"), fs::Permissions::from_mode(0o000)).unwrap();
    let found = tree.all();
    fs::set_permissions(tree.at("/usr/lib/jvm"), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(found.iter().any(|store| store.jvms[0].home.ends_with("good")), "{found:?}");
    assert!(!found.iter().any(|store| store.jvms[0].home.ends_with("loop")), "{found:?}");
}

#[test]
fn the_home_may_be_named_by_its_bundle_its_java_or_its_jre() {
    let tree = Tree::new();
    let bundle = tree.at("/Library/Java/JavaVirtualMachines/temurin-21.jdk");
    tree.java(&bundle.join("Contents/Home"), "lib/security/cacerts");
    assert_eq!(Jvm::at(&bundle).unwrap().home, tree.real(&bundle.join("Contents/Home")));

    let jdk8 = tree.at("/usr/lib/jvm/java-8");
    tree.java(&jdk8, "jre/lib/security/cacerts");
    fs::write(jdk8.join("release"), "JAVA_VERSION=\"1.8.0_392\"\nOS_NAME=\"Linux\"\n").unwrap();
    let jre_java = jdk8.join("jre/bin/java");
    fs::create_dir_all(jre_java.parent().unwrap()).unwrap();
    fs::write(&jre_java, "").unwrap();
    for named in [&jdk8, &jdk8.join("jre"), &jdk8.join("bin/java"), &jre_java] {
        let jvm = Jvm::at(named).unwrap();
        assert_eq!(jvm.home, tree.real(&jdk8), "{}", named.display());
        assert_eq!(jvm.cacerts, tree.real(&jdk8).join("jre/lib/security/cacerts"));
        assert_eq!((jvm.version.as_deref(), jvm.found), (Some("1.8.0_392"), FoundBy::Name));
    }
}

#[test]
fn what_is_no_java_is_refused_with_the_reason_and_what_to_do() {
    let tree = Tree::new();
    let folder = tree.at("/empty");
    fs::create_dir_all(&folder).unwrap();
    let file = tree.write("/a-file");
    let gone = tree.at("/gone");
    for (path, reason) in [
        (&folder, "it has neither `lib/security/cacerts` nor `jre/lib/security/cacerts`"),
        (&file, "it is a file"),
        (&gone, "it does not exist"),
    ] {
        let error = Error::from(Jvm::at(path).unwrap_err());
        let message = error.to_string();
        assert!(message.contains(reason) && message.contains(path.to_str().unwrap()), "{message}");
        assert!(error.hint().unwrap().contains("bin/java"), "{message}");

        let environment = Environment { java_home: Some(path.clone()), ..tree.environment() };
        let error = Error::from(jvm::in_use(&environment, &Programs::on("")).unwrap_err());
        assert!(error.to_string().contains("(JAVA_HOME)"), "{error}");
        assert!(error.hint().unwrap().contains("unset JAVA_HOME"), "{error}");
    }

    let dangling = tree.at("/dangling");
    tree.link("/nowhere", &dangling.join("lib/security/cacerts"));
    let message = Jvm::at(&dangling).unwrap_err().to_string();
    assert!(message.contains("could not follow") && message.contains("lib/security/cacerts"), "{message}");

    let error = Error::from(jvm::in_use(&tree.environment(), &Programs::on("")).unwrap_err());
    assert!(error.to_string().contains("neither JAVA_HOME nor `java` on PATH"), "{error}");
    assert!(error.hint().unwrap().contains("--java-home"), "{error}");
}

#[test]
fn a_launcher_that_starts_no_java_is_reported_with_what_it_says() {
    let tree = Tree::new();
    let shims = tree.script("/shims/java", "echo 'No version is set for command java' >&2; exit 126");
    let environment = Environment { path: Some(shims.into()), ..tree.environment() };
    let error = Error::from(jvm::in_use(&environment, &Programs::on("")).unwrap_err());
    assert!(error.to_string().contains("/shims/java"), "{error}");
    assert!(error.to_string().contains("No version is set for command java"), "{error}");
    assert!(error.hint().unwrap().contains("--java-home"), "{error}");
}

#[test]
fn the_java_in_use_is_the_one_that_would_start() {
    let Some(java) = tools::program("java") else { return };
    let itself = Itself::compiled();
    let expected = itself.says(&java);
    let home = PathBuf::from(&expected.home);

    let tree = Tree::new();
    // Found by the folder that the user is in, as version managers do.
    let by_script = tree.script("/script/java", &format!("exec '{}' \"$@\"", java.display()));
    // One program behind the names of all tools.
    tree.script("/dispatcher/manager", &format!("exec '{}/'\"$(basename \"$0\")\" \"$@\"", home.join("bin").display()));
    tree.link("../dispatcher/manager", &tree.at("/by-name/java"));
    tree.link(home.join("bin/java").to_str().unwrap(), &tree.at("/links/java"));
    fs::create_dir_all(tree.at("/nothing")).unwrap();

    for folder in [java.parent().unwrap(), &by_script, &tree.at("/by-name"), &tree.at("/links")] {
        let own = std::env::var_os("PATH").unwrap();
        let folders = [tree.at("/nothing"), folder.to_owned()].into_iter().chain(std::env::split_paths(&own));
        let environment = Environment { path: Some(std::env::join_paths(folders).unwrap()), ..tree.environment() };
        let found = jvm::in_use(&environment, &Programs::on("")).unwrap();
        assert_eq!((found.home.as_path(), found.found), (home.as_path(), FoundBy::Path), "{}", folder.display());
        assert_eq!(found.version.as_deref(), Some(expected.version.as_str()));
    }

    // `JAVA_HOME` comes first.
    let other = tree.at("/usr/lib/jvm/other");
    tree.java(&other, "lib/security/cacerts");
    let path = Some(OsString::from(java.parent().unwrap()));
    let environment = Environment { java_home: Some(other.clone()), path, ..tree.environment() };
    let found = jvm::in_use(&environment, &Programs::on("")).unwrap();
    assert_eq!((found.home, found.found), (tree.real(&other), FoundBy::JavaHome));
}

#[test]
fn every_java_reads_the_store_that_is_found() {
    let Some(java) = tools::program("java") else { return };
    let itself = Itself::compiled();
    let environment = Environment { path: Some(java.parent().unwrap().into()), ..Environment::default() };
    let here = jvm::all(&environment, Path::new("/")).into_iter().flat_map(|store| store.jvms);
    let jvms: Vec<Jvm> = here.chain(tools::jdks().iter().map(|home| Jvm::at(home).unwrap())).collect();
    assert!(!jvms.is_empty());
    for jvm in &jvms {
        let expected = itself.says(&jvm.home.join("bin/java"));
        assert_eq!(jvm.home, Path::new(&expected.home));
        assert_eq!(jvm.version.as_deref(), Some(expected.version.as_str()));
        assert_eq!(jvm.shadowed_by.as_ref().unwrap_or(&jvm.cacerts), Path::new(&expected.store));
    }
}

#[test]
fn a_jssecacerts_is_read_instead() {
    let Some(jdk) = tools::jdks().pop() else { return };
    let itself = Itself::compiled();
    let folder = tempfile::tempdir().unwrap();
    let home = fs::canonicalize(folder.path()).unwrap().join("jdk");
    assert!(Command::new("cp").arg("-R").args([&jdk, &home]).status().unwrap().success());
    assert_eq!(Jvm::at(&home).unwrap().shadowed_by, None);
    assert!(itself.says(&home.join("bin/java")).store.ends_with("/cacerts"));

    let security = home.join("lib/security");
    fs::copy(security.join("cacerts"), security.join("jssecacerts")).unwrap();
    let jvm = Jvm::at(&home).unwrap();
    assert_eq!(jvm.shadowed_by, Some(security.join("jssecacerts")));
    assert_eq!(itself.says(&home.join("bin/java")).store, security.join("jssecacerts").to_str().unwrap());
}

/// A machine in a folder, and a user's home beside it.
struct Tree {
    folder: TempDir,
}

impl Tree {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("pgtrust-jvms-").tempdir().unwrap();
        fs::create_dir_all(folder.path().join("root")).unwrap();
        Self { folder }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root().join(path.trim_start_matches('/'))
    }

    /// The path below this folder as it is told: without links where the test's own temporary folder is behind one.
    fn real(&self, path: &Path) -> PathBuf {
        fs::canonicalize(path).unwrap()
    }

    fn environment(&self) -> Environment {
        let folder = |name: &str| Some(self.folder.path().join(name));
        Environment {
            home: folder("home"),
            local_appdata: folder("local"),
            program_files: ["programs", "programs-x86"].into_iter().filter_map(folder).collect(),
            ..Environment::default()
        }
    }

    fn all(&self) -> Vec<Cacerts> {
        jvm::all(&self.environment(), &self.root())
    }

    /// A path that a pattern fits.
    fn path_of(&self, pattern: &str) -> PathBuf {
        let defaults = [
            ("~", "home"),
            ("$ASDF_DATA_DIR", "home/.asdf"),
            ("$GRADLE_USER_HOME", "home/.gradle"),
            ("$JABBA_HOME", "home/.jabba"),
            ("$JENV_ROOT", "home/.jenv"),
            ("$LOCALAPPDATA", "local"),
            ("$MISE_DATA_DIR", "home/.local/share/mise"),
            ("$ProgramFiles", "programs-x86"),
            ("$SDKMAN_DIR", "home/.sdkman"),
            ("$XDG_DATA_HOME", "home/.local/share"),
            ("", "root"),
        ];
        let (first, rest) = pattern.split_once('/').unwrap();
        let (_, base) = defaults.iter().find(|(name, _)| *name == first).unwrap();
        self.folder.path().join(base).join(rest.replace('*', "17"))
    }

    fn write(&self, path: &str) -> PathBuf {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "").unwrap();
        path
    }

    fn link(&self, target: &str, path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }

    /// What makes a folder the home of a Java.
    fn java(&self, home: &Path, cacerts: &str) {
        for file in [home.join("bin/java"), home.join(cacerts)] {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
    }

    /// Returns the folder that the script is in.
    fn script(&self, path: &str, text: &str) -> PathBuf {
        let path = self.at(path);
        let folder = path.parent().unwrap().to_owned();
        let source = self.write("/script-source");
        fs::write(&source, format!("#!/bin/sh\n{text}\n")).unwrap();
        // By another program: what this one has open for writing, a child that is being started may have too, and then
        // the system does not run it.
        let mut install = Command::new("install");
        Run::of(install.args(["-D", "-m", "755"]).args([source, path])).expect(0);
        folder
    }
}

/// A program that any Java runs, and what it told.
struct Itself {
    classes: TempDir,
}

struct Told {
    home: String,
    version: String,
    store: String,
}

impl Itself {
    fn compiled() -> Self {
        let classes = tempfile::tempdir().unwrap();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/jvms/Itself.java");
        let mut javac = Command::new("javac");
        Run::of(javac.args(["--release", "11", "-d"]).arg(classes.path()).arg(source)).expect(0);
        Self { classes }
    }

    fn says(&self, java: &Path) -> Told {
        let mut command = Command::new(java);
        command.arg("-Djavax.net.debug=trustmanager").arg("-cp").arg(self.classes.path()).arg("Itself");
        let run = Run::of(&mut command).expect(0);
        let store = run.stderr.lines().find_map(|line| Some(line.split_once("trustStore is: ")?.1.to_owned()));
        let mut lines = run.stdout.lines();
        let mut line = || lines.next().unwrap().to_owned();
        Told { home: line(), version: line(), store: store.unwrap() }
    }
}
