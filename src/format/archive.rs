//! A file inside an archive, whatever kind of archive that is.

use super::{Derivations, Error, Format, Identified, Member, MemberKind, Passwords, Position, PrivateKey, what_is};
use crate::system::limits;
use crate::system::text::sanitise;

/// A file inside an archive. Its name is shown and never used as a path.
pub(super) struct Contained<'a> {
    pub(super) name: &'a str,
    pub(super) position: Position,
}

impl Contained<'_> {
    /// Reads the members of a file in any format but another archive. A file that cannot be read leaves the others
    /// good.
    pub(super) fn members(
        &self,
        content: &[u8],
        password: Option<&str>,
        derivations: &Derivations,
        visit: &mut dyn FnMut(Member),
    ) {
        let position = &self.position;
        let head = &content[..content.len().min(limits::HEAD)];
        let Some(format) = Format::of(head) else {
            let alias = Some(self.name.to_owned());
            visit(match what_is(head) {
                Identified::PrivateKey | Identified::EncryptedKey => {
                    Member::PrivateKey(PrivateKey { alias, ..PrivateKey::bare(position.clone(), content) })
                }
                what if what.is_key_store() => self.rejected(&format!("is {what}")),
                _ => Member::Other { alias, kind: MemberKind::Unknown, position: position.clone() },
            });
            return;
        };
        if format.is_archive() {
            visit(self.rejected("an archive inside an archive is not opened"));
            return;
        }
        let passwords = Passwords::first(password).within(derivations);
        let decoded = passwords.open(format, &mut &content[..], &mut |member| {
            visit(match member {
                Member::Certificate { alias, certificate, flaw, .. } => {
                    Member::Certificate { alias, certificate, flaw, position: position.clone() }
                }
                Member::Distrusted { certificate, reason, .. } => {
                    Member::Distrusted { certificate, position: position.clone(), reason }
                }
                Member::Other { alias, kind, .. } => Member::Other { alias, kind, position: position.clone() },
                Member::PrivateKey(key) => {
                    let alias = if key.in_key_store { key.alias } else { Some(self.name.to_owned()) };
                    Member::PrivateKey(PrivateKey { alias, position: position.clone(), ..key })
                }
                Member::Rejected { position, reason } => self.rejected(&format!("{position}: {reason}")),
                Member::Unchecked { reason } => Member::Unchecked { reason: format!("{}: {reason}", self.quoted()) },
            });
        });
        if let Err(error) = decoded {
            visit(self.rejected(&error.to_string()));
        }
    }

    pub(super) fn rejected(&self, reason: &str) -> Member {
        Member::Rejected { position: self.position.clone(), reason: format!("{}: {reason}", self.quoted()) }
    }

    fn quoted(&self) -> String {
        format!("`{}`", sanitise(self.name))
    }
}

pub(super) fn damaged(at: usize, reason: &str) -> Error {
    Error::Damaged { position: Position { line: None, bytes: at as u64..at as u64 }, reason: reason.to_owned() }
}

/// For functions of formats that are only read.
pub(super) fn only_read(what: &str) -> Error {
    Error::Unsupported { what: format!("writing {what}") }
}
