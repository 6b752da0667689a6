//! What to do about an error.

use std::io;

use super::Error;
use crate::format;
use crate::process::Error as Process;

impl Error {
    /// What to do about it, where there is something to do.
    pub fn hint(&self) -> Option<String> {
        use format::Error as Format;
        Some(match self {
            Self::BadCatalogue { name, .. } if name.starts_with("https:") => {
                "`pgtrust fetch` downloads it; the manifest says which archive is expected".to_owned()
            }
            Self::BadCatalogue { .. } => "correct it, or take its entry out of the manifest".to_owned(),
            Self::BadManifest { .. } => {
                "correct the line, or move the file away: `pgtrust install` writes a new one".to_owned()
            }
            Self::BlockedHash { .. } => "move that file out of the folder".to_owned(),
            Self::BytesGone { .. } => {
                "`pgtrust uninstall` takes out of the store what pgtrust added, by its journal".to_owned()
            }
            Self::ChangedMeanwhile { .. } => "run it again once that program has ended".to_owned(),
            Self::Locked { .. } => "`--wait SECONDS` waits longer for it to end".to_owned(),
            Self::ChangedSince { .. } => {
                "`--force` puts the old bytes back all the same, `pgtrust history` tells of later changes".to_owned()
            }
            Self::Decode { source: Format::PasswordNeeded { .. } | Format::WrongPassword, .. } => {
                "`--password-file FILE` reads the password from the first line of a file".to_owned()
            }
            Self::DamagedStore { path, .. } => {
                format!("remove that block; `pgtrust inspect {}` lists what is good", path.display())
            }
            Self::Decode { source: Format::PrivateKey { .. }, .. } => {
                "a trust store is for certificates only; pass the CA file instead".to_owned()
            }
            Self::Decode { source: Format::HoldsOne { .. }, .. } => "write to a `.pem` file instead".to_owned(),
            Self::Decode { source: Format::NotAStore { what: "an HTML page" }, .. } => {
                "a login page or a proxy's error may have been saved in place of the certificate".to_owned()
            }
            #[cfg(feature = "fetch")]
            Self::Enforcement(error) => error.hint(),
            Self::EmptyBundle { rejected } if rejected.iter().any(|rejected| rejected.reason.is_no_root()) => {
                "pass the root that signed it; `--allow-non-roots` takes intermediates and leaves all the same"
                    .to_owned()
            }
            Self::HardLinks { path, .. } => {
                format!("make the others symbolic links to it; `find -samefile {}` finds them", path.display())
            }
            Self::HookFailed { .. } => "what was changed stays; `pgtrust refresh` runs the hook again".to_owned(),
            Self::HooksOfAnother { .. } => {
                "run it as that user, or `chown` the file; `--no-hooks` leaves the hooks out".to_owned()
            }
            Self::HomeUnknown => "set HOME, or PGTRUST_HOME to a folder for all that pgtrust keeps".to_owned(),
            Self::Io { action: "use", source, .. } if source.kind() == io::ErrorKind::IsADirectory => {
                "name a file in it; `install --format hashed` makes it a store of OpenSSL's `-CApath`".to_owned()
            }
            Self::Io { source, .. } => return io_hint(source),
            Self::JavaSilent { .. } | Self::JavaUnknown => {
                "name its folder: `--java-home DIR`; or take every Java that is here: `--all-jdks`".to_owned()
            }
            Self::NoJvm { found: "JAVA_HOME", .. } => {
                "correct or unset JAVA_HOME, or name the folder: `--java-home DIR`".to_owned()
            }
            Self::NoJvm { .. } => "name the folder that has `bin/java`".to_owned(),
            Self::NoJvmAnywhere { .. } => "name its folder: `--java-home DIR`".to_owned(),
            Self::BadTenant { usage, .. } => {
                usage.clone().unwrap_or_else(|| "name the provider alone; a path begins with `./`".to_owned())
            }
            Self::NoFixedRoots { id, flags: Some(flags), .. } => {
                format!("say whose: `{id} {flags}` (`pgtrust providers {id}` tells more)")
            }
            Self::NoFixedRoots { id, obtain, .. } => match obtain.first() {
                Some(first) => format!("{first}; then `pgtrust install FILE` (`pgtrust providers {id}` tells more)"),
                None => format!("`pgtrust providers {id}` tells where the CA comes from"),
            },
            Self::NoJavaStore { .. } => "`pgtrust install --target java` makes it".to_owned(),
            Self::NoSuchSource { name, suggestion: Some(suggestion) }
            | Self::UnknownProvider { id: name, suggestion: Some(suggestion) }
                if name.contains('.') =>
            {
                format!("the host belongs to `{suggestion}`: `pgtrust install {suggestion}`")
            }
            Self::NoSuchSource { suggestion: Some(suggestion), .. }
            | Self::UnknownProvider { suggestion: Some(suggestion), .. } => {
                format!("did you mean `{suggestion}`? `pgtrust providers` lists all")
            }
            Self::NoSuchSource { .. } => "no such file is here; `pgtrust providers` lists the providers".to_owned(),
            Self::UnknownProvider { .. } => "`pgtrust providers` lists all".to_owned(),
            Self::NotFetched { id, .. } => format!("`pgtrust fetch {id}`"),
            #[cfg(feature = "fetch")]
            Self::Tenant(error) => error.hint(),
            Self::NoSystemStore { .. } => "install into a file and name it: `sslrootcert=`, PGSSLROOTCERT".to_owned(),
            Self::NotAnNssDatabase { path, .. } => {
                format!("`certutil -N -d sql:{}` makes one", path.display())
            }
            Self::TargetOfUser { root, .. } => format!(
                "name the file: `--output {}` for root; or take a store of the whole machine: `--target system`",
                root.join("root/.postgresql/root.crt").display()
            ),
            Self::NoSuchChange { .. } => "`pgtrust history` lists the changes, and what was put back".to_owned(),
            Self::NothingKept => "name one, as in `pgtrust install azure`; `pgtrust providers` lists all".to_owned(),
            Self::Process(Process::Failed { words, .. }) if words.contains("SEC_ERROR_BAD_PASSWORD") => {
                "pass the database's password in a file: `--password-file`".to_owned()
            }
            Self::Process(Process::Missing { packages, .. }) => format!("install it ({packages})"),
            Self::Process(Process::NotStarted { source, .. }) => return io_hint(source),
            Self::Refused(refusal) => refusal.hint(),
            Self::Schedule(problem) => problem.hint(),
            Self::SeveralKept { ids } => format!("name one of {}", ids.join(", ")),
            Self::UnknownClient { suggestion: Some(suggestion), .. } => {
                format!("did you mean `{suggestion}`? `pgtrust snippet` lists all")
            }
            Self::UnknownClient { .. } => "`pgtrust snippet` lists all".to_owned(),
            Self::WouldEmpty { .. } => "install the roots that its servers use now, then prune".to_owned(),
            Self::WouldLose { .. } => "leave the store in its format, or write to another file".to_owned(),
            Self::UnknownFormat { .. } => {
                let names: Vec<_> = format::FORMATS.iter().flat_map(|format| format.extensions).collect();
                let names: Vec<_> = names.iter().map(|name| format!("`.{name}`")).collect();
                format!("end the name in one of {}", names.join(", "))
            }
            Self::UnknownRegion { id, regions, .. } if regions.len() > 8 => {
                format!("`pgtrust providers {id}` lists its {} regions", regions.len())
            }
            Self::UnknownRegion { regions, .. } => format!("there are {}", regions.join(", ")),
            Self::Unwritable { .. } => "use a name without it; PGTRUST_HOME moves what pgtrust keeps".to_owned(),
            _ => return None,
        })
    }
}

fn io_hint(error: &io::Error) -> Option<String> {
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "run it as a user who may write there; or PGTRUST_HOME moves what pgtrust keeps, and `install --output FILE` \
             the store: point PGSSLROOTCERT or `sslrootcert=` at that file"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space; the old file is untouched",
        _ => return None,
    };
    Some(hint.to_owned())
}
