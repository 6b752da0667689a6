//! The first bytes of a server, as PostgreSQL's protocol 3.0 has them (its documentation, "Message Formats"), and what other
//! servers send in their place.

use std::fmt;

use crate::system::text::{sanitise, shortened};

/// SSLRequest: the length of the message, and a number in place of a protocol version.
pub const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// What the first bytes of a server say.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Greeting {
    /// `R` and a number: the client is in if that is 0, and is to log in otherwise.
    Authentication {
        /// Whether the client is in, with no password or after one.
        is_in: bool,
    },
    /// `E`.
    Error(Said),
    /// `S`, and more behind it, where only TLS may follow.
    Injected,
    /// `N`: the server speaks no TLS.
    NoTls,
    /// `S`: the server waits for TLS.
    Tls,
    /// No PostgreSQL.
    Other(Protocol),
}

/// An error as a server words it. Its texts are shortened and cannot act on a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The text, in the server's language.
    pub message: String,
    /// The code, such as `28000`; servers before PostgreSQL 7.4, and those that cannot start a process, send none.
    pub sqlstate: Option<String>,
    /// The function in the source of PostgreSQL that made it. It is the same in each language.
    pub routine: Option<String>,
}

/// What a server speaks that is not PostgreSQL's protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// A web server.
    Http,
    /// MySQL, or MariaDB.
    MySql,
    /// A server for logins.
    Ssh,
    /// TLS, without being asked for it in PostgreSQL's way.
    Tls,
    /// Another: the first line of it, or the first bytes in hexadecimal. It cannot act on a terminal.
    Unknown(String),
}

impl fmt::Display for Protocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http => formatter.write_str("it speaks HTTP"),
            Self::MySql => formatter.write_str("it speaks MySQL's protocol"),
            Self::Ssh => formatter.write_str("it speaks SSH"),
            Self::Tls => formatter.write_str("it speaks TLS from the first byte"),
            Self::Unknown(text) => write!(formatter, "it answers `{text}`"),
        }
    }
}

/// Returns what the answer to SSLRequest says; none while more bytes are to come. `is_whole` tells that none will.
pub fn ssl_answer(bytes: &[u8], is_whole: bool) -> Option<Greeting> {
    match bytes {
        [b'S'] => Some(Greeting::Tls),
        [b'N'] => Some(Greeting::NoTls),
        [b'S', ..] if !is_start_of(bytes, SSH) => Some(Greeting::Injected),
        [b'E', ..] => error(bytes, is_whole),
        _ => other(bytes, is_whole),
    }
}

/// Returns what the answer to a StartupMessage says; none while more bytes are to come. `is_whole` tells that none will.
pub fn login_answer(bytes: &[u8], is_whole: bool) -> Option<Greeting> {
    match bytes {
        [b'R', a, b, c, d, w, x, y, z, ..] if AUTHENTICATION.contains(&u32::from_be_bytes([*a, *b, *c, *d])) => {
            Some(Greeting::Authentication { is_in: [w, x, y, z] == [&0; 4] })
        }
        [b'R', ..] if bytes.len() < 9 && !is_whole => None,
        [b'E', ..] => error(bytes, is_whole),
        _ => other(bytes, is_whole),
    }
}

/// Returns what protocol the first bytes of a server are of.
pub fn protocol(bytes: &[u8]) -> Protocol {
    match bytes {
        _ if bytes.starts_with(b"HTTP/") || is_start_of(&bytes.to_ascii_lowercase(), b"<!doctype") => Protocol::Http,
        _ if bytes.starts_with(SSH) => Protocol::Ssh,
        // Length, number 0, then version 10 of the protocol or an error: MySQL's documentation, "Connection Phase".
        [_, _, 0, 0, 0x0a | 0xff, _, ..] => Protocol::MySql,
        // A record of TLS, RFC 8446 section 5.1.
        [0x14..=0x17, 3, 0..=4, ..] => Protocol::Tls,
        _ => Protocol::Unknown(shown(bytes)),
    }
}

/// ErrorResponse. libpq takes one that is longer, or shorter than it can be, for the text that servers before PostgreSQL 7.4
/// send and servers that cannot start a process: it ends with a zero.
fn error(bytes: &[u8], is_whole: bool) -> Option<Greeting> {
    let length = bytes.get(1..5).map(|length| length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)));
    let fields = match length {
        None if !is_whole => return None,
        Some(length) if ERROR.contains(&length) => match bytes.get(5..=length) {
            Some(fields) => fields,
            None if is_whole => &bytes[5..],
            None => return None,
        },
        _ if bytes.starts_with(b"ERR") => return other(bytes, is_whole),
        _ => {
            let text = bytes[1..].split(|byte| *byte == 0).next().unwrap_or_default();
            let is_whole = is_whole || bytes.len() > text.len() + 1;
            return is_whole.then(|| Greeting::Error(Said { message: line(text), ..Said::default() }));
        }
    };
    let mut said = Said::default();
    for field in fields.split(|byte| *byte == 0) {
        match field {
            [b'M', text @ ..] => said.message = line(text),
            [b'C', code @ ..] => said.sqlstate = Some(line(code)),
            [b'R', routine @ ..] => said.routine = Some(line(routine)),
            _ => {}
        }
    }
    Some(Greeting::Error(said))
}

