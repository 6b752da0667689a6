//! The black-box tests: what a user sees of the binary, and what other programs make of its files.

#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test may stop at the first surprise")]

#[cfg(unix)]
mod attempts;
mod catalog;
mod catalogues;
mod certificates;
#[cfg(unix)]
mod check;
#[cfg(unix)]
mod clients;
#[cfg(unix)]
mod command_line;
#[cfg(target_os = "linux")]
mod conformance;
mod connection_strings;
#[cfg(unix)]
mod coolify;
mod custom;
#[cfg(unix)]
mod dialects;
mod directory;
mod distrust;
mod enforcement;
mod engines;
#[cfg(unix)]
mod env;
mod examples;
mod faults;
mod fetch;
#[cfg(unix)]
mod guards;
mod history;
#[cfg(unix)]
mod hooks;
#[cfg(unix)]
mod host_names;
#[cfg(unix)]
mod hostile_mirror;
#[cfg(unix)]
mod hostile_names;
#[cfg(unix)]
mod hostile_stores;
#[cfg(unix)]
mod hostile_text;
#[cfg(unix)]
mod java_clients;
mod java_stores;
mod joined_files;
mod journal;
mod judges;
#[cfg(unix)]
mod jvms;
#[cfg(unix)]
mod key_stores;
mod layers;
mod monitoring;
#[cfg(unix)]
mod name_hash;
mod names;
#[cfg(unix)]
mod nss;
mod odd_texts;
mod pem;
mod pkcs12;
#[cfg(unix)]
mod private_keys;
#[cfg(unix)]
mod processes;
mod properties;
mod proxy_and_mirror;
#[cfg(unix)]
mod published_stores;
mod readers;
#[cfg(unix)]
mod reading;
#[cfg(unix)]
mod readme;
mod refresh;
mod repair;
mod roots;
#[cfg(unix)]
mod rotation;
#[cfg(unix)]
mod schedule;
#[cfg(unix)]
mod secrets;
mod server;
#[cfg(unix)]
mod snippets;
mod sources;
mod status;
mod stores;
mod support;
mod system_store;
#[cfg(unix)]
mod targets;
mod tenants;
#[cfg(target_os = "linux")]
mod torture;
mod undo;
#[cfg(unix)]
mod uninstall;
mod unreadable;
