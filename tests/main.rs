//! The black-box tests: what a user sees of the binary, and what other programs make of its files.

#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod catalog;
#[cfg(unix)]
mod clients;
mod fetch;
#[cfg(unix)]
mod java_stores;
#[cfg(unix)]
mod key_stores;
mod pkcs12;
mod proxy_and_mirror;
#[cfg(unix)]
mod readme;
mod roots;
mod support;
#[cfg(unix)]
mod uninstall;
