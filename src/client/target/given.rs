//! What a text gives, in libpq's words. Of secrets nothing is kept but that there was one.

use std::collections::BTreeMap;

use super::endpoint;
use super::error::{Fault, Reason};
use crate::client::keyword;
use crate::client::parameters::{Mode, OPTIONS, Parameters};
use crate::system::limits;

/// The settings of a text, by the names of libpq and of [`OPTIONS`].
#[derive(Default)]
pub(super) struct Given {
    values: BTreeMap<&'static str, Value>,
    unknown: Vec<String>,
    has_secret: bool,
}

struct Value {
    text: String,
    /// Where it stands in the text; None of a service, a variable or a default.
    column: Option<usize>,
}

impl Given {
    /// Takes a setting; the last of one name counts, as in libpq.
    pub(super) fn set(&mut self, name: &str, value: &str, column: usize) {
        let (kept, value) = match name {
            // The names of sqlx count where libpq's are not given.
            "ssl-mode" if !self.has("sslmode") => (find("sslmode"), value),
            "ssl-root-cert" | "ssl-ca" if !self.has("sslrootcert") => (find("sslrootcert"), value),
            "requiressl" => (find("sslmode"), if value.starts_with('1') { "require" } else { "prefer" }),
            _ => (find(name), value),
        };
        if let Some(kept) = kept {
            self.values.insert(kept, Value { text: value.to_owned(), column: Some(column) });
        }
        if !keyword::is_known(name) {
            self.refuse(name);
        }
        self.has_secret |= keyword::is_secret(name);
    }

    /// A name in so far as it may be shown: behind a password it may be a part of it.
    pub(super) fn shown(&self, name: &str) -> Option<String> {
        let is_word = |c: char| c.is_ascii_alphanumeric() || "-_. ".contains(c);
        let may = !self.has_secret && !name.is_empty() && name.len() <= LONGEST && name.chars().all(is_word);
        may.then(|| name.to_owned())
    }

    /// Notes that libpq refuses the text because of this parameter.
    pub(super) fn refuse(&mut self, name: &str) {
        if self.unknown.len() < limits::PROBLEMS {
            let name = self.shown(name).unwrap_or_else(|| "…".to_owned());
            self.unknown.push(name);
        }
    }

    /// Forgets which names libpq does not have: the text was not for libpq.
    pub(super) fn without_unknown(mut self) -> Self {
        self.unknown.clear();
        self
    }

    /// Takes a setting of a service, a variable or a default, where the text has none.
    pub(super) fn fill(&mut self, name: &str, value: &str) {
        if let Some(name) = find(name).filter(|name| !self.has(name)) {
            self.values.insert(name, Value { text: value.to_owned(), column: None });
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// What was given under a name and is not empty, which counts as not given.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|value| value.text.as_str()).filter(|text| !text.is_empty())
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.values.remove(name);
    }

    pub(super) fn first_unknown(&self) -> Option<&String> {
        self.unknown.first()
    }

    pub(super) fn fault(&self, name: &str, reason: Reason) -> Fault {
        Fault { column: self.values.get(name).and_then(|value| value.column), reason }
    }

    /// Everything but host, address and port, which are each server's own.
    pub(super) fn parameters(&self) -> Result<Parameters, Fault> {
        let text = |name: &str| self.get(name).map(str::to_owned);
        let mode = self.values.get("sslmode").map(|mode| mode.text.parse::<Mode>()).transpose();
        let direct = match self.get("sslnegotiation") {
            None => None,
            Some("postgres") => Some(false),
            Some("direct") => Some(true),
            Some(_) => return Err(self.fault("sslnegotiation", Reason::Negotiation)),
        };
        let options = OPTIONS.iter().filter_map(|name| Some((*name, text(name)?)));
        Ok(Parameters {
            user: text("user"),
            database: text("dbname"),
            mode: mode.map_err(|error| self.fault("sslmode", error.into()))?,
            root: self.get("sslrootcert").map(Into::into),
            direct,
            crl: text("sslcrl").map(Into::into),
            crl_folder: text("sslcrldir").map(Into::into),
            factory: text("sslfactory"),
            service: text("service"),
            options: options.collect(),
            unknown: self.unknown.clone(),
            ..Parameters::default()
        })
    }

    /// One server's own.
    pub(super) fn parameters_of(&self, host: &str, port: Option<u16>) -> Result<Parameters, Fault> {
        endpoint::check(host).map_err(|reason| self.fault("host", reason))?;
        Ok(Parameters { host: host.to_owned(), port, ..self.parameters()? })
    }
}

fn find(name: &str) -> Option<&'static str> {
    KEPT.iter().chain(OPTIONS).find(|kept| **kept == name).copied()
}

/// What [`Parameters`] have beside their options.
const KEPT: &[&str] = &[
    "dbname",
    "host",
    "hostaddr",
    "port",
    "service",
    "sslcrl",
    "sslcrldir",
    "sslfactory",
    "sslmode",
    "sslnegotiation",
    "sslrootcert",
    "user",
];

/// Characters of a name that is shown.
const LONGEST: usize = 40;
