//! Passwords that are tried on a store.

use std::io::Read;

use super::{Error, Format, Member, read_whole};

/// The passwords that are tried on an input. Formats without passwords ignore them.
#[derive(Clone, Copy, Default)]
pub enum Passwords<'a> {
    /// This one, then those that stores of its format usually have.
    First(&'a str),
    /// This one and no other.
    Only(&'a str),
    /// The passwords that stores of its format usually have.
    #[default]
    Usual,
}

impl<'a> Passwords<'a> {
    /// Tries the given password first, then the usual ones.
    pub fn first(given: Option<&'a str>) -> Self {
        given.map_or(Self::Usual, Self::First)
    }

    /// Tries the given password alone; the usual ones where none is given.
    pub fn only(given: Option<&'a str>) -> Self {
        given.map_or(Self::Usual, Self::Only)
    }

    /// Tries one password after the other until one opens the input, and returns that. A store that can be listed but
    /// not checked is listed only when no password was given: a wrong one is an error.
    pub(super) fn open(
        self,
        format: &'static Format,
        input: &mut dyn Read,
        visit: &mut dyn FnMut(Member),
    ) -> Result<Option<String>, Error> {
        self.open_by(format, &mut |input, password, visit| (format.decode)(input, password, visit), input, visit)
    }

    /// [`Passwords::open`] with another function in the place of the format's own.
    pub(super) fn open_by(
        self,
        format: &'static Format,
        decode: &mut DecodeBy<'_>,
        input: &mut dyn Read,
        visit: &mut dyn FnMut(Member),
    ) -> Result<Option<String>, Error> {
        if !format.is_key_store() {
            return decode(input, self.given(), visit).map(|()| None);
        }
        let bytes = read_whole(input)?;
        let usual = if matches!(self, Self::Only(_)) { &[] } else { format.usual_passwords };
        let candidates = self.given().map(Some).into_iter().chain(usual.iter().copied());
        let (mut listed, mut refused) = (None, None);
        for password in candidates {
            let mut members = Vec::new();
            let mut unchecked = false;
            let result = decode(&mut &bytes[..], password, &mut |member| {
                unchecked |= matches!(member, Member::Unchecked { .. });
                members.push(member);
            });
            match result {
                Err(error @ (Error::PasswordNeeded { .. } | Error::WrongPassword)) => refused = refused.or(Some(error)),
                Ok(()) if unchecked => listed = Some(members),
                // What stands before the damage is worth showing.
                result => {
                    members.into_iter().for_each(visit);
                    return result.map(|()| password.map(str::to_owned));
                }
            }
        }
        match (listed, refused) {
            (Some(members), _) if self.given().is_none() => {
                members.into_iter().for_each(visit);
                Ok(None)
            }
            (_, refused) => Err(refused.unwrap_or(Error::WrongPassword)),
        }
    }

    fn given(self) -> Option<&'a str> {
        match self {
            Self::First(password) | Self::Only(password) => Some(password),
            Self::Usual => None,
        }
    }
}

/// See [`super::Decode`].
pub(super) type DecodeBy<'a> = dyn FnMut(&mut dyn Read, Option<&str>, &mut dyn FnMut(Member)) -> Result<(), Error> + 'a;

/// A password is never printed.
impl std::fmt::Debug for Passwords<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::First(_) => "First",
            Self::Only(_) => "Only",
            Self::Usual => "Usual",
        })
    }
}
