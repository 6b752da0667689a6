//! A TCP connection to a server, with one time for all that is done on it.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use tokio::io::AsyncWrite as _;
use tokio::net::{TcpStream, lookup_host};
use tokio::runtime;
use tokio::time::{Instant, timeout_at};

use super::{Address, ServerError, ServerReason, Step, Unreached};
use crate::system::limits;
use crate::system::text::{cause, sanitise, shortened};

/// When a server is to have answered, and the time that it had for it.
#[derive(Clone, Copy)]
pub(super) struct End {
    at: Instant,
    limit: Duration,
}

pub(super) struct Connection {
    stream: TcpStream,
    pub(super) address: SocketAddr,
    /// The addresses of the server that were tried before this one.
    pub(super) unreached: Vec<Unreached>,
    end: End,
    /// What is being done.
    pub(super) step: Step,
}

impl End {
    pub(super) fn after(limit: Duration) -> Self {
        let now = Instant::now();
        // One that no clock can tell is far away.
        Self { at: now.checked_add(limit).unwrap_or(now + Duration::from_secs(86_400)), limit }
    }

    async fn wait<T>(self, during: Step, what: impl Future<Output = T>) -> Result<T, ServerReason> {
        timeout_at(self.at, what).await.map_err(|_| ServerReason::Timeout { during, limit: self.limit })
    }
}

impl Connection {
    /// Tries each address of the server in turn, as libpq does. None of them may use the time of those behind it.
    pub(super) async fn open(server: &Address, end: End) -> Result<Self, ServerReason> {
        let mut unreached = Vec::new();
        let addresses = addresses(server, end).await?;
        for (index, address) in addresses.iter().copied().enumerate() {
            let now = Instant::now();
            let share =
                end.at.saturating_duration_since(now) / (addresses.len() - index).try_into().unwrap_or(u32::MAX);
            let part = End { at: now + share, limit: share };
            match part.wait(Step::Connect, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(Self { stream, address, unreached, end, step: Step::Request }),
                Ok(Err(error)) => unreached.push(Unreached { address, reason: refusal(&error) }),
                Err(reason) => unreached.push(Unreached { address, reason }),
            }
        }
        let mut reasons = unreached.iter().map(|unreached| &unreached.reason);
        let first =
            reasons.next().cloned().unwrap_or_else(|| ServerReason::UnknownHost { detail: "no addresses".to_owned() });
        if reasons.all(|reason| *reason == first) {
            return Err(first);
        }
        let each = unreached.iter().map(|Unreached { address, reason }| format!("{}: {reason}", address.ip()));
        Err(ServerReason::Unreachable { detail: shortened(&each.collect::<Vec<_>>().join("; ")).into_owned() })
    }

    /// Returns how many bytes came; 0 when none will.
    pub(super) async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ServerReason> {
        loop {
            self.end.wait(self.step, self.stream.readable()).await?.map_err(|error| self.failure(&error))?;
            match self.stream.try_read(buffer) {
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(self.failure(&error)),
            }
        }
    }

    pub(super) async fn write(&mut self, mut bytes: &[u8]) -> Result<(), ServerReason> {
        while !bytes.is_empty() {
            self.end.wait(self.step, self.stream.writable()).await?.map_err(|error| self.failure(&error))?;
            match self.stream.try_write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(self.failure(&error)),
            }
        }
        Ok(())
    }

    /// Reads until the bytes say something to `meaning`, whose second argument tells that no more will come, or that as many
    /// came as are read.
    pub(super) async fn read_until<T>(
        &mut self,
        limit: usize,
        meaning: impl Fn(&[u8], bool) -> Option<T>,
    ) -> Result<T, ServerReason> {
        let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
        loop {
            let read = self.read(&mut buffer).await;
            if let (Ok(0), true) = (&read, bytes.is_empty()) {
                return Err(ServerReason::Closed { during: self.step });
            }
            bytes.extend_from_slice(&buffer[..*read.as_ref().unwrap_or(&0)]);
            let is_whole = matches!(read, Ok(0) | Err(_)) || bytes.len() >= limit;
            // What came before the time was over tells more than that it is over.
            match (meaning(&bytes, is_whole), read) {
                (Some(meaning), _) if !bytes.is_empty() => return Ok(meaning),
                (_, Err(reason)) => return Err(reason),
                (None, _) if is_whole => return Err(ServerReason::Closed { during: self.step }),
                _ => {}
            }
        }
    }

    /// Sends the last bytes and waits a moment until the server closes its side: one whose answer is not read, or that is
    /// cut off, writes that to its log.
    pub(super) async fn close(mut self, last: &[u8]) {
        let end = Instant::now() + limits::GOODBYE_TIME;
        self.end.at = self.end.at.min(end);
        if self.write(last).await.is_err() {
            return;
        }
        let shut = poll_fn(|context| Pin::new(&mut self.stream).poll_shutdown(context)).await;
        let (mut buffer, mut read) = ([0; 4096], 0);
        while shut.is_ok() && read < limits::HANDSHAKE {
            match self.read(&mut buffer).await {
                Ok(count @ 1..) => read += count,
                Ok(0) | Err(_) => break,
            }
        }
    }

    fn failure(&self, error: &io::Error) -> ServerReason {
        match error.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted => {
                ServerReason::Reset { during: self.step }
            }
            io::ErrorKind::TimedOut => ServerReason::Timeout { during: self.step, limit: self.end.limit },
            _ => ServerReason::Unreachable { detail: cause(error) },
        }
    }
}

async fn addresses(server: &Address, end: End) -> Result<Vec<SocketAddr>, ServerReason> {
    if let Some(address) = server.address {
        return Ok(vec![SocketAddr::new(address, server.port)]);
    }
    let found = end.wait(Step::LookUp, lookup_host((server.host.as_str(), server.port))).await?;
    let found = found.map_err(|error| ServerReason::UnknownHost { detail: sanitise(&cause(&error)).into_owned() })?;
    let mut addresses = Vec::new();
    found.for_each(|address| {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    });
    Ok(addresses)
}

fn refusal(error: &io::Error) -> ServerReason {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ServerReason::Refused,
        _ => ServerReason::Unreachable { detail: cause(error) },
    }
}

/// Does what is asked, on an event loop of its own.
pub(super) fn block_on<T>(
    server: &Address,
    what: impl Future<Output = Result<T, ServerReason>>,
) -> Result<T, ServerError> {
    let result = match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            let result = runtime.block_on(what);
            // A plain drop would wait for the look-up of a name that was given up.
            runtime.shutdown_background();
            result
        }
        Err(error) => Err(ServerReason::Unreachable { detail: cause(&error) }),
    };
    result.map_err(|reason| ServerError { server: server.to_string(), reason })
}
