//! A store of some kind, a command that changes it, and how it stands before and after. A scene can be set again as
//! often as wanted, at the same path.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Permissions};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::material::Material;
use crate::support::pgtrust::{Home, Run};

/// What is done to a store.
pub(crate) struct Action {
    pub(crate) name: &'static str,
    /// For a store of this name.
    arguments: fn(&'static str) -> Vec<&'static str>,
    /// Whether it brings the new roots. Otherwise they are installed before, and it takes them out.
    adds: bool,
    /// Whether it leaves a store without any root, or no store at all.
    may_empty: bool,
    /// Whether the manifest keeps the store from before.
    kept: bool,
}

pub(crate) static INSTALL: Action = Action {
    name: "install",
    arguments: |store| vec!["install", "new.pem", "--output", store],
    adds: true,
    may_empty: true,
    kept: false,
};
static REFRESH: Action =
    Action { name: "refresh", arguments: |_| vec!["refresh", "--offline"], adds: true, may_empty: true, kept: true };
pub(crate) static UNDO: Action =
    Action { name: "undo", arguments: |_| vec!["undo"], adds: false, may_empty: true, kept: false };
static UNINSTALL: Action = Action {
    name: "uninstall",
    arguments: |store| vec!["uninstall", "--output", store],
    adds: false,
    may_empty: true,
    kept: false,
};
static PRUNE: Action = Action {
    name: "prune",
    arguments: |store| vec!["prune", "--at", AFTER_ALL, "--output", store],
    adds: false,
    may_empty: false,
    kept: false,
};

/// When every root has expired.
const AFTER_ALL: &str = "9000-01-01";

pub(crate) static ACTIONS: &[&Action] = &[&INSTALL, &REFRESH, &UNDO, &UNINSTALL, &PRUNE];

/// Every action on every kind of store.
pub(crate) fn jobs() -> impl Iterator<Item = (&'static Kind, &'static Action)> {
    let all = KINDS.iter().flat_map(|kind| ACTIONS.iter().map(move |action| (kind, *action)));
    all.filter(|(kind, action)| action.may_empty || !kind.name.starts_with("new"))
}

/// A kind of store.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Where it stands.
    pub(crate) store: &'static str,
    /// The roots that are installed.
    pub(crate) new: &'static [usize],
    make: fn(&Material, &Home),
}

/// The kind whose journal is long.
const LONG: &str = "PEM";
/// The changes of another store in it.
const OTHERS: u64 = 500;

pub(crate) static KINDS: &[Kind] = &[
    Kind { name: LONG, store: "store.pem", new: &[1], make: |material, home| pem(material, home, "store.pem") },
    Kind { name: "JKS", store: "store.jks", new: &[1], make: |material, home| key_store(material, home, "store.jks") },
    Kind {
        name: "PKCS#12",
        store: "store.p12",
        new: &[1],
        make: |material, home| key_store(material, home, "store.p12"),
    },
    Kind {
        name: "hashed folder",
        store: "certs",
        new: &[1, 2, 3],
        make: |material, home| pem(material, home, &format!("certs/{}.0", material.hash_of_a)),
    },
    Kind {
        name: "PEM behind a link",
        store: "link.pem",
        new: &[1],
        make: |material, home| {
            pem(material, home, "real/store.pem");
            symlink("real/store.pem", home.path().join("link.pem")).unwrap();
        },
    },
    Kind { name: "new PEM", store: "new/store.pem", new: &[1, 2], make: |_, _| {} },
    Kind { name: "new JKS", store: "new/store.jks", new: &[1, 2], make: |_, _| {} },
    Kind { name: "new PKCS#12", store: "new/store.p12", new: &[1, 2], make: |_, _| {} },
];

fn pem(material: &Material, home: &Home, name: &str) {
    home.write(name, &material.roots[0].pem);
}

fn key_store(material: &Material, home: &Home, name: &str) {
    home.write(name, &material.key_stores[name]);
}

/// A store before a command and after it.
pub(crate) struct Scene<'a> {
    material: &'a Material,
    pub(crate) home: Home,
    pub(crate) kind: &'a Kind,
    pub(crate) action: &'static Action,
    /// The files of the store as the command finds them, and as it leaves them.
    pub(crate) start: Contents,
    pub(crate) end: Contents,
    pub(crate) seen_at_end: BTreeSet<String>,
    saved: Vec<(PathBuf, Saved)>,
}

