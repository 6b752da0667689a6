//! An HTTPS server that stands in for the providers' own: every path answers what the test says, well or badly.
//!
//! It presents a certificate for whatever name the client asks for, so that it can also be an HTTP proxy: its plain
//! port accepts `CONNECT` for any host and answers in its place.

use std::collections::{HashMap, VecDeque};
use std::io::{self, BufRead as _, BufReader, Read as _, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::pki::Authority;
use super::reply::{Body, Reply};

/// A request as the server saw it. The names of the headers are in lower case.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

pub(crate) struct ProviderServer {
    shared: Arc<Shared>,
    ca_pem: String,
    https: Listener,
    plain: Listener,
}

struct Shared {
    tls: Arc<ServerConfig>,
    routes: Mutex<HashMap<String, VecDeque<Reply>>>,
    /// What all other paths answer, one after the other.
    others: Mutex<VecDeque<Reply>>,
    requests: Mutex<Vec<Request>>,
    connects: Mutex<Vec<String>>,
    open: Mutex<Vec<TcpStream>>,
    stopping: AtomicBool,
}

impl ProviderServer {
    pub(crate) fn start() -> Self {
        let authority = Authority::root("pgtrust test HTTPS root");
        let ca_pem = authority.certificate.pem.clone();
        let tls = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(AnyName(authority)));
        let shared = Arc::new(Shared {
            tls: Arc::new(tls),
            routes: Mutex::default(),
            others: Mutex::default(),
            requests: Mutex::default(),
            connects: Mutex::default(),
            open: Mutex::default(),
            stopping: AtomicBool::new(false),
        });
        let https = Listener::start(&shared, Shared::https);
        let plain = Listener::start(&shared, Shared::plain);
        Self { shared, ca_pem, https, plain }
    }

    /// The root of the server's certificates.
    pub(crate) fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The address of a path, by name.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.https.port)
    }

    /// The same path under another host name of the same server.
    pub(crate) fn elsewhere(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.https.port)
    }

    /// The same path without TLS. Without a path: an HTTP proxy that leads every host to this server.
    pub(crate) fn plain(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.plain.port)
    }

    /// Answers a path like this from now on.
    pub(crate) fn serve(&self, path: &str, reply: Reply) {
        self.serve_each(path, [reply]);
    }

    /// Answers a path with one reply after the other; the last one stays.
    pub(crate) fn serve_each(&self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        self.shared.routes.lock().unwrap().insert(path.to_owned(), replies.into_iter().collect());
    }

    /// Answers every other path with these replies in turn.
    pub(crate) fn serve_others(&self, replies: impl IntoIterator<Item = Reply>) {
        *self.shared.others.lock().unwrap() = replies.into_iter().collect();
    }

    /// All requests for a path, in order.
    pub(crate) fn requests(&self, path: &str) -> Vec<Request> {
        self.shared.requests.lock().unwrap().iter().filter(|request| request.path == path).cloned().collect()
    }

    /// What was asked of the proxy, as `host:port`.
    pub(crate) fn connects(&self) -> Vec<String> {
        self.shared.connects.lock().unwrap().clone()
    }
}

impl Drop for ProviderServer {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        self.https.stop();
        self.plain.stop();
        // Ends the stalled replies, whose threads wait for the client.
        for stream in self.shared.open.lock().unwrap().iter() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn https(&self, stream: TcpStream) -> io::Result<()> {
        let connection = ServerConnection::new(self.tls.clone()).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(connection, stream);
        let Some(request) = read_request(&mut stream)? else { return Ok(()) };
        self.answer(request, &mut stream)?;
        stream.conn.send_close_notify();
        stream.flush()
    }

    fn plain(&self, mut stream: TcpStream) -> io::Result<()> {
        let Some(request) = read_request(&mut stream)? else { return Ok(()) };
        if request.method != "CONNECT" {
            return self.answer(request, &mut stream);
        }
        self.connects.lock().unwrap().push(request.path);
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
        self.https(stream)
    }

    fn answer(&self, request: Request, stream: &mut (impl io::Read + Write)) -> io::Result<()> {
        let reply = self.reply_to(&request);
        self.requests.lock().unwrap().push(request);
        reply.send(stream)
    }

