//! The use cases.

pub mod last_run;
pub mod status;
