//! `pgtrust enforcement`

use pgtrust::enforcement::{self, Project};
use pgtrust::{Certificate, DownloadSettings, Downloader, Machine, Role, Selection, SourceError, managed, password};
use serde::Serialize;

use super::args::{Enforcement, EnforcementAction as Action, EnforcementProvider};
use super::ui::{self, Failure};
use super::{Status, notes};

pub(crate) fn run(machine: &Machine<'_>, args: &Enforcement) -> Result<Status, Failure> {
    let EnforcementProvider::Supabase = args.provider;
    machine.refuse_shared_settings()?;
    let project = Project::parse(&args.project_ref).map_err(SourceError::from)?;
    let token = token(machine, args)?;
    let downloader = Downloader::new(DownloadSettings::default());
    let before = project.enforcement(&downloader, &token)?;
    let wanted = match args.action {
        Action::Get => {
            show(args, &project, before, before)?;
            return Ok(status(before.enforced && before.applied));
        }
        Action::Enable => true,
        Action::Disable => false,
    };
    if wanted == before.enforced {
        show(args, &project, before, before)?;
        return Ok(status(before.applied));
    }
    if wanted && !may_enable(machine, args)? {
        return Ok(Status::Found);
    }
    if args.dry_run {
        let planned = enforcement::Enforcement { enforced: wanted, applied: false };
        show(args, &project, before, planned)?;
        return Ok(Status::Done);
    }
    let after = project.enforce(wanted, &downloader, &token)?;
    show(args, &project, before, after)?;
    if after.enforced != wanted || !after.applied {
        ui::warning("the project has not taken it yet");
        ui::hint("the same command with `get` tells later");
    }
    Ok(status(after.enforced == wanted && after.applied))
}

fn status(yes: bool) -> Status {
    if yes { Status::Done } else { Status::Found }
}

/// The access token. Not from the command line, which everyone on the machine can read.
fn token(machine: &Machine<'_>, args: &Enforcement) -> Result<String, Failure> {
    let of_environment = || (machine.variable)(VARIABLE).map(|token| token.to_string_lossy().into_owned());
    let token = match &args.token_file {
        Some(_) => password::read(args.token_file.as_deref())?,
        None => of_environment(),
    };
    let token = token.unwrap_or_default().trim().to_owned();
    if token.is_empty() {
        let message = match &args.token_file {
            Some(path) => format!("the first line of `{}` holds no token", path.display()),
            None => format!("there is no access token: {VARIABLE} is not set"),
        };
        let hint =
            "make one at https://supabase.com/dashboard/account/tokens; `--token-file FILE` reads a file".to_owned();
        return Err(Failure::Usage { message, hint });
    }
    Ok(token)
}

/// Says what enabling does to clients. False where this machine's own would not get through, unless the user knows.
fn may_enable(machine: &Machine<'_>, args: &Enforcement) -> Result<bool, Failure> {
    ui::warning("clients that connect without TLS are cut off, on every machine");
    let roots = current_roots(machine)?;
    let (holds_all, notes) = managed::holds_all(machine, "supabase", &roots)?;
    notes::show(&notes);
    if holds_all {
        return Ok(true);
    }
    let names: Vec<String> = roots.iter().map(|root| format!("`{}`", root.subject().short())).collect();
    let message = format!(
        "no store that this machine keeps holds {}: clients here that verify would not get through",
        names.join(", ")
    );
    if args.yes || args.dry_run {
        ui::warning(&message);
    } else {
        ui::error(&message);
    }
    ui::hint("`pgtrust install supabase` puts it there; `--yes` enables it all the same");
    Ok(args.yes || args.dry_run)
}

fn current_roots(machine: &Machine<'_>) -> Result<Vec<Certificate>, Failure> {
    let provider = machine.catalog()?.provider("supabase")?;
    let installed = provider.installed(&Selection::default())?;
    let current = installed.into_iter().filter(|(root, _)| root.role == Role::Current);
    Ok(current.map(|(_, certificate)| certificate).collect())
}

#[derive(Serialize)]
struct Shown<'a> {
    provider: &'static str,
    project: &'a str,
    /// What holds now; in a dry run what would.
    enforced: bool,
    applied: bool,
    changed: bool,
    dry_run: bool,
}

fn show(
    args: &Enforcement,
    project: &Project,
    before: enforcement::Enforcement,
    after: enforcement::Enforcement,
) -> Result<(), Failure> {
    let changed = before.enforced != after.enforced;
    if args.json {
        let project = &project.to_string();
        let enforcement::Enforcement { enforced, applied } = after;
        let dry_run = args.dry_run;
        return ui::json(&Shown { provider: "supabase", project, enforced, applied, changed, dry_run });
    }
    let verb = match (changed, args.dry_run) {
        (true, true) => "would be",
        (true, false) => "is now",
        (false, _) => "is",
    };
    let state = if after.enforced { "enforced" } else { "not enforced" };
    let pending = if after.applied || changed && args.dry_run { "" } else { ", which is not applied yet" };
    ui::data(&format!("{project}: TLS {verb} {state}{pending}"))
}

/// The environment variable that holds the access token.
pub(crate) const VARIABLE: &str = "SUPABASE_ACCESS_TOKEN";
