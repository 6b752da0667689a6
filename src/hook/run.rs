//! Runs a hook.

use std::io::{self, PipeReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::system::error::cause;

/// Runs a program in a process group of its own, which ends with the time that it has. Returns the last lines of what it
/// wrote, or why it failed, with these lines.
pub(super) fn run(
    words: &[String],
    variables: &[(&'static str, Option<String>)],
    input: Vec<u8>,
    folder: &Path,
    timeout: Duration,
) -> Result<Vec<String>, String> {
    let refused = |error: io::Error| format!("could not be started: {}", cause(&error));
    let [program, arguments @ ..] = words else { return Err("names no program".to_owned()) };
    let (reader, writer) = io::pipe().map_err(refused)?;
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::piped());
    command.stdout(writer.try_clone().map_err(refused)?).stderr(writer);
    for (name, value) in variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().map_err(refused)?;
    // It holds the other end of the pipe.
    drop(command);
    if let Some(mut stdin) = child.stdin.take() {
        // Not everyone reads it, and that is no failure.
        thread::spawn(move || stdin.write_all(&input));
    }
    let output = Output::of(reader);
    let ended = wait(&mut child, timeout);
    if !matches!(ended, Ok(Some(_))) {
        kill(&mut child);
    }
    let lines = output.last_lines();
    let reason = match ended {
        Ok(Some(status)) if status.success() => return Ok(lines),
        Ok(Some(status)) => status.to_string(),
        Ok(None) => format!("not done after {}, and killed", humantime::format_duration(timeout)),
        Err(error) => cause(&error),
    };
    Err(if lines.is_empty() { reason } else { format!("{reason}: {}", lines.join("; ")) })
}

/// None when it takes longer.
fn wait(child: &mut Child, timeout: Duration) -> io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    loop {
        match child.try_wait()? {
            None if start.elapsed() < timeout => thread::sleep(PAUSE),
            ended => return Ok(ended),
        }
    }
}

/// With all that it started.
fn kill(child: &mut Child) {
    #[cfg(unix)]
    let _ = rustix::process::kill_process_group(rustix::process::Pid::from_child(child), rustix::process::Signal::KILL);
    let _ = child.kill();
    let _ = child.wait();
}

/// The end of what a program writes, while it writes.
struct Output {
    tail: Arc<Mutex<Vec<u8>>>,
    closed: Receiver<()>,
}

impl Output {
    fn of(mut reader: PipeReader) -> Self {
        let (tail, (close, closed)) = (Arc::new(Mutex::new(Vec::new())), mpsc::channel());
        let shared = Arc::clone(&tail);
        thread::spawn(move || {
            let mut chunk = [0; MAX_OUTPUT];
            while let Ok(length @ 1..) = reader.read(&mut chunk) {
                let mut tail = shared.lock().unwrap_or_else(PoisonError::into_inner);
                tail.extend_from_slice(&chunk[..length]);
                let excess = tail.len().saturating_sub(MAX_OUTPUT);
                tail.drain(..excess);
            }
            let _ = close.send(());
        });
        Self { tail, closed }
    }

    fn last_lines(self) -> Vec<String> {
        // Something that it left running may hold the pipe open.
        let _ = self.closed.recv_timeout(PATIENCE);
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&tail);
        let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
        lines[lines.len().saturating_sub(MAX_LINES)..].iter().map(|line| (*line).to_owned()).collect()
    }
}

const PAUSE: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_secs(1);
const MAX_OUTPUT: usize = 4096;
const MAX_LINES: usize = 10;

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, input: &[u8]) -> Result<Vec<String>, String> {
        let words = ["sh", "-c", script].map(str::to_owned);
        run(
            &words,
            &[("PGTRUST_STORE", Some("/a".to_owned()))],
            input.to_vec(),
            Path::new("/"),
            Duration::from_secs(60),
        )
    }

    #[test]
    fn input_that_nobody_reads_is_no_failure() {
        assert_eq!(shell("true", &[b'x'; 1 << 20]), Ok(vec![]));
        assert_eq!(shell("wc -c; echo \"$PGTRUST_STORE\" in $PWD", &[b'x'; 1 << 20]).unwrap(), ["1048576", "/a in /"]);
    }

    #[test]
    fn only_the_end_of_long_output_is_kept() {
        let lines = shell("seq 100000; echo last >&2", b"").unwrap();
        assert_eq!((lines.len(), lines[0].as_str(), lines[MAX_LINES - 1].as_str()), (MAX_LINES, "99992", "last"));
        let text = shell("head -c 1000000 /dev/zero | tr '\\0' x; exit 3", b"").unwrap_err();
        assert!(text.starts_with("exit status: 3: xxx") && text.len() < 2 * MAX_OUTPUT, "{}", text.len());
    }

    #[test]
    fn what_a_program_leaves_running_holds_nobody_up() {
        let lines = shell("sleep 1000 & echo $!", b"").unwrap();
        Command::new("kill").arg(&lines[0]).status().unwrap();
        assert_eq!(lines.len(), 1);
    }
}
