//! What a path of the test server answers: the good cases and each way in which a real server goes wrong.

use std::io::Write as _;
use std::sync::Arc;

#[derive(Clone)]
pub(crate) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Body,
}

#[derive(Clone)]
pub(super) enum Body {
    Whole(Arc<Vec<u8>>),
    /// Half of what the headers announce, then the end of the connection.
    Truncated(Vec<u8>),
    /// Half of what the headers announce, then silence.
    Stalled(Vec<u8>),
    /// Bytes without meaning.
    Huge {
        size: u64,
        announced: bool,
    },
}

impl Reply {
    /// These bytes, with status 200.
    pub(crate) fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::with(200, Body::Whole(Arc::new(bytes.into())))
    }

    /// A status with a short text.
    pub(crate) fn status(status: u16) -> Self {
        let text = if status == 304 { Vec::new() } else { format!("status {status}\n").into_bytes() };
        Self::with(status, Body::Whole(Arc::new(text)))
    }

    pub(crate) fn redirect(url: &str) -> Self {
        Self::status(302).header("location", url)
    }

    /// A page for people, as captive portals and single-page sites serve it under any address.
    pub(crate) fn html() -> Self {
        Self::bytes("<!DOCTYPE html>\n<html><body>Welcome</body></html>\n").header("content-type", "text/html")
    }

    pub(crate) fn gzip(bytes: &[u8]) -> Self {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        Self::bytes(encoder.finish().unwrap()).header("content-encoding", "gzip")
    }

    pub(crate) fn truncated(bytes: impl Into<Vec<u8>>) -> Self {
        Self::with(200, Body::Truncated(bytes.into()))
    }

    pub(crate) fn stalled(bytes: impl Into<Vec<u8>>) -> Self {
        Self::with(200, Body::Stalled(bytes.into()))
    }

    /// One gigabyte, announced in the headers.
    pub(crate) fn huge() -> Self {
        Self::with(200, Body::Huge { size: GIGABYTE, announced: true })
    }

    /// One gigabyte that only ends with the connection.
    pub(crate) fn huge_unannounced() -> Self {
        Self::with(200, Body::Huge { size: GIGABYTE, announced: false })
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(super) fn header_value(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    fn with(status: u16, body: Body) -> Self {
        Self { status, headers: Vec::new(), body }
    }
}

const GIGABYTE: u64 = 1 << 30;
