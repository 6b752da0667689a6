//! Reads an input of any format.

use std::fmt;
use std::io::{self, Read};

use super::private_key::WithChains;
use super::{Error, Format, Identified, Member, MemberKind, Passwords, what_is};
use crate::system::limits;

/// The result of [`decode`]: what the input was found to be.
#[derive(Clone)]
#[non_exhaustive]
pub struct Decoded {
    /// Its format.
    pub format: &'static Format,
    /// The password that opened it; none where there is none, or where the store could only be listed.
    pub password: Option<String>,
}

/// The password is never printed.
impl fmt::Debug for Decoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoded").field("format", self.format).finish_non_exhaustive()
    }
}

/// Reads a whole input of any format and hands over every member. An input that holds no certificate, not even one
/// that cannot be read, is an error, unless it is a key store: that may be empty. A private key is an error anywhere else
/// than in a key store.
///
/// `limit` bytes are read at most: a longer input is an error, not a shorter result.
pub fn decode(
    input: &mut dyn Read,
    limit: u64,
    passwords: Passwords<'_>,
    visit: &mut dyn FnMut(Member),
) -> Result<Decoded, Error> {
    let mut refused = None;
    let decoded = read(input, limit, passwords, &mut |_, member| match member {
        Member::PrivateKey(key) if !key.in_key_store => refused = refused.take().or(Some(key.position)),
        _ if refused.is_some() => {}
        member => visit(member),
    });
    match refused {
        Some(position) => Err(Error::PrivateKey { position }),
        None => decoded,
    }
}

/// Does the same for those who only look, and tells the format with each member. Private keys are handed over wherever they stand, behind the other members
/// where they stand among certificates.
pub fn look(
    input: &mut dyn Read,
    limit: u64,
    passwords: Passwords<'_>,
    visit: &mut dyn FnMut(&'static Format, Member),
) -> Result<Decoded, Error> {
    let mut waiting = WithChains::default();
    let decoded = read(input, limit, passwords, &mut |format, member| {
        if let Some(member) = waiting.pass(member) {
            visit(format, member);
        }
    })?;
    waiting.keys(&mut |key| visit(decoded.format, key))?;
    Ok(decoded)
}

fn read(
    input: &mut dyn Read,
    limit: u64,
    passwords: Passwords<'_>,
    visit: &mut dyn FnMut(&'static Format, Member),
) -> Result<Decoded, Error> {
    let mut head = Vec::with_capacity(limits::HEAD);
    input.take(limits::HEAD as u64).read_to_end(&mut head)?;
    let beyond = head.len() == limits::HEAD && !head.contains(&0);
    let format = Format::of(&head).or_else(|| beyond.then(Format::pem));
    let format = format.ok_or_else(|| Error::NotAStore { what: what_is(&head) })?;
    let mut rest = Capped { input: (&head[..]).chain(input), left: limit };
    // A key store may be empty.
    let mut is_store = format.is_key_store();
    let mut other = None;
    let result = passwords.open(format, &mut rest, &mut |member| {
        match &member {
            Member::Other { kind, .. } => other = other.or(Some(*kind)),
            Member::PrivateKey(_) => other = other.or(Some(MemberKind::PrivateKey)),
            Member::Certificate { .. } | Member::Distrusted { .. } | Member::Rejected { .. } => is_store = true,
            Member::Unchecked { .. } => {}
        }
        visit(format, member);
    });
    match result {
        Err(Error::Io(error)) if error.kind() == io::ErrorKind::FileTooLarge => Err(Error::TooLarge { limit }),
        Err(error) => Err(error),
        Ok(password) if is_store => Ok(Decoded { format, password }),
        Ok(_) => {
            let what = other.map_or_else(|| what_is(&head), |kind| Identified::only(format, kind));
            Err(Error::NotAStore { what })
        }
    }
}

/// Fails instead of ending early.
struct Capped<R> {
    input: R,
    left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        match self.left.checked_sub(count as u64) {
            Some(left) => self.left = left,
            None => return Err(io::ErrorKind::FileTooLarge.into()),
        }
        Ok(count)
    }
}
