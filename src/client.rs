//! What PostgreSQL's clients make of a server: models of them, none of which trusts anything for pgtrust itself.
//!
//! [`engine`] has the parts that build and judge paths of certificates, which many clients share; [`target`] the connection
//! strings; [`surroundings`] the variables and files that a client finds; [`store`] how each library reads a store; [`host`]
//! how it compares names.

pub mod engine;
pub mod found;
pub mod host;
mod keyword;
pub mod parameters;
pub mod store;
pub mod surroundings;
pub mod target;