    fn reply_to(&self, request: &Request) -> Reply {
        let mut routes = self.routes.lock().unwrap();
        let Some(replies) = routes.get_mut(&request.path) else {
            let mut others = self.others.lock().unwrap();
            let Some(reply) = others.pop_front() else { return Reply::status(404) };
            others.push_back(reply.clone());
            return reply;
        };
        let reply = if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() };
        let reply = reply.unwrap_or_else(|| Reply::status(404));
        if reply.is_known_to(request) { Reply::status(304) } else { reply }
    }
}

impl Reply {
    /// RFC 9110, 13.1: the client already has what this reply would send.
    fn is_known_to(&self, request: &Request) -> bool {
        let same = |condition: &str, validator: &str| {
            request.headers.get(condition).is_some_and(|value| self.header_value(validator) == Some(value.as_str()))
        };
        if request.headers.contains_key("if-none-match") {
            same("if-none-match", "etag")
        } else {
            same("if-modified-since", "last-modified")
        }
    }

    fn send(&self, stream: &mut (impl io::Read + Write)) -> io::Result<()> {
        write!(stream, "HTTP/1.1 {} Test\r\nconnection: close\r\n", self.status)?;
        for (name, value) in &self.headers {
            write!(stream, "{name}: {value}\r\n")?;
        }
        match &self.body {
            Body::Whole(bytes) => {
                write!(stream, "content-length: {}\r\n\r\n", bytes.len())?;
                stream.write_all(bytes)
            }
            Body::Truncated(bytes) => {
                write!(stream, "content-length: {}\r\n\r\n", bytes.len() * 2)?;
                stream.write_all(bytes)
            }
            Body::Stalled(bytes) => {
                write!(stream, "content-length: {}\r\n\r\n", bytes.len() * 2)?;
                stream.write_all(bytes)?;
                stream.flush()?;
                // Nothing more comes from the client: this returns when one side closes the connection.
                stream.read(&mut [0]).map(drop)
            }
            Body::Huge { size, announced } => {
                if *announced {
                    write!(stream, "content-length: {size}\r\n")?;
                }
                stream.write_all(b"\r\n")?;
                io::copy(&mut io::repeat(b'A').take(*size), stream).map(drop)
            }
        }
    }
}

/// The request, or nothing when the client went away without one.
fn read_request(stream: &mut impl io::Read) -> io::Result<Option<Request>> {
    let mut input = BufReader::new(stream);
    let mut lines = input.by_ref().lines();
    let Some(first) = lines.next().transpose()? else { return Ok(None) };
    let mut words = first.split(' ').map(str::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return Ok(None) };
    let mut headers = HashMap::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = String::new();
    input.take(length).read_to_string(&mut body)?;
    Ok(Some(Request { method, path, headers, body }))
}

/// One port, and the thread that hands each connection to a thread of its own.
struct Listener {
    port: u16,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    fn start(shared: &Arc<Shared>, serve: fn(&Shared, TcpStream) -> io::Result<()>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = shared.clone();
        let accept = move || {
            for stream in listener.incoming() {
                if shared.stopping.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let Ok(handle) = stream.try_clone() else { continue };
                let at = {
                    let mut open = shared.open.lock().unwrap();
                    open.push(handle);
                    open.len() - 1
                };
                let shared = shared.clone();
                std::thread::spawn(move || {
                    // A client that goes away in the middle is part of what the tests do.
                    let _ = serve(&shared, stream);
                    let _ = shared.open.lock().unwrap()[at].shutdown(Shutdown::Write);
                });
            }
        };
        Self { port, thread: Some(std::thread::spawn(accept)) }
    }

    fn stop(&mut self) {
        // Wakes the thread that accepts.
        let woken = TcpStream::connect(("127.0.0.1", self.port));
        if woken.is_ok() {
            let _ = self.thread.take().map(JoinHandle::join);
        }
    }
}

/// Issues a certificate for the name that the client asks for; without a name, for the address of this machine.
struct AnyName(Authority);

impl ResolvesServerCert for AnyName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let (leaf, key) = self.0.server(&[hello.server_name().unwrap_or("127.0.0.1")]);
        let key = aws_lc_rs::sign::any_supported_type(&PrivatePkcs8KeyDer::from(key.serialize_der()).into()).ok()?;
        Some(Arc::new(CertifiedKey::new(vec![leaf.der.into()], key)))
    }
}

impl std::fmt::Debug for AnyName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AnyName")
    }
}
