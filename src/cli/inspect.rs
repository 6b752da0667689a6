//! `pgtrust inspect`

mod json;
mod words;

use pgtrust::Machine;
use pgtrust::inspect::{self, Part};

use super::ui::Failure;
use super::{Status, args, notes};
use json::Json;
use words::Words;

pub(crate) fn run(machine: &Machine<'_>, args: &args::Inspect) -> Result<Status, Failure> {
    let mut rejected = false;
    let mut look = |show: &mut dyn FnMut(Part) -> Result<(), Failure>| {
        let mut written = Ok(());
        let notes = inspect::inspect(machine, &args.files, args.password_file.as_deref(), &mut |part| {
            rejected |= matches!(part, Part::Rejected(_));
            if written.is_ok() {
                written = show(part);
            }
        });
        written?;
        notes.map_err(Failure::from)
    };
    let notes = if args.json {
        let mut json = Json::new();
        let notes = look(&mut |part| json.show(part))?;
        json.end(&notes)?;
        notes
    } else {
        let mut words = Words::new(machine.as_of);
        look(&mut |part| words.show(part))?
    };
    let status = notes::show(&notes);
    Ok(if rejected { status.max(Status::Found) } else { status })
}
