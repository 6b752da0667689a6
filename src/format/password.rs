//! Passwords that are tried on a store.

use std::io::Read;

use super::{Derivations, Error, Format, Member, read_whole};

/// The passwords that are tried on an input, and the work that they may take. Formats without passwords ignore them.
#[derive(Clone, Copy, Default)]
pub struct Passwords<'a> {
    given: Option<&'a str>,
    /// Whether none is tried but the given one.
    alone: bool,
    derivations: Option<&'a Derivations>,
}

impl<'a> Passwords<'a> {
    /// Tries the passwords that stores of a format usually have.
    pub fn usual() -> Self {
        Self::default()
    }

    /// Tries the given password first, then the usual ones.
    pub fn first(given: Option<&'a str>) -> Self {
        Self { given, ..Self::default() }
    }

    /// Tries the given password alone; the usual ones where none is given.
    pub fn only(given: Option<&'a str>) -> Self {
        Self { given, alone: given.is_some(), derivations: None }
    }

    /// The same, for one store of several that are read in one run: together they take no more work than one.
    #[must_use]
    pub fn within(self, derivations: &'a Derivations) -> Self {
        Self { derivations: Some(derivations), ..self }
    }

    /// Tries one password after the other until one opens the input, and returns that. A store that can be listed but
    /// not checked is listed only when no password was given: a wrong one is an error.
    pub(super) fn open(
        self,
        format: &'static Format,
        input: &mut dyn Read,
        visit: &mut dyn FnMut(Member),
    ) -> Result<Option<String>, Error> {
        let own = Derivations::default();
        let derivations = self.derivations.unwrap_or(&own);
        if !format.is_key_store() {
            return (format.decode_within)(input, self.given, derivations, visit).map(|()| None);
        }
        let bytes = read_whole(input)?;
        let usual = if self.alone { &[] } else { format.usual_passwords };
        let candidates = self.given.map(Some).into_iter().chain(usual.iter().copied());
        let (mut listed, mut refused) = (None, None);
        for password in candidates {
            let mut members = Vec::new();
            let mut unchecked = false;
            let result = (format.decode_within)(&mut &bytes[..], password, derivations, &mut |member| {
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
            (Some(members), _) if self.given.is_none() => {
                members.into_iter().for_each(visit);
                Ok(None)
            }
            (_, refused) => Err(refused.unwrap_or(Error::WrongPassword)),
        }
    }
}

/// A password is never printed.
impl std::fmt::Debug for Passwords<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passwords").field("alone", &self.alone).finish_non_exhaustive()
    }
}