/// The files of a store by name.
pub(crate) type Contents = BTreeMap<PathBuf, Vec<u8>>;

enum Saved {
    File(Vec<u8>, Permissions),
    Folder,
    Link(PathBuf),
}

impl<'a> Scene<'a> {
    /// Sets the scene, has the command run once, and has openssl or keytool say that it did what it should.
    pub(crate) fn new(material: &'a Material, kind: &'a Kind, action: &'static Action) -> Self {
        let home = Home::new();
        (kind.make)(material, &home);
        home.write("new.pem", kind.new.iter().map(|index| &material.roots[*index].pem[..]).collect::<String>());
        let mut scene = Self {
            material,
            home,
            kind,
            action,
            start: Contents::new(),
            end: Contents::new(),
            seen_at_end: BTreeSet::new(),
            saved: Vec::new(),
        };
        let without = material.seen(&scene.home, kind.store);
        if !action.adds {
            scene.run(&INSTALL).expect(0);
        }
        if action.kept {
            let path = |name: &str| scene.home.path().join(name);
            let (store, new) = (path(kind.store), path("new.pem"));
            let manifest = format!("[[target]]\npath = {store:?}\nsources = [{new:?}]\n");
            scene.home.write(".config/pgtrust/pgtrust.toml", manifest);
        }
        if kind.name == LONG {
            scene.lengthen_journal();
        }
        scene.start = scene.contents();
        scene.saved = save(scene.home.path());
        scene.run(action).expect(0);
        scene.end = scene.contents();
        scene.seen_at_end = material.seen(&scene.home, kind.store);
        let new = kind.new.iter().map(|index| material.roots[*index].common_name.clone());
        let expected = if action.adds { without.into_iter().chain(new).collect() } else { without };
        assert_eq!(scene.seen_at_end, expected, "{}", scene.name());
        scene
    }

    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.kind.name, self.action.name)
    }

    /// The arguments of its own action.
    pub(crate) fn arguments(&self) -> Vec<&'static str> {
        (self.action.arguments)(self.kind.store)
    }

    pub(crate) fn run(&self, action: &Action) -> Run {
        self.home.pgtrust(&(action.arguments)(self.kind.store))
    }

    /// Puts everything below the home back as it was before the command.
    pub(crate) fn set_again(&self) {
        for entry in fs::read_dir(self.home.path()).unwrap() {
            let path = entry.unwrap().path();
            let is_folder = fs::symlink_metadata(&path).unwrap().is_dir();
            if is_folder { fs::remove_dir_all(&path) } else { fs::remove_file(&path) }.unwrap();
        }
        for (path, saved) in &self.saved {
            match saved {
                Saved::Folder => fs::create_dir(path).unwrap(),
                Saved::Link(target) => symlink(target, path).unwrap(),
                Saved::File(bytes, permissions) => {
                    fs::write(path, bytes).unwrap();
                    fs::set_permissions(path, permissions.clone()).unwrap();
                }
            }
        }
    }

    /// The store as it is now, without what a killed run left aside.
    pub(crate) fn contents(&self) -> Contents {
        let store = self.home.path().join(self.kind.store);
        let files = if store.is_dir() { files_below(&store) } else { vec![store] };
        let visible = files.into_iter().filter(|path| !is_leftover(path));
        visible.filter_map(|path| fs::read(&path).ok().map(|bytes| (path, bytes))).collect()
    }

    /// What is wrong with the store if it is neither as before the command nor as after it. In a folder this is asked of
    /// each file.
    pub(crate) fn torn(&self) -> Option<String> {
        let now = self.contents();
        let paths: BTreeSet<&PathBuf> = now.keys().chain(self.start.keys()).chain(self.end.keys()).collect();
        if self.is_end() {
            return self.replaced_link();
        }
        let torn = |path: &&&PathBuf| {
            let bytes = now.get(**path);
            bytes != self.start.get(**path) && bytes != self.end.get(**path)
        };
        match paths.iter().find(torn) {
            Some(path) => Some(format!("`{}` is neither the old file nor the new one", path.display())),
            None => self.replaced_link(),
        }
    }

    /// Whether the store is as the command leaves it. Salts make each new PKCS#12 store differ.
    pub(crate) fn is_end(&self) -> bool {
        let now = self.contents();
        now == self.end
            || self.kind.store.ends_with("p12")
                && now != self.start
                && self.material.read_by_openssl(&self.home.path().join(self.kind.store)).as_ref()
                    == Some(&self.seen_at_end)
    }

    fn replaced_link(&self) -> Option<String> {
        let is_link = || {
            let store = fs::symlink_metadata(self.home.path().join(self.kind.store));
            store.is_ok_and(|metadata| metadata.is_symlink())
        };
        (self.kind.store == "link.pem" && !is_link()).then(|| "the link is no link any more".to_owned())
    }

    fn journal(&self) -> PathBuf {
        self.home.path().join(".local/state/pgtrust/journal.jsonl")
    }

    /// Gives another store so many changes, each undone, before all others that the command shortens the journal.
    fn lengthen_journal(&self) {
        let old = fs::read_to_string(self.journal()).unwrap_or_default();
        let other = |id: u64| {
            let digest = |id: u64| format!("{id:064x}");
            let mut record = json!({
                "id": id, "time": "2026-01-01T00:00:00Z", "command": "test", "store": "/elsewhere",
                "files": [{"path": "/elsewhere", "before": digest(id), "after": digest(id + 1)}],
            });
            if id.is_multiple_of(2) {
                record["undoes"] = json!(id - 1);
            }
            record
        };
        let mut records: Vec<Value> = (1..=OTHERS).map(other).collect();
        for line in old.lines() {
            let mut record: Value = serde_json::from_str(line).unwrap();
            record["id"] = json!(record["id"].as_u64().unwrap() + OTHERS);
            records.push(record);
        }
        let text: String = records.iter().map(|record| record.to_string() + "\n").collect();
        self.home.write(".local/state/pgtrust/journal.jsonl", text);
    }

    /// What is wrong with the journal: of its lines only the last may be cut short, and a long one becomes no shorter than what
    /// can be undone.
    pub(crate) fn bad_journal(&self) -> Option<String> {
        let journal = fs::read_to_string(self.journal()).unwrap_or_default();
        let lines: Vec<&str> = journal.split_inclusive('\n').collect();
        let bad = |line: &&&str| line.ends_with('\n') && serde_json::from_str::<Value>(line).is_err();
        let bad = lines.iter().find(bad).map(|line| format!("the journal holds the line {line:?}"));
        let lost = self.kind.name == LONG && lines.len() < 100;
        bad.or_else(|| lost.then(|| format!("the journal has {} lines left", lines.len())))
    }

    /// Has the next runs complete what was cut short and take it back again, and says what of it goes wrong.
    pub(crate) fn complete(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut expect = |what: &str, run: &Run, good: bool| {
            if !good {
                wrong.push(format!("{what}: {run}"));
            }
        };
        let run = self.run(self.action);
        let done = run.status == 0 || self.action.name == UNDO.name && run.stderr.contains("no change to undo");
        expect("the next run does not complete it", &run, done && self.is_end());
        let mut run = run;
        if self.action.name != UNDO.name {
            // Where the manifest was left behind, the next run changed it, and that is undone first.
            for _ in 0..2 {
                if self.contents() != self.start {
                    run = self.run(&UNDO);
                }
            }
            expect("an undo does not put it back", &run, self.contents() == self.start);
        }
        if self.action.adds || self.action.name == UNDO.name {
            let run = self.run(&UNDO);
            expect("something is left to undo", &run, run.status == 2 && run.stderr.contains("no change to undo"));
            let manifest = self.home.path().join(".config/pgtrust/pgtrust.toml");
            expect("the manifest still keeps it", &run, self.action.kept || !manifest.exists());
        }
        wrong
    }

    /// The files that runs leave aside when they are killed.
    pub(crate) fn leftovers(&self) -> Vec<PathBuf> {
        files_below(self.home.path()).into_iter().filter(|path| is_leftover(path)).collect()
    }
}

fn is_leftover(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().contains(".pgtrust-"))
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let saved = save(folder).into_iter();
    saved.filter(|(_, saved)| matches!(saved, Saved::File(..))).map(|(path, _)| path).collect()
}

/// Everything below a folder, folders before what is in them.
fn save(folder: &Path) -> Vec<(PathBuf, Saved)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        if metadata.is_symlink() {
            all.push((path.clone(), Saved::Link(fs::read_link(&path).unwrap())));
        } else if metadata.is_dir() {
            all.push((path.clone(), Saved::Folder));
            all.extend(save(&path));
        } else {
            all.push((path.clone(), Saved::File(fs::read(&path).unwrap(), metadata.permissions())));
        }
    }
    all
}
