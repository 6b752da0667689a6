//! What PostgreSQL's clients make of a server: models of them, none of which trusts anything for pgtrust itself.
//!
//! [`engine`] has the parts that build and judge paths of certificates, which many clients share; [`target`] the connection
//! strings; [`surroundings`] the variables and files that a client finds; [`store`] how each library reads a store.

pub mod engine;
pub mod found;
mod keyword;
pub mod parameters;
pub mod store;
pub mod surroundings;
pub mod target;
