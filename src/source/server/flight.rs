//! What a server sends first in a TLS handshake of versions before 1.3, where its certificates come in plain text.

use super::{Served, TlsVersion};

/// The first flight of a server, RFC 5246 section 7.3, up to its certificates.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Flight {
    /// It is none, or has no certificates.
    Invalid,
    /// A fatal alert with this number, RFC 5246 section 7.2.
    Refused(u8),
    /// The certificates.
    Shown {
        /// The version that the server chose.
        version: TlsVersion,
        /// The cipher suite that it chose.
        cipher: u16,
        /// Its certificates.
        chain: Served,
    },
}

/// Reads what a server has sent so far; none while more bytes are to come.
pub fn flight(bytes: &[u8]) -> Option<Flight> {
    match messages(bytes) {
        Err(end) => Some(end),
        Ok((messages, refused)) => read(&messages).or_else(|| refused.map(Flight::Refused)),
    }
}

/// Joins what the records hold (section 6.2.1). Behind a fatal alert nothing follows.
fn messages(mut bytes: &[u8]) -> Result<(Vec<u8>, Option<u8>), Flight> {
    let mut messages = Vec::new();
    loop {
        let (kind, length) = match bytes {
            [kind, 3, 0..=4, high, low, ..] => (*kind, usize::from(u16::from_be_bytes([*high, *low]))),
            [_, 3, 0..=4] | [_, 3] | [_] | [] | [_, 3, 0..=4, _] => return Ok((messages, None)),
            _ => return Err(Flight::Invalid),
        };
        let Some(content) = bytes.get(5..5 + length) else { return Ok((messages, None)) };
        match (kind, content) {
            (0x16, content) => messages.extend_from_slice(content),
            // A warning, as that the name is unknown.
            (0x15, [1, _]) => {}
            (0x15, [_, code]) => return Ok((messages, Some(*code))),
            _ => return Err(Flight::Invalid),
        }
        bytes = &bytes[5 + length..];
    }
}

/// Reads ServerHello and Certificate (sections 7.4.1.3 and 7.4.2).
fn read(mut messages: &[u8]) -> Option<Flight> {
    let mut chosen = None;
    loop {
        let (kind, rest) = messages.split_first()?;
        let (content, rest) = vector(rest)?;
        match (*kind, chosen) {
            (2, None) => match hello(content) {
                Some(hello) => chosen = Some(hello),
                None => return Some(Flight::Invalid),
            },
            (11, Some((version, cipher))) => {
                let chain = certificates(content).and_then(|ders| Served::of(ders).ok());
                return Some(chain.map_or(Flight::Invalid, |chain| Flight::Shown { version, cipher, chain }));
            }
            _ => return Some(Flight::Invalid),
        }
        messages = rest;
    }
}

fn hello(content: &[u8]) -> Option<(TlsVersion, u16)> {
    let version = match content.get(..2)? {
        [3, 1] => TlsVersion::V1_0,
        [3, 2] => TlsVersion::V1_1,
        [3, 3] => TlsVersion::V1_2,
        _ => return None,
    };
    // Behind the server's random number and the session's identifier.
    let session = usize::from(*content.get(34)?);
    let cipher = content.get(35 + session..37 + session)?;
    Some((version, u16::from_be_bytes([cipher[0], cipher[1]])))
}

fn certificates(content: &[u8]) -> Option<Vec<&[u8]>> {
    let (mut list, []) = vector(content)? else { return None };
    let mut ders = Vec::new();
    while !list.is_empty() {
        let (der, rest) = vector(list)?;
        ders.push(der);
        list = rest;
    }
    Some(ders)
}

/// Splits off what the length in the first three bytes says.
fn vector(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = bytes.get(..3)?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    bytes[3..].split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &[u8] = include_bytes!("../../../tests/data/isrg-root-x1.der");

    fn sized(bytes: &[u8]) -> Vec<u8> {
        [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[1..], bytes].concat()
    }

    fn hello() -> Vec<u8> {
        let hello = [&[3, 1][..], &[7; 32], &[2, 9, 9], &[0, 0x2f, 0]].concat();
        [&[2][..], &sized(&hello)].concat()
    }

    fn certificate(ders: &[&[u8]]) -> Vec<u8> {
        let list = ders.iter().flat_map(|der| sized(der)).collect::<Vec<_>>();
        [&[11][..], &sized(&sized(&list))].concat()
    }

    /// Records of no more than so many bytes.
    fn records(messages: &[u8], most: usize) -> Vec<u8> {
        let record =
            |part: &[u8]| [&[0x16, 3, 1][..], &u16::try_from(part.len()).unwrap().to_be_bytes(), part].concat();
        messages.chunks(most).flat_map(record).collect()
    }

    #[test]
    fn certificates_are_read_however_records_cut_them() {
        let messages = [hello(), certificate(&[ROOT, b"no certificate", ROOT])].concat();
        for most in [1, 100, 16_384] {
            let bytes = records(&messages, most);
            assert!((0..bytes.len()).step_by(97).all(|end| flight(&bytes[..end]).is_none()), "more is to come");
            let Some(Flight::Shown { version, cipher, chain }) = flight(&bytes) else { panic!("{most}") };
            assert_eq!((version, cipher, chain.certificates.len()), (TlsVersion::V1_0, 0x2f, 2));
            assert_eq!(chain.unreadable[0].position, 2);
        }
    }

    #[test]
    fn an_alert_ends_it_and_a_warning_does_not() {
        let warning = [0x15, 3, 1, 0, 2, 1, 112];
        assert!(flight(&warning).is_none());
        let bytes = [&warning[..], &[0x15, 3, 1, 0, 2, 2, 40]].concat();
        assert!(matches!(flight(&bytes), Some(Flight::Refused(40))));
    }

    #[test]
    fn what_is_no_first_flight_is_refused() {
        let key_exchange = [&[12][..], &sized(b"")].concat();
        for messages in [certificate(&[ROOT]), [hello(), hello()].concat(), [hello(), key_exchange].concat()] {
            assert!(matches!(flight(&records(&messages, 16_384)), Some(Flight::Invalid)));
        }
        assert!(matches!(flight(b"HTTP/1.1 400\r\n"), Some(Flight::Invalid)));
    }
}
