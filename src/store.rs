//! The stores on this machine: files, folders, NSS databases, Java's; where they are, and the plan of a change.

mod error;
pub mod folder;
pub mod java;
pub mod jvm;
pub mod known;
pub mod nss;
pub mod plan;
pub mod reader;

pub use error::Error;
