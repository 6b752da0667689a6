//! The job: its command, its environment, and what it may write.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Error, Every, Host, Times};
use crate::format::Format;
use crate::manifest::{KeptTarget, Manifest};
use crate::settings::snippet::visible;
use crate::store::known::system::System;
use crate::store::known::{self, StoreKind, Target, TargetRequest};
use crate::system::layout::text_of;
use crate::system::{self, file, process};

/// The user's settings for a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSettings {
    /// How often it runs.
    pub every: Every,
    /// The file that it writes metrics to.
    pub metrics: Option<PathBuf>,
    /// The unit that systemd starts when a run fails.
    pub on_failure: Option<UnitName>,
}

/// The name of a unit of systemd, in which `%n` stands for that of the job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UnitName(String);

impl FromStr for UnitName {
    type Err = String;

    /// systemd.unit(5).
    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b":-_.\\@%".contains(&byte);
        let ends = [".service", ".target", ".socket", ".path", ".timer", ".mount"];
        match text {
            _ if text.len() > 255 || !text.bytes().all(plain) => Err(format!("`{text}` is not the name of a unit")),
            _ if !ends.iter().any(|end| text.strip_suffix(end).is_some_and(|name| !name.is_empty())) => {
                Err(format!("`{text}` is not the name of a unit: it does not end in `.service`"))
            }
            _ => Ok(Self(text.to_owned())),
        }
    }
}

impl TryFrom<String> for UnitName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<UnitName> for String {
    fn from(name: UnitName) -> Self {
        name.0
    }
}

impl fmt::Display for UnitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// [`JobSettings`] as they stand in a comment of what is written, so that a later run knows them.
#[derive(Serialize, Deserialize)]
struct Record {
    every: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_failure: Option<UnitName>,
}

impl JobSettings {
    /// Reads them from a text that holds [`record`](Self::record). What cannot be read has its default.
    pub(super) fn read(text: &str) -> Self {
        // In a crontab the command itself stands before it.
        let at = text.rfind(&format!("{MARK}{{"));
        let record = at.and_then(|at| text.get(at + MARK.len()..));
        let record = record.and_then(|rest| serde_json::Deserializer::from_str(rest).into_iter::<Record>().next());
        let record = record.and_then(Result::ok);
        let every = record.as_ref().and_then(|record| record.every.parse().ok());
        let (metrics, on_failure) = record.map(|record| (record.metrics, record.on_failure)).unwrap_or_default();
        Self { every: every.unwrap_or(Every::Daily), metrics, on_failure }
    }

    fn record(&self) -> Result<String, Error> {
        let metrics = self.metrics.as_deref().map(text_of).transpose()?.map(PathBuf::from);
        let record = Record { every: self.every.to_string(), metrics, on_failure: self.on_failure.clone() };
        // Both are text, of which every value can be written.
        Ok(format!("{MARK}{}", serde_json::to_string(&record).unwrap_or_default()))
    }
}

/// A run of `pgtrust refresh`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// When.
    pub times: Times,
    /// The program, by its absolute path, and its arguments.
    pub words: Vec<String>,
    /// The argument that spreads the runs, for schedulers that cannot; none where they come too close.
    pub splay: Vec<String>,
    /// The variables that say where pgtrust keeps things.
    pub variables: Vec<(&'static str, String)>,
    /// pgtrust's own folders.
    pub folders: Vec<PathBuf>,
    /// All folders that it writes to, as the machine sees them.
    pub writes: Vec<PathBuf>,
    /// Whether it needs anything in the folders of users.
    pub needs_homes: bool,
    /// Whether it needs anything in the folders for temporary files.
    pub needs_tmp: bool,
    /// The unit that systemd starts when it fails.
    pub on_failure: Option<UnitName>,
    /// The comment that marks it and has its [`JobSettings`].
    pub record: String,
}

