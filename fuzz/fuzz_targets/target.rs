//! Targets, alone and behind the beginning of a password: no part of one is kept or told.
#![no_main]

use std::path::Path;

use pgtrust::client::surroundings::Surroundings;
use pgtrust::client::target::{Target, targets_of_file};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let mut surroundings = Surroundings::of_this_user(&|_| None, Path::new("/nonexistent"));
    surroundings.home = None;
    let _ = targets_of_file(&text, &surroundings);
    for before in BEFORE {
        let told = match Target::parse(&format!("{before}{MARKER}{text}"), &surroundings) {
            Ok(target) => format!("{target:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(!told.contains(MARKER), "{told}");
        assert!(!told.contains(char::is_control), "{told:?}");
    }
});

const MARKER: &str = "s3cretMARKER";

const BEFORE: [&str; 9] = [
    "postgres://u:",
    "postgresql+asyncpg://u%40:x",
    "postgres://h/db?password=",
    "jdbc:postgresql://h/db?password=",
    "jdbc:postgresql://u:",
    "host=h password=",
    "host=h password='",
    "Host=h;Password=",
    "Host=h;Pwd=\"",
];
