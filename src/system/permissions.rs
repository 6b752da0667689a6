//! Checks before a store is changed: whether others could change it too, and whether this user can.

#[cfg(unix)]
mod acl;
mod reach;
mod readable;
mod refusal;
mod shared;
mod users;
mod writable;

use std::path::Path;

use crate::system::Error;
pub use reach::Who;
pub(crate) use reach::{Unreachable, obstacle};
pub(crate) use readable::is_readable_by_all;
pub use refusal::{Obstacle, Refusal, Writer};
pub(crate) use shared::{Guard, look, owner_of, refuse_foreign_home, refuse_shared};
pub use users::User;
pub(crate) use writable::check_writable;

/// Fails when this user cannot write in a folder of pgtrust's own.
pub(crate) fn check_place(folder: &Path) -> Result<(), Error> {
    check_writable(folder).map_err(|error| match error {
        Error::Refused(Refusal::NotWritable { path, obstacle }) => Refusal::NoPlace { path, obstacle }.into(),
        error => error,
    })
}
