//! What the clients of PostgreSQL make of a server: models of them, none of which trusts anything for pgtrust itself.
//!
//! [`engine`] has the parts that build and judge paths of certificates, which many clients share.

pub mod engine;
