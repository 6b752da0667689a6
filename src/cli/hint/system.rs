//! Remedies for what the machine did not do.

use std::io;

use pgtrust::{IoError, Obstacle, ProcessError, Refusal, SystemError, User, Writer};

/// Returns what to do about an error of the machine.
pub(super) fn hint(error: &SystemError) -> Option<String> {
    use SystemError as E;
    Some(match error {
        E::ChangedMeanwhile { .. } => "run it again once that program has ended".to_owned(),
        E::HardLinks { path, .. } => format!("make them symbolic links: `find -samefile {}`", path.display()),
        E::HomeUnknown => "set HOME, or PGTRUST_HOME to a folder for all that pgtrust keeps".to_owned(),
        E::Io(error) => return of_io(error),
        E::IsFolder { .. } => {
            "name a file in it; `install --format hashed` makes it a store of OpenSSL's `-CApath`".to_owned()
        }
        E::NoImage { .. } => "`--root` takes the folder of a system that is there already".to_owned(),
        E::NotAFile { .. } => "put a file in its place, or name another".to_owned(),
        E::Locked { .. } => "`--wait SECONDS` waits longer for it to end".to_owned(),
        E::Refused(refusal) => of_refusal(refusal),
        E::Process(error) => return of_process(error),
        E::Unwritable { .. } => "use a name without it; PGTRUST_HOME moves what pgtrust keeps".to_owned(),
        _ => return None,
    })
}

fn of_io(error: &IoError) -> Option<String> {
    let hint = match error.source.kind() {
        io::ErrorKind::PermissionDenied if error.reads => "run it as a user who may read it, as with `sudo`",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "run it as a user who may write there; or PGTRUST_HOME moves what pgtrust keeps, and `install --output FILE` \
             the store: point PGSSLROOTCERT or `sslrootcert=` at that file"
        }
        io::ErrorKind::NotADirectory => {
            "a file stands where a folder is meant; PGTRUST_HOME names a folder for all that pgtrust keeps"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space; the old file is untouched",
        _ => return None,
    };
    Some(hint.to_owned())
}

fn of_process(error: &ProcessError) -> Option<String> {
    match error {
        ProcessError::Failed { words, .. } if words.contains("SEC_ERROR_BAD_PASSWORD") => {
            Some("pass the database's password in a file: `--password-file`".to_owned())
        }
        ProcessError::Missing { packages, .. } => Some(format!("install it ({packages})")),
        ProcessError::NotStarted { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
            Some("`chmod +x` makes a file a program".to_owned())
        }
        _ => None,
    }
}

fn of_refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NoPlace { .. } => {
            "PGTRUST_HOME moves it to another folder; for an image, run pgtrust when it is built: `--root DIR`"
                .to_owned()
        }
        Refusal::NotWritable { obstacle, .. } => format!("{}; {ELSEWHERE}", of_obstacle(obstacle)),
        Refusal::Shared { at, writer, .. } => {
            let mend = match writer {
                Writer::Everyone => "chmod o-w",
                Writer::Group(_) => "chmod g-w",
                Writer::Owner(_) => "chown root",
                _ => "setfacl -b",
            };
            format!("`{mend} {}`; `--allow-writable` goes on all the same", at.display())
        }
        Refusal::Link { .. } => "name the file itself, or remove the link".to_owned(),
        Refusal::ForeignHome { owner, .. } => format!(
            "`sudo -u {} -H` does it for that user (`USER` in a Dockerfile), `sudo -H` for root, `--system` for the machine",
            owner.name()
        ),
        Refusal::Program { .. } => {
            "without `--allow-writable` it says what to mend; an image gets tokens from the environment".to_owned()
        }
        _ => ELSEWHERE.to_owned(),
    }
}

fn of_obstacle(obstacle: &Obstacle) -> String {
    match obstacle {
        Obstacle::Immutable { at } => format!("`chattr -i {}`", at.display()),
        Obstacle::Mount => "change the file that is mounted there, or mount its folder".to_owned(),
        Obstacle::Permission { owner, at, .. } if *owner == User::this() => format!("`chmod u+w {}`", at.display()),
        Obstacle::Permission { owner, .. } => format!("run it as {owner}, as with `sudo`"),
        _ => "for an image, run it when the image is built: `--root DIR`".to_owned(),
    }
}

const ELSEWHERE: &str = "or `--output FILE` writes another file: point PGSSLROOTCERT or `sslrootcert=` at it, for Java \
                         `--target java` and JAVA_TOOL_OPTIONS (`pgtrust env`)";
