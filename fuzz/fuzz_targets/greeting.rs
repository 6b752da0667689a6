//! The first bytes of a server, as it answers the question for TLS and a login without it.
#![no_main]

use pgtrust::server::greeting::{Greeting, Protocol, login_answer, ssl_answer};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for read in [ssl_answer, login_answer] {
        let whole = read(bytes, true);
        assert!(whole.is_some(), "who has all bytes has an answer");
        look_at(&whole);
        let early = read(bytes, false);
        look_at(&early);
        assert!(early.is_none() || early == whole);
    }
});

fn look_at(greeting: &Option<Greeting>) {
    match greeting {
        Some(Greeting::Error(said)) => {
            pgtrust_fuzz::shown(&said.message);
            said.sqlstate.iter().chain(&said.routine).for_each(|text| pgtrust_fuzz::shown(text));
        }
        Some(Greeting::Other(protocol @ Protocol::Unknown(_))) => pgtrust_fuzz::shown(&protocol.to_string()),
        _ => {}
    }
}