/// A line of text is waited for, and of other bytes as many as tell the protocol.
fn other(bytes: &[u8], is_whole: bool) -> Option<Greeting> {
    let is_text = bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\r' | b'\n'));
    let enough = if is_text { bytes.contains(&b'\n') || bytes.len() >= LINE } else { bytes.len() >= 8 };
    (is_whole || enough).then(|| Greeting::Other(protocol(bytes)))
}

fn shown(bytes: &[u8]) -> String {
    let first = bytes.split(|byte| b"\r\n\0".contains(byte)).next().unwrap_or_default();
    match first {
        [] => "nothing that can be told".to_owned(),
        _ if first.iter().all(|byte| matches!(byte, b' '..=b'~')) => line(first),
        _ => bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
    }
}

/// A text as it may be shown.
fn line(bytes: &[u8]) -> String {
    shortened(&sanitise(String::from_utf8_lossy(bytes).trim())).into_owned()
}

/// Tells whether one of them is the beginning of the other.
fn is_start_of(bytes: &[u8], word: &[u8]) -> bool {
    bytes.starts_with(word) || !bytes.is_empty() && word.starts_with(bytes)
}

const SSH: &[u8] = b"SSH-";

/// Bytes of a line of text that are waited for.
const LINE: usize = 80;

/// Lengths that libpq accepts, each with the four bytes that say it.
const AUTHENTICATION: std::ops::RangeInclusive<u32> = 8..=2_000;
const ERROR: std::ops::RangeInclusive<usize> = 8..=30_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn response(fields: &[&str]) -> Vec<u8> {
        let body = fields.iter().map(|field| format!("{field}\0")).collect::<String>() + "\0";
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [b"E", &length[..], body.as_bytes()].concat()
    }

    #[test]
    fn one_byte_is_the_answer_and_nothing_may_follow_it() {
        assert_eq!(ssl_answer(b"S", false), Some(Greeting::Tls));
        assert_eq!(ssl_answer(b"N", false), Some(Greeting::NoTls));
        assert_eq!(ssl_answer(b"SR\0\0\0\x08", false), Some(Greeting::Injected));
        assert_eq!(ssl_answer(b"", false), None);
    }

    #[test]
    fn servers_of_other_protocols_are_named() {
        let asked = |bytes: &[u8]| ssl_answer(bytes, false);
        assert_eq!(asked(b"HTTP/1.1 400 Bad Request\r\n"), Some(Greeting::Other(Protocol::Http)));
        assert_eq!(asked(b"SSH-2.0-OpenSSH_9.2p1\r\n"), Some(Greeting::Other(Protocol::Ssh)));
        assert_eq!(asked(b"J\0\0\0\x0a8.0.36\0"), Some(Greeting::Other(Protocol::MySql)));
        assert_eq!(asked(b"\x15\x03\x01\0\x02\x02\x46\0"), Some(Greeting::Other(Protocol::Tls)));
        let unknown = |text: &str| Some(Greeting::Other(Protocol::Unknown(text.to_owned())));
        assert_eq!(asked(b"-ERR unknown command\r\n+more"), unknown("-ERR unknown command"));
        assert_eq!(asked(b"ERROR\r\n"), unknown("ERROR"));
        assert_eq!(ssl_answer(b"\x1b[2J", true), unknown("1b 5b 32 4a"));
        assert_eq!(ssl_answer(b"HT", false), None, "more may come");
    }

    #[test]
    fn an_error_is_read_whole_and_shown_safely() {
        let whole = response(&["SFATAL", "VFATAL", "C53300", "Msorry, \u{1b}[31mtoo many", "Fproc.c", "RInitProcess"]);
        for end in 0..whole.len() {
            assert_eq!(ssl_answer(&whole[..end], false), None, "{end} bytes");
        }
        let said = Said {
            message: "sorry, \\u{1b}[31mtoo many".to_owned(),
            sqlstate: Some("53300".to_owned()),
            routine: Some("InitProcess".to_owned()),
        };
        assert_eq!(ssl_answer(&whole, false), Some(Greeting::Error(said.clone())));
        assert_eq!(login_answer(&whole, false), Some(Greeting::Error(said)));
    }

    #[test]
    fn an_old_server_answers_with_a_text() {
        let text = b"EFATAL:  unsupported frontend protocol 1234.5679\n\0";
        assert_eq!(ssl_answer(&text[..20], false), None);
        let Some(Greeting::Error(said)) = ssl_answer(text, false) else { panic!() };
        assert_eq!((said.message.as_str(), said.sqlstate), ("FATAL:  unsupported frontend protocol 1234.5679", None));
        let endless = [b"E".repeat(2), vec![b'x'; 40_000]].concat();
        let Some(Greeting::Error(said)) = ssl_answer(&endless, true) else { panic!() };
        assert!(said.message.chars().count() <= 301);
    }

    #[test]
    fn a_request_to_log_in_is_told_from_other_bytes() {
        assert_eq!(login_answer(b"R\0\0\0\x08\0\0\0\0", false), Some(Greeting::Authentication { is_in: true }));
        assert_eq!(login_answer(b"R\0\0\0\x0c\0\0\0\x05salt", false), Some(Greeting::Authentication { is_in: false }));
        assert_eq!(login_answer(b"R\0\0\0\x08\0\0", false), None);
        assert!(matches!(login_answer(b"Really?\n\n", false), Some(Greeting::Other(_))));
    }
}
