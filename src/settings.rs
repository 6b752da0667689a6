//! Environment variables and settings with which clients use a store.

pub mod env;
mod error;
pub mod snippet;

pub use error::Error;