impl Job {
    pub(super) fn new(host: &Host<'_>, manifest: &Manifest, settings: &JobSettings) -> Result<Self, Error> {
        let times = host.times(&settings.every);
        let program = file::absolute(&program(host)?);
        let metrics = settings.metrics.as_deref().map(file::absolute);
        let mut words = vec![word(&program)?];
        words.extend(host.system.then(|| "--system".to_owned()));
        words.push("refresh".to_owned());
        if let Some(metrics) = &metrics {
            words.extend(["--metrics".to_owned(), word(metrics)?]);
        }
        let splay = match times.spread() {
            0 => vec![],
            60 => vec!["--splay".to_owned(), "1h".to_owned()],
            minutes => vec!["--splay".to_owned(), format!("{minutes}m")],
        };
        let layout = host.layout;
        let folders = [file::folder_of(&layout.manifest), &layout.bundles, &layout.state].map(file::absolute).to_vec();
        let mut writes: Vec<PathBuf> = folders.iter().map(|folder| host.inside(&real(folder))).collect();
        // A link leads to where the file is.
        writes.extend(folder_behind(&layout.manifest).map(|folder| host.inside(&folder)));
        writes.extend(metrics.as_deref().and_then(folder_behind));
        writes.extend(store_folders(host, manifest));
        writes.sort();
        // The folders in a folder that may be written to may be, too.
        writes.dedup_by(|path, above| path.starts_with(above));
        writes.iter().try_for_each(|path| word(path).map(drop))?;
        let below = |tops: &[&str]| {
            let named = manifest.on_disk().is_some_and(|text| tops.iter().any(|top| text.contains(&format!("{top}/"))));
            let used = |path: &Path| tops.iter().any(|top| path.starts_with(top));
            named || used(&program) || writes.iter().any(|path| used(path))
        };
        // Of a customer or a server: ssh has its keys in a home, as have programs that print a token.
        let has_tenants =
            manifest.sources().iter().any(|source| !source.name.starts_with('/') && source.name.contains('/'));
        let needs_homes = has_tenants || below(&["/home", "/root", "/run/user"]);
        let needs_tmp = below(&["/tmp", "/var/tmp"]);
        let variables = variables(host)?;
        let (record, on_failure) = (settings.record()?, settings.on_failure.clone());
        Ok(Self { on_failure, times, words, splay, variables, folders, writes, needs_homes, needs_tmp, record })
    }
}

/// This program, as the machine sees it.
fn program(host: &Host<'_>) -> Result<PathBuf, Error> {
    // On Windows nothing starts with `/`.
    if host.is_this() || host.program.starts_with(host.root) {
        return Ok(host.inside(host.program));
    }
    let folders = ["usr/local/bin", "usr/bin"].map(|folder| host.root.join(folder));
    let found = process::find("pgtrust", folders.into_iter()).map(|program| host.inside(&program));
    found.ok_or_else(|| Error::NoProgram { root: host.root.to_owned() })
}

/// The variables that hold now and that say where pgtrust keeps things. `--system` has its places, and only the default
/// file of libpq is found by HOME there.
fn variables(host: &Host<'_>) -> Result<Vec<(&'static str, String)>, Error> {
    let environment = host.environment;
    let all = [
        ("HOME", &environment.home),
        ("PGTRUST_HOME", &environment.pgtrust_home),
        ("XDG_CONFIG_HOME", &environment.xdg_config_home),
        ("XDG_DATA_HOME", &environment.xdg_data_home),
        ("XDG_STATE_HOME", &environment.xdg_state_home),
    ];
    let set = all.into_iter().take(if host.system { 1 } else { all.len() });
    let set = set.filter_map(|(name, value)| value.as_deref().map(|value| (name, value)));
    set.map(|(name, value)| Ok((name, word(&file::absolute(value))?))).collect()
}

/// The folders of the stores that the manifest keeps, as the machine sees them. A store that cannot be found is for
/// `refresh` to report.
fn store_folders(host: &Host<'_>, manifest: &Manifest) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for kept in manifest.targets() {
        for store in stores(host, kept) {
            let folder = match store.kind {
                StoreKind::File(_) | StoreKind::Cacerts => folder_behind(&store.path),
                StoreKind::Folder(_) | StoreKind::Database => Some(real(&store.path)),
            };
            folders.extend(folder.map(|folder| host.inside(&folder)));
        }
        if kept.name.as_deref() == Some("system") {
            let written = System::detect(host.root).map_or(&[][..], System::written);
            folders.extend(written.iter().map(|folder| Path::new("/").join(folder)));
        }
    }
    folders
}

fn stores(host: &Host<'_>, kept: &KeptTarget) -> Vec<known::StoreSpec> {
    let Some(target) = kept.name.as_deref().and_then(Target::named) else {
        return kept.path.iter().map(|path| known::StoreSpec::at(path, kept.format.as_deref())).collect();
    };
    let request = TargetRequest {
        environment: host.environment,
        root: host.root,
        layout: host.layout,
        programs: host.programs,
        format: kept.format.as_deref().and_then(Format::named),
        all_jdks: kept.all_jdks,
        own_password: kept.password_file.is_some(),
        with_public_roots: false,
    };
    (target.stores)(&request).unwrap_or_default()
}

/// The folder of the file that a path leads to.
fn folder_behind(path: &Path) -> Option<PathBuf> {
    real(&file::absolute(path)).parent().map(Path::to_owned)
}

/// Follows the links of a path, as far as it exists.
fn real(path: &Path) -> PathBuf {
    if let Ok(real) = file::real(path) {
        return real;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => real(parent).join(name),
        _ => path.to_owned(),
    }
}

/// A path as text that no line of a schedule breaks at.
fn word(path: &Path) -> Result<String, Error> {
    let text = text_of(path)?;
    let unwritable = |what| system::Error::Unwritable { value: text.to_owned(), place: "a schedule".to_owned(), what };
    Ok(visible(text).map(str::to_owned).map_err(unwritable)?)
}

/// Before the settings, in a comment of whatever is written.
pub(super) const MARK: &str = "pgtrust refresh ";
