//! The places where pgtrust keeps its files.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::system::Error;

/// The folders that the environment names. The binary reads it once; a test makes its own.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `HOME`, on Windows `USERPROFILE`.
    pub home: Option<PathBuf>,
    /// `APPDATA`, on Windows.
    pub appdata: Option<PathBuf>,
    /// `PGTRUST_HOME`: one folder for all that pgtrust keeps.
    pub pgtrust_home: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`.
    pub xdg_config_home: Option<PathBuf>,
    /// `XDG_DATA_HOME`.
    pub xdg_data_home: Option<PathBuf>,
    /// `XDG_STATE_HOME`.
    pub xdg_state_home: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`.
    pub xdg_runtime_dir: Option<PathBuf>,
    /// `PATH`.
    pub path: Option<OsString>,
    /// `LOCALAPPDATA`, on Windows.
    pub local_appdata: Option<PathBuf>,
    /// `ProgramFiles` and `ProgramFiles(x86)`, on Windows.
    pub program_files: Vec<PathBuf>,
    /// `JAVA_HOME`.
    pub java_home: Option<PathBuf>,
    /// `ASDF_DATA_DIR`.
    pub asdf_data_dir: Option<PathBuf>,
    /// `GRADLE_USER_HOME`.
    pub gradle_user_home: Option<PathBuf>,
    /// `JABBA_HOME`.
    pub jabba_home: Option<PathBuf>,
    /// `JENV_ROOT`.
    pub jenv_root: Option<PathBuf>,
    /// `MISE_DATA_DIR`.
    pub mise_data_dir: Option<PathBuf>,
    /// `SDKMAN_DIR`.
    pub sdkman_dir: Option<PathBuf>,
}

/// The folders and files of one user, or of the whole machine.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Layout {
    /// `pgtrust.toml`.
    pub manifest: PathBuf,
    /// The user's own providers, a folder each.
    pub catalogue: PathBuf,
    /// One combined PEM file per provider.
    pub bundles: PathBuf,
    /// Certificates of the machine that built an image.
    pub(crate) sources: PathBuf,
    /// Journal, backups, downloads, lock.
    pub state: PathBuf,
}

impl Layout {
    /// Returns the layout of a user: `PGTRUST_HOME` if it is set, else the XDG base directories. Relative paths in XDG
    /// variables are ignored, as their specification asks.
    pub fn of_user(environment: &Environment) -> Result<Self, Error> {
        if let Some(home) = &environment.pgtrust_home {
            return Ok(Self::under(home, home, &home.join("state")));
        }
        let folder = |variable: &Option<PathBuf>, default: &str| match (variable, &environment.home) {
            (Some(path), _) if path.is_absolute() => Ok(path.join("pgtrust")),
            (_, Some(home)) => Ok(home.join(default).join("pgtrust")),
            _ => Err(Error::HomeUnknown),
        };
        let config = folder(&environment.xdg_config_home, ".config")?;
        let data = folder(&environment.xdg_data_home, ".local/share")?;
        let state = folder(&environment.xdg_state_home, ".local/state")?;
        Ok(Self::under(&config, &data, &state))
    }

    /// Returns the layout of the whole machine, which only root may write. `root` is the folder that stands for `/`.
    pub fn of_system(root: &Path) -> Self {
        Self::under(&root.join("etc/pgtrust"), &root.join("var/lib/pgtrust"), &root.join("var/lib/pgtrust/state"))
    }

    fn under(config: &Path, data: &Path, state: &Path) -> Self {
        Self {
            manifest: config.join("pgtrust.toml"),
            catalogue: config.join("bundles"),
            sources: config.join("sources"),
            bundles: data.to_owned(),
            state: state.to_owned(),
        }
    }

    /// Returns the stable path of a provider's combined PEM, for `sslrootcert=`.
    pub fn bundle_of(&self, provider: &str) -> PathBuf {
        self.bundles.join(format!("{provider}.pem"))
    }

    /// Returns the stable path of the Java trust store, which is PKCS#12 or JKS.
    pub fn java_store(&self, jks: bool) -> PathBuf {
        self.bundles.join(if jks { "java.jks" } else { "java.p12" })
    }

    /// Returns the folder of the anchors that a system takes one by one.
    pub fn anchors(&self) -> PathBuf {
        self.bundles.join("anchors")
    }

    /// Returns the folder of the catalogues that were downloaded.
    pub fn catalogues(&self) -> PathBuf {
        self.state.join("catalogues")
    }

    /// Returns the folder of certificates that providers serve and no pin knows.
    pub fn held(&self) -> PathBuf {
        self.state.join("held")
    }

    /// Returns the file of the held roots of one provider.
    pub(crate) fn held_of(&self, provider: &str) -> PathBuf {
        self.held().join(format!("{provider}.pem"))
    }
}

/// The usual password of Java stores, which every Java program tries. It proves that a store is whole, no more.
pub(crate) const JAVA_STORE_PASSWORD: &str = "changeit";

/// Returns a path as text, for what can hold nothing else.
pub(crate) fn text_of(path: &Path) -> Result<&str, Error> {
    path.to_str().ok_or_else(|| Error::Unwritable {
        value: path.display().to_string(),
        place: "text".to_owned(),
        what: "bytes that are not UTF-8",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xdg_variables_move_each_part_and_relative_ones_are_ignored() {
        let environment = Environment {
            home: Some("/h".into()),
            xdg_config_home: Some("/c".into()),
            xdg_data_home: Some("relative".into()),
            ..Environment::default()
        };
        let layout = Layout::of_user(&environment).unwrap();
        assert_eq!(layout.manifest, Path::new("/c/pgtrust/pgtrust.toml"));
        assert_eq!(layout.bundle_of("azure"), Path::new("/h/.local/share/pgtrust/azure.pem"));
        assert_eq!(layout.state, Path::new("/h/.local/state/pgtrust"));
        assert!(Layout::of_user(&Environment::default()).is_err());
    }
}
