//! Programs that need not end, nor stop talking.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use super::failed;
use crate::system::Error;

/// [`run`](super::run) of a program that other machines can hold up or flood: for so long and with so many bytes at most.
pub(crate) fn run_within(command: &mut Command, wait: Duration, limit: u64) -> Result<Vec<u8>, Error> {
    let program = PathBuf::from(command.get_program());
    let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().map_err(Error::io("run", &program))?;
    let (output, complaints) = (read(child.stdout.take(), limit), read(child.stderr.take(), limit));
    let ended = output.recv_timeout(wait).and_then(|output| Ok((output, complaints.recv_timeout(wait)?)));
    let ends_badly = match &ended {
        Ok((output, _)) if output.len() as u64 > limit => Some(format!("it prints more than {limit} bytes")),
        Ok(_) => None,
        Err(_) => Some(format!("it does not end within {wait:?}")),
    };
    if ends_badly.is_some() {
        let _ = child.kill();
    }
    let status = child.wait().map_err(Error::io("run", &program))?;
    match (ended, ends_badly) {
        (Ok((output, _)), None) if status.success() => Ok(output),
        (Ok((_, complaints)), None) => Err(failed(command, &complaints, &status.to_string())),
        (_, reason) => Err(failed(command, b"", &reason.unwrap_or_default())),
    }
}

/// Reads a pipe to its end, or to one byte above the limit, beside what else is done.
fn read(pipe: Option<impl Read + Send + 'static>, limit: u64) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            let _ = pipe.take(limit + 1).read_to_end(&mut bytes);
        }
        let _ = sender.send(bytes);
    });
    receiver
}
