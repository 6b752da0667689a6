//! A store that is checked and decrypted.

use std::borrow::Cow;

use super::bag::{self, BagKind, Left};
use super::container::{Container, Content, Part, encrypted_part, plain_part};
use super::encryption::Scheme;
use super::entries;
use super::integrity::Integrity;
use super::password::Password;
use crate::format::{Derivations, Error, Goes, Member, MemberKind, Position};
use crate::x509::asn1::Spot;

/// A store whose parts are readable.
pub(super) struct Opened<'a> {
    lists: Vec<List<'a>>,
    foreign: Vec<Position>,
    /// The form of the password that opens it.
    pub(super) password: Option<Password<'a>>,
    /// Whether a part stays closed for lack of a password.
    pub(super) closed: bool,
}

/// A list of entries, decrypted.
struct List<'a> {
    /// Which of the parts it is.
    part: usize,
    contents: Cow<'a, [u8]>,
    spot: Spot,
    scheme: Option<&'a Scheme<'a>>,
}

impl<'a> Opened<'a> {
    /// Checks and decrypts with one password.
    ///
    /// The check value tells a wrong password as little from damage as the padding of a cipher does. Both together can:
    /// when a part decrypts to a whole list, the password is right.
    pub(super) fn new(
        container: &Container<'_>,
        parts: &'a [Part<'a>],
        password: Option<&'a str>,
        derivations: &Derivations,
    ) -> Result<Self, Error> {
        let mut forms = password.map(Password::forms).unwrap_or_default();
        let check = |form: &Password<'_>, derivations: &Derivations| match &container.integrity {
            Some(integrity) => Ok(integrity.holds(form, &container.safe, derivations)?.then_some(())),
            None => Ok(None),
        };
        let mut fitting = first(&forms, |form| check(form, derivations))?.map(|(index, ())| index);
        let failed = container.integrity.is_some() && password.is_some() && fitting.is_none();

        let mut opened = Self { lists: Vec::new(), foreign: Vec::new(), password: None, closed: false };
        for (index, part) in parts.iter().enumerate() {
            let (contents, spot, scheme) = match &part.content {
                Content::Foreign { position } => {
                    opened.foreign.push(position.clone());
                    continue;
                }
                Content::Plain { contents, spot } => (Cow::Borrowed(&**contents), *spot, None),
                Content::Encrypted { .. } if password.is_none() => {
                    opened.closed = true;
                    continue;
                }
                Content::Encrypted { scheme, contents, spot } => {
                    let damaged = |reason: &str| Error::Damaged {
                        position: Position::binary(spot.bytes(0)),
                        reason: reason.to_owned(),
                    };
                    match first(&forms, |form| scheme.decrypt(form, contents, derivations))? {
                        Some(_) if failed => return Err(damaged("the password is right, and the store was changed")),
                        Some((form, contents)) => {
                            fitting = fitting.or(Some(form));
                            (Cow::Owned(contents), *spot, Some(scheme))
                        }
                        None if fitting.is_none() => return Err(Error::WrongPassword),
                        None => return Err(damaged("cannot be decrypted with the password of the rest of the store")),
                    }
                }
            };
            opened.lists.push(List { part: index, contents, spot, scheme });
        }
        if failed {
            return Err(Error::WrongPassword);
        }
        opened.password = (!forms.is_empty()).then(|| forms.swap_remove(fitting.unwrap_or_default()));
        Ok(opened)
    }

    pub(super) fn members(&self) -> Result<Vec<Member>, Error> {
        let mut bags = Vec::new();
        for list in &self.lists {
            bag::read(&list.contents, list.spot, &mut bags)?;
        }
        let mut members = entries::members(bags)?;
        let foreign = self.foreign.iter().cloned();
        members.extend(foreign.map(|position| Member::Other { alias: None, kind: MemberKind::Unknown, position }));
        Ok(members)
    }

    /// Returns the parts without what goes; None when all stays. Parts
    /// without any of it stay as they are; one that would be empty goes.
    pub(super) fn without(
        &self,
        parts: &'a [Part<'a>],
        goes: Goes<'_>,
        derivations: &Derivations,
    ) -> Result<Option<Vec<Cow<'a, [u8]>>>, Error> {
        let mut left: Vec<Cow<'a, [u8]>> = parts.iter().map(|part| Cow::Borrowed(part.whole)).collect();
        let mut changed = false;
        for list in &self.lists {
            let new = match bag::without(&list.contents, list.spot, goes)? {
                Left::All => continue,
                Left::Nothing => Vec::new(),
                Left::Others(contents) => match (list.scheme, &self.password) {
                    (Some(scheme), Some(password)) => {
                        encrypted_part(contents, &scheme.renewed()?, password, derivations)?
                    }
                    _ => plain_part(&contents),
                },
            };
            changed = true;
            if let Some(part) = left.get_mut(list.part) {
                *part = Cow::Owned(new);
            }
        }
        left.retain(|part| !part.is_empty());
        Ok(changed.then_some(left))
    }

    /// Returns how the store protects its certificates; None when it does not. Java would not see an encrypted
    /// certificate in a store that is opened without a password.
    pub(super) fn style(&self, integrity: Option<&Integrity<'_>>) -> Result<Option<Scheme<'static>>, Error> {
        for list in &self.lists {
            let mut bags = Vec::new();
            bag::read(&list.contents, list.spot, &mut bags)?;
            if bags.iter().any(|bag| matches!(bag.kind, BagKind::Certificate(_))) {
                return list.scheme.map(Scheme::renewed).transpose();
            }
        }
        integrity.map(|check| if check.is_legacy() { Scheme::legacy() } else { Scheme::modern() }).transpose()
    }
}

/// The first form of a password that gives something, and what it gives.
fn first<T>(
    forms: &[Password<'_>],
    mut attempt: impl FnMut(&Password<'_>) -> Result<Option<T>, Error>,
) -> Result<Option<(usize, T)>, Error> {
    for (index, form) in forms.iter().enumerate() {
        if let Some(found) = attempt(form)? {
            return Ok(Some((index, found)));
        }
    }
    Ok(None)
}
