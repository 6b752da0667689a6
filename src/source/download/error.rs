//! Errors of downloads, by their real cause.

use std::error::Error;
use std::io;
use std::time::Duration;

use reqwest::Url;

use super::DownloadSettings;

/// Why there is no body. Every message begins with the URL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DownloadError {
    /// A header that HTTP has no place for, such as a token with a line break in it.
    #[error("`{url}`: the value for the header `{name}` cannot be sent")]
    BadHeader {
        /// What was to be asked.
        url: String,
        /// The header.
        name: String,
    },

    /// A text that cannot be asked: not a URL, not https, a mirror with a query.
    #[error("`{url}`: {reason}")]
    BadUrl {
        /// What was asked, without a password.
        url: String,
        /// What is wrong with it.
        reason: String,
    },

    /// No server there: name look-up, TCP, or a proxy that refuses.
    #[error("`{url}`: cannot connect: {detail}")]
    Connect {
        /// What was asked, without a password.
        url: String,
        /// The innermost cause.
        detail: String,
    },

    /// The answer came whole but cannot be decompressed.
    #[error("`{url}`: damaged answer: {detail}")]
    Damaged {
        /// What was asked, without a password.
        url: String,
        /// The innermost cause.
        detail: String,
    },

    /// The time for the whole run was over before there was an answer.
    #[error("`{url}`: the time for the whole run is over")]
    NoTime {
        /// What was to be asked, without a password.
        url: String,
    },

    /// A redirect that is not followed.
    #[error("`{url}`: redirect to `{to}` refused: {reason}")]
    Redirect {
        /// What was asked, without a password.
        url: String,
        /// Where it wanted to go.
        to: String,
        /// The rule it breaks.
        reason: String,
    },

    /// Any status but 200 (of an API: of the 200s), and 304 where no body is kept.
    #[error("`{url}`: answered {status}")]
    Status {
        /// What was asked, without a password.
        url: String,
        /// The HTTP status.
        status: u16,
        /// How long the server asks to be left alone, if it says so in seconds.
        retry_after: Option<Duration>,
    },

    /// No connection, or no complete answer, in time.
    #[error("`{url}`: no complete answer within {limit:?}")]
    Timeout {
        /// What was asked, without a password.
        url: String,
        /// The limit that passed.
        limit: Duration,
    },

    /// The server's certificate is not trusted, or TLS failed otherwise.
    #[error("`{url}`: no trusted connection: {detail}")]
    Tls {
        /// What was asked, without a password.
        url: String,
        /// The innermost cause.
        detail: String,
    },

    /// More than the cap, as announced or as decompressed.
    #[error("`{url}`: larger than {limit} bytes")]
    TooLarge {
        /// What was asked, without a password.
        url: String,
        /// The cap.
        limit: u64,
    },

    /// The answer ended before its end.
    #[error("`{url}`: incomplete answer: {detail}")]
    Truncated {
        /// What was asked, without a password.
        url: String,
        /// The innermost cause.
        detail: String,
    },
}

impl DownloadError {
    pub(super) fn of(error: &reqwest::Error, url: &Url, settings: &DownloadSettings) -> Self {
        let (cause, io) = root_cause(error);
        let url = shown(url);
        let detail = match io {
            Some(io::ErrorKind::UnexpectedEof) => "unexpected end of data".to_owned(),
            // The system's words without Rust's `(os error 111)`.
            _ => cause.to_string().split(" (os error").next().unwrap_or_default().to_owned(),
        };
        if cause.is::<rustls::Error>() {
            Self::Tls { url, detail }
        } else if error.is_connect() && error.is_timeout() {
            let limit = settings.connect_timeout();
            Self::Timeout { url, limit }
        } else if error.is_connect() {
            Self::Connect { url, detail }
        } else if let Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) = io {
            Self::Damaged { url, detail }
        } else {
            Self::Truncated { url, detail }
        }
    }
}

/// reqwest itself says only "error sending request": what happened stands at the end of the chain. Beside it the kind
/// of the last I/O error on the way there, which may be no more than a wrapping.
pub(super) fn root_cause<'a>(error: &'a (dyn Error + 'static)) -> (&'a (dyn Error + 'static), Option<io::ErrorKind>) {
    let mut cause = error;
    let mut kind = None;
    loop {
        let io = cause.downcast_ref::<io::Error>();
        kind = io.map(io::Error::kind).or(kind);
        // `io::Error::source` skips the very error it wraps.
        let wrapped = io.and_then(io::Error::get_ref);
        match wrapped.map(|wrapped| wrapped as _).or_else(|| cause.source()) {
            Some(next) => cause = next,
            None => return (cause, kind),
        }
    }
}

/// Returns a URL as it may be printed and stored: without a password.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Fails only for URLs without a host, which hold no password.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}
