//! pgtrust keeps the PostgreSQL clients of a machine trusting the right CA certificates.
//!
//! The roots of managed PostgreSQL (Azure, Amazon RDS, Supabase and others) are built in, each pinned by its SHA-256
//! fingerprint. This merges Azure's into a store, losing nothing that was there, and puts the store back:
//!
//! ```
//! use pgtrust::{Environment, Machine, Stores, install, undo};
//!
//! # let folder = tempfile::tempdir()?;
//! # let (home, store) = (folder.path().join("home"), folder.path().join("root.crt"));
//! let environment = Environment { pgtrust_home: Some(home), ..Environment::default() };
//! let machine = Machine::new(environment, &time::OffsetDateTime::now_utc);
//! let mut request = install::Request {
//!     sources: vec!["azure".to_owned()],
//!     stores: Stores { files: vec![store.clone()], ..Stores::default() },
//!     ..install::Request::default()
//! };
//! request.download.network.offline = true; // the built-in copies do
//! let report = install::install(&machine, &request)?;
//! assert!(report.stores[0].added.len() >= 2 && store.exists());
//!
//! undo::undo(&machine, &undo::Request::default())?;
//! assert!(!store.exists());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to begin
//!
//! - [`Catalog`] has the providers, [`Provider::installed`] the roots of one.
//! - [`CertificateSet`], [`Policy`] and [`Bundle`] make a checked set of roots of anything; [`load_path`] reads files and
//!   folders of any [`format`](mod@format).
//! - [`Machine`] is what the use cases run on: [`fetch`], [`install`], [`remove`], [`repair`], [`refresh`], [`accept`], [`undo`],
//!   [`status`](mod@status), [`inspect`]. Each takes a request and returns a report. They write no line; what a person should know is
//!   a [`Note`]. Journal, locks, hooks and the manifest come with them.
//! - [`plan`] merges into one store without any of that.
//! - [`check`] asks servers and tells what each client would really do; [`client`] has the models that it goes by, and
//!   [`server`] the certificates of a live server, untrusted.
//!
//! # Features
//!
//! `fetch` downloads; without it, built-in copies, files and stores remain. `cli` (the default) is what the `pgtrust` command
//! needs besides.
//!
//! The API may change with any 0.x version; the changelog tells how.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests look at files as others do"))]
#![cfg_attr(
    not(feature = "fetch"),
    allow(
        dead_code,
        unused_imports,
        reason = "the use cases that download are left out, and what only they need stays"
    )
)]

mod bundle;
mod catalog;
pub mod client;
pub mod format;
mod hook;
mod journal;
mod manifest;
mod ops;
pub mod schedule;
mod settings;
mod source;
mod store;
mod system;
mod x509;

pub use bundle::{
    BadPattern, Bundle, CertificateSet, Error as BundleError, Origin, OriginId, Pattern, Policy, Reason, Rejected,
    Role, Sighting,
};
pub use catalog::{
    BUILT_IN_CATALOGUE, Catalog, Encoding, Error as CatalogError, Followed, Location, NamedCatalogue, Names, Provider,
    Root, Rotation, Selection, ServerFile, Token,
};
pub use hook::{Error as HookError, VARIABLES};
pub use journal::{
    Added, Change, Error as JournalError, FileChange, History, Journal, Listed, Ownership, Record, Step, command_line,
};
pub use manifest::{
    Error as ManifestError, Hook, HookTrigger, KeptSource, KeptTarget, Manifest, NewRoots, Opening, TokenFrom,
};
pub use ops::finding::{Finding, FindingKind, Reported};
pub use ops::pins::PinsChecked;
pub use ops::{Error, Failed, Machine, Note, RequestError, Stores};
#[cfg(feature = "fetch")]
pub use ops::{accept, check, custom, fetch, install, refresh};
pub use ops::{inspect, load, managed, password, remove, repair, status, undo};
pub use settings::{Error as SettingsError, env, snippet};
#[cfg(feature = "fetch")]
pub use source::{
    CatalogueResult, CatalogueState, DownloadError, DownloadRequest, DownloadSettings, Downloader, Fetched, Held,
    Mirror, Renewed, RootResult, RootState, TenantError, TenantReason, TenantRoot, UrlState, enforcement,
};
pub use source::{
    Error as SourceError, Problem, Progress, Source, Tenant, certificates_in_answer, load_path, load_system, server,
};
pub use store::{Error as StoreError, folder, java, jvm, known, nss, plan, reader};
pub use system::deadline::Deadline;
pub use system::layout::{Environment, Layout};
pub use system::permissions::{Obstacle, Refusal, User, Writer};
pub use system::process::{Error as ProcessError, Programs, Withheld, end_all};
pub use system::secrets::without_users;
pub use system::text::{is_unsafe, sanitise, shortened, timestamp};
pub use system::{Error as SystemError, IoError, limits};
pub use x509::{
    AltNames, Certificate, Curve, Fingerprint, GeneralName, Key, Name, NotACertificate, NotAFingerprint, Verdict,
};
