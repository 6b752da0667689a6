//! A program while it runs.

use std::io::{self, Read, Write as _};
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{End, Kept, Program};
use crate::system::process::group::Group;
#[cfg(unix)]
use crate::system::process::terminal::Terminal;

/// What happens to a program.
enum Event {
    /// It closed one of its streams.
    Closed,
    /// It ended by itself.
    #[cfg_attr(not(unix), expect(dead_code, reason = "it is asked there"))]
    Ended,
    /// It printed more bytes than this on one of them.
    Flooded(u64),
}

/// Runs a program to its end. Returns how it ended, and what it wrote to standard output and to standard error.
pub(super) fn run(program: Program) -> io::Result<(End, Vec<u8>, Vec<u8>)> {
    let Program { mut command, time, input, kept, may_leave, has_terminal, .. } = program;
    let (sender, events) = mpsc::channel();
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    let both = match kept {
        Kept::All(_) => {
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            None
        }
        Kept::Last(_) => {
            let (reader, writer) = io::pipe()?;
            command.stdout(writer.try_clone()?).stderr(writer);
            Some(reader)
        }
    };
    #[cfg(unix)]
    let terminal = if has_terminal { Terminal::ours() } else { None };
    #[cfg(not(unix))]
    let _ = has_terminal;
    let (mut child, group) = Group::start(&mut command)?;
    // It holds the other ends of the pipes.
    drop(command);
    #[cfg(unix)]
    let _lent = terminal.and_then(|terminal| terminal.lend(&child));
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        // Not everyone reads it, and that is not a failure.
        thread::spawn(move || stdin.write_all(&input));
    }
    let output = match both {
        Some(both) => read(Some(both), kept, &sender),
        None => read(child.stdout.take(), kept, &sender),
    };
    let complaints = read(child.stderr.take(), kept, &sender);
    watch(&child, &sender);
    let end = supervise(&mut child, group, &events, time, may_leave)?;
    Ok((end, taken(&output), taken(&complaints)))
}

/// Waits for the end of a program, or brings it about.
fn supervise(
    child: &mut Child,
    group: Group,
    events: &Receiver<Event>,
    time: Duration,
    may_leave: bool,
) -> io::Result<End> {
    let (start, mut open, mut ended, mut killed) = (Instant::now(), 2, false, None);
    while !ended && killed.is_none() {
        let left = time.saturating_sub(start.elapsed());
        match events.recv_timeout(left.min(PAUSE)) {
            Ok(Event::Ended) => ended = true,
            Ok(Event::Closed) => open -= 1,
            Ok(Event::Flooded(limit)) => {
                open -= 1;
                killed = Some(End::TooMuchOutput(limit));
            }
            Err(_) if left.is_zero() => killed = Some(End::TimedOut(time)),
            Err(_) => ended = cfg!(not(unix)) && child.try_wait()?.is_some(),
        }
    }
    if killed.is_some() || !may_leave {
        group.kill(child);
    }
    // What has left the group may hold a stream open. One that changed its user, as by sudo, cannot be killed.
    let start = Instant::now();
    ended |= cfg!(not(unix));
    while !ended || open > 0 {
        match events.recv_timeout(PATIENCE.saturating_sub(start.elapsed())) {
            Ok(Event::Ended) => ended = true,
            Ok(Event::Closed) => open -= 1,
            Ok(Event::Flooded(limit)) => {
                open -= 1;
                killed = killed.or(Some(End::TooMuchOutput(limit)));
            }
            Err(_) => break,
        }
    }
    drop(group);
    match killed {
        None => Ok(End::Exited(child.wait()?)),
        Some(end) => {
            if ended {
                child.wait()?;
            }
            Ok(end)
        }
    }
}

/// Tells when a program has ended, and leaves it to be reaped.
#[cfg(unix)]
fn watch(child: &Child, events: &Sender<Event>) {
    use rustix::io::Errno;
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

    let (id, events) = (Pid::from_child(child), events.clone());
    thread::spawn(move || {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while matches!(waitid(WaitId::Pid(id), options), Err(Errno::INTR)) {}
        events.send(Event::Ended)
    });
}

#[cfg(not(unix))]
fn watch(_: &Child, _: &Sender<Event>) {}

/// Reads a stream to its end beside what else is done.
fn read(stream: Option<impl Read + Send + 'static>, kept: Kept, events: &Sender<Event>) -> Arc<Mutex<Vec<u8>>> {
    let (bytes, events) = (Arc::new(Mutex::new(Vec::new())), events.clone());
    let Some(mut stream) = stream else {
        let _ = events.send(Event::Closed);
        return bytes;
    };
    let shared = Arc::clone(&bytes);
    thread::spawn(move || {
        let mut chunk = [0; 8192];
        while let Ok(length @ 1..) = stream.read(&mut chunk) {
            let mut bytes = shared.lock().unwrap_or_else(PoisonError::into_inner);
            bytes.extend_from_slice(&chunk[..length]);
            match kept {
                Kept::All(limit) if bytes.len() as u64 > limit => return events.send(Event::Flooded(limit)),
                Kept::All(_) => {}
                Kept::Last(count) => {
                    let excess = bytes.len().saturating_sub(count);
                    bytes.drain(..excess);
                }
            }
        }
        events.send(Event::Closed)
    });
    bytes
}

fn taken(bytes: &Mutex<Vec<u8>>) -> Vec<u8> {
    std::mem::take(&mut *bytes.lock().unwrap_or_else(PoisonError::into_inner))
}

/// How long one event is waited for: where nothing tells that a program has ended, it is asked.
const PAUSE: Duration = if cfg!(unix) { Duration::MAX } else { Duration::from_millis(5) };
/// How long the end of a program, and of its streams, is waited for where it ought to be there.
const PATIENCE: Duration = Duration::from_secs(1);
