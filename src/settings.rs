//! What programs need to use a store: environment variables and settings of clients.

pub mod env;
pub mod snippet;
