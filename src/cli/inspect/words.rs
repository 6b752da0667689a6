//! The stores in words, written as they are read.

use std::io::{self, BufWriter, StdoutLock, Write as _};

use pgtrust::format::Format;
use pgtrust::inspect::{Head, Listing, OtherEntry, Part, Tail, Unreadable};
use pgtrust::sanitise;
use time::OffsetDateTime;

use crate::ui::{self, Failure};

pub(super) struct Words {
    as_of: OffsetDateTime,
    output: BufWriter<StdoutLock<'static>>,
    /// The store that is shown.
    store: Option<Head>,
    /// Whether its entries have names.
    named: bool,
    rejected: Vec<Unreadable>,
    /// Whether the remedy was said, which is that of every store.
    hinted: bool,
}

impl Words {
    pub(super) fn new(as_of: OffsetDateTime) -> Self {
        Self {
            as_of,
            output: BufWriter::new(io::stdout().lock()),
            store: None,
            named: false,
            rejected: Vec::new(),
            hinted: false,
        }
    }

    pub(super) fn show(&mut self, part: Part) -> Result<(), Failure> {
        match part {
            Part::Head(head) => self.head(head),
            Part::Certificate(certificate) => self.certificate(&certificate, "  "),
            Part::Other(other) => self.other(&other),
            Part::Rejected(rejected) => {
                self.rejected.push(rejected);
                Ok(())
            }
            Part::Tail(tail) => self.tail(&tail),
            _ => Ok(()),
        }
    }

    fn line(&mut self, line: &str) -> Result<(), Failure> {
        Ok(writeln!(self.output, "{}", sanitise(line))?)
    }

    fn head(&mut self, head: Head) -> Result<(), Failure> {
        let mut held = Vec::new();
        match head.held {
            Some((certificates, keys)) => {
                if keys == 0 || certificates > 0 {
                    held.push(ui::count(certificates, "certificate"));
                }
                if keys > 0 {
                    held.push(ui::count(keys, "private key"));
                }
            }
            None => held.push("very many certificates".to_owned()),
        }
        self.line(&format!("{}: {}, {}", head.path, head.format, held.join(", ")))?;
        self.named = head.format == "nss" || Format::named(head.format).is_some_and(Format::is_key_store);
        self.store = Some(head);
        Ok(())
    }

    fn other(&mut self, other: &OtherEntry) -> Result<(), Failure> {
        self.line("")?;
        let name = other.alias.as_ref().unwrap_or(&other.position);
        self.line(&format!("  {name}: {}", other.kind))?;
        other.chain.iter().flatten().try_for_each(|certificate| self.certificate(certificate, "    "))
    }

    fn tail(&mut self, tail: &Tail) -> Result<(), Failure> {
        let Some(Head { path, format, held, .. }) = self.store.take() else { return Ok(()) };
        if held.is_none() {
            self.line("")?;
            self.line(&format!("{path}: {} in all", ui::count(tail.certificates, "certificate")))?;
        }
        // Before what is said of it.
        self.output.flush()?;
        let rejected = std::mem::take(&mut self.rejected);
        for Unreadable { position, reason, .. } in &rejected {
            ui::warning(&format!("`{path}`: {position}: {reason}"));
        }
        if let Some(reader) = tail.lost_for {
            ui::warning(&format!("`{path}`: {reader} reads nothing of it"));
        }
        let is_file = path != "-" && Format::named(format).is_some_and(|format| format.writable);
        if is_file && !self.hinted && (tail.lost_for.is_some() || !rejected.is_empty()) {
            self.hinted = true;
            ui::hint(&format!("`pgtrust repair {path}` takes out of a store what cannot be read"));
        }
        Ok(())
    }

    fn certificate(&mut self, certificate: &Listing, indent: &str) -> Result<(), Failure> {
        let (named, as_of) = (self.named, self.as_of);
        self.line("")?;
        self.line(&format!("{indent}{}", certificate.subject))?;
        let mut line = |label: &str, value: &str| self.line(&format!("{indent}  {label:<10} {value}"));
        if let Some(alias) = &certificate.alias {
            line("alias", alias)?;
        }
        line("sha256", &certificate.sha256.to_string())?;
        let expired = if certificate.ends < as_of { ", expired" } else { "" };
        line("valid", &format!("{} to {}{expired}", day(&certificate.not_before), day(&certificate.not_after)))?;
        line("key", &format!("{}, {}", certificate.key, certificate.signature))?;
        line("kind", &kind(certificate))?;
        for provider in &certificate.providers {
            line("provider", &format!("{} {}", provider.id, provider.role.name()))?;
        }
        for unfit in &certificate.unfit_for {
            line("unfit", unfit)?;
        }
        if let Some(flaw) = certificate.flaw {
            let read = if named || certificate.distrusted { "" } else { "; some clients cannot read it" };
            line("flaw", &format!("{}: {flaw}{read}", certificate.position))?;
        }
        Ok(())
    }
}

fn day(timestamp: &str) -> &str {
    timestamp.split_once('T').map_or(timestamp, |(day, _)| day)
}

fn kind(certificate: &Listing) -> String {
    let version =
        if certificate.version < 3 { format!(", X.509 version {}", certificate.version) } else { String::new() };
    let what = match (certificate.self_signed, certificate.ca) {
        (true, true) => "root: self-signed CA".to_owned(),
        (true, false) => "self-signed, no CA".to_owned(),
        (_, true) if certificate.signature_unknown => {
            "self-issued CA, whose signature pgtrust does not verify".to_owned()
        }
        _ if certificate.signature_unknown => "self-issued, and its signature is none that pgtrust verifies".to_owned(),
        (false, true) if certificate.subject == certificate.issuer => {
            "self-issued CA, and its own key did not sign it".to_owned()
        }
        (false, true) => format!("intermediate, signed by {}", certificate.issuer),
        (false, false) => format!("no CA, signed by {}", certificate.issuer),
    };
    what + &version
}
