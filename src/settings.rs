//! What programs need to use a store: environment variables and settings of clients.

pub mod env;
mod error;
pub mod snippet;

pub use error::Error;
