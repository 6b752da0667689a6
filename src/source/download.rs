//! The one place that talks HTTPS: size cap, time limits, retries, conditional requests.

mod attempt;
mod cache;
mod engine;
mod error;
mod mirror;
mod request;
mod retry;
mod room;

use std::panic;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::system::deadline::Deadline;
use crate::system::limits;

use engine::Engine;
use retry::download;
use room::Room;

pub use error::DownloadError;
pub use mirror::Mirror;
pub use request::DownloadRequest;
pub(crate) use request::{Method, Secret};

/// Downloads over HTTPS, trusting this machine's roots and the web's public roots.
///
/// Cheap to construct: roots are read and the TLS client is built at the first request. Proxies are taken from
/// `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` (or lower case), else from the system's settings. Must not
/// be called from asynchronous code: it runs its own event loop.
pub struct Downloader {
    settings: Arc<DownloadSettings>,
    engine: OnceLock<Result<Engine, String>>,
}

/// Limits and places of downloads. The default: 30 seconds, 3 attempts, 16 MiB, no cache, no mirror.
#[derive(Clone, Debug)]
pub struct DownloadSettings {
    /// For one attempt as a whole: connecting, redirects and the last byte of the body.
    pub timeout: Duration,
    /// How often a request is tried if its failure may pass; at least once.
    pub attempts: u32,
    /// Cap on a body, counted after decompression.
    pub max_bytes: u64,
    /// Folder for the bodies of files and their validators (`ETag`, `Last-Modified`); created when needed.
    pub cache: Option<PathBuf>,
    /// Whether the cache is only read.
    pub cache_is_fixed: bool,
    /// The server to ask for files instead of the one that a request names.
    pub mirror: Option<Mirror>,
    /// When all of them are to have ended.
    pub deadline: Deadline,
}

impl Default for DownloadSettings {
    fn default() -> Self {
        Self {
            timeout: limits::DOWNLOAD_TIME,
            attempts: limits::ATTEMPTS,
            max_bytes: limits::DOWNLOAD,
            cache: None,
            cache_is_fixed: false,
            mirror: None,
            deadline: Deadline::default(),
        }
    }
}

impl DownloadSettings {
    fn connect_timeout(&self) -> Duration {
        limits::CONNECT_TIME.min(self.timeout)
    }
}

/// A complete body.
#[derive(Debug)]
pub(crate) struct Downloaded {
    /// Decompressed, never longer than the cap.
    pub body: Vec<u8>,
    /// The server said that the cached body still holds.
    pub unchanged: bool,
    /// The URL that answered: after redirects, and the mirror's if one was asked.
    pub from: String,
    /// The server that the request names sent it, over verified TLS: false when a mirror was asked.
    pub authentic: bool,
    /// Where it has moved for good, by the server's own word.
    pub moved: Option<String>,
}

impl Downloader {
    /// Touches neither the network nor a file yet.
    pub fn new(settings: DownloadSettings) -> Self {
        Self { settings: Arc::new(settings), engine: OnceLock::new() }
    }

    /// Downloads one file.
    pub(crate) fn get(&self, request: &DownloadRequest) -> Result<Downloaded, DownloadError> {
        self.get_each(vec![(request.clone(), ())], |(), result| result, &|| ()).remove(0)
    }

    /// Downloads all requests, a few at a time, and hands each answer over as it comes, with what goes with the request. What
    /// that makes of them stands in the order of the requests. `done` is called as each ends.
    ///
    /// Large answers come, and all are taken, one at a time: together they may be larger than the memory.
    pub(crate) fn get_each<A: Send + 'static, T: Send + 'static>(
        &self,
        requests: Vec<(DownloadRequest, A)>,
        take: fn(A, Result<Downloaded, DownloadError>) -> T,
        done: &(dyn Fn() + Sync),
    ) -> Vec<T> {
        if requests.is_empty() {
            return Vec::new();
        }
        let engine = match self.engine.get_or_init(|| Engine::start(&self.settings)) {
            Ok(engine) => engine,
            Err(detail) => {
                let ended = requests.into_iter().map(|(request, with)| {
                    done();
                    let (url, detail) = (request.url().to_owned(), detail.clone());
                    take(with, Err(DownloadError::Connect { url, detail }))
                });
                return ended.collect();
            }
        };
        let (sender, mut ended) = mpsc::channel::<Ended<A>>(1);
        thread::scope(|scope| {
            // By one thread and no other: what each of them has freed, the system would not get back.
            let taking = scope.spawn(move || {
                let mut taken = Vec::new();
                while let Some(Ended { index, with, result, room }) = ended.blocking_recv() {
                    taken.push((index, take(with, result)));
                    drop(room);
                    done();
                }
                taken.sort_unstable_by_key(|(index, _)| *index);
                taken.into_iter().map(|(_, taken)| taken).collect()
            });
            engine.runtime().block_on(self.ask_all(engine, requests, sender));
            taking.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked))
        })
    }

    async fn ask_all<A: Send + 'static>(
        &self,
        engine: &Engine,
        requests: Vec<(DownloadRequest, A)>,
        sender: mpsc::Sender<Ended<A>>,
    ) {
        let mut waiting = requests.into_iter().enumerate();
        let mut running = JoinSet::new();
        loop {
            while running.len() < limits::PARALLEL
                && let Some((index, (request, with))) = waiting.next()
            {
                let (client, settings) = (engine.client.clone(), Arc::clone(&self.settings));
                let (mut room, sender) = (Room::new(&engine.large), sender.clone());
                running.spawn(async move {
                    let result = download(&client, &settings, &request, &mut room).await;
                    // Fails only if who takes them has panicked.
                    let _ = sender.send(Ended { index, with, result, room }).await;
                });
            }
            match running.join_next().await {
                Some(Ok(())) => {}
                Some(Err(panicked)) => panic::resume_unwind(panicked.into_panic()),
                None => break,
            }
        }
    }
}

/// A download that has ended.
struct Ended<A> {
    index: usize,
    /// What goes with the request.
    with: A,
    result: Result<Downloaded, DownloadError>,
    /// Where a large answer is, until it is taken.
    room: Room,
}
