//! The black-box tests: what a user sees of the binary, and what other programs make of its files.

#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod catalog;
#[cfg(unix)]
mod clients;
#[cfg(unix)]
mod directory;
mod fetch;
#[cfg(unix)]
mod name_hash;
#[cfg(unix)]
mod nss;
mod proxy_and_mirror;
#[cfg(unix)]
mod readme;
mod roots;
mod support;
mod system_store;
