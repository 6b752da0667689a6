//! `pgtrust check`

mod json;
mod remedy;
mod words;

use std::path::Path;

use pgtrust::check::{self, Checked, Request};
use pgtrust::{Machine, RequestError};

use super::ui::{self, Failure};
use super::{Status, args};

pub(crate) fn run(machine: &Machine<'_>, args: &args::Check) -> Result<Status, Failure> {
    let folder = std::env::current_dir().map_err(|_| Failure::Usage {
        message: "the working folder is gone".to_owned(),
        hint: "go to one that is there: `cd`".to_owned(),
    })?;
    let mut request = Request::new(args.targets.clone(), folder);
    request.hosts.clone_from(&args.hosts);
    request.user.clone_from(&args.user);
    request.chain.clone_from(&args.chain);
    request.host.clone_from(&args.host);
    request.mode = args.sslmode;
    request.store.clone_from(&args.store);
    request.with.clone_from(&args.with);
    request.without.clone_from(&args.without);
    request.after.clone_from(&args.after);
    request.clients.clone_from(&args.clients);
    request.all = args.all;
    request.timeout = args.timeout;
    let checked = check::check(machine, &request)?;
    let mut status = Status::Done;
    for (index, server) in checked.iter().enumerate() {
        if args.json {
            json::show(machine, server)?;
        } else {
            if index > 0 {
                ui::data("")?;
            }
            words::show(machine, server, args)?;
        }
        status = status.max(match &server.result {
            Err(_) => Status::Failed,
            Ok(_) if server.is_verified() => Status::Done,
            Ok(_) => Status::Found,
        });
    }
    if let Some(path) = &args.save_chain {
        save(&checked, path)?;
    }
    if let Some(path) = &args.metrics {
        check::write_metrics(machine, &checked, path)?;
    }
    Ok(status)
}

fn save(checked: &[Checked], path: &Path) -> Result<(), Failure> {
    match checked {
        [server] => Ok(check::save_chain(server, path)?),
        _ => Err(RequestError::OneChain { servers: checked.len() }.into()),
    }
}
