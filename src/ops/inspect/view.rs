//! A store as it is handed over, part by part.

use super::listing::{Found, Listing, OtherEntry, Unreadable, listings};
use crate::catalog::Catalog;
use crate::format::{MemberKind, Position};
use crate::ops::Error;
use crate::source::Tally;
use crate::store::reader;
use crate::system::limits;
use crate::system::text::shortened;
use crate::x509::Certificate;

/// A part of what is handed over. Each store has a head; its certificates; its other entries; what cannot be read; a tail.
#[derive(Debug)]
#[non_exhaustive]
pub enum Part {
    /// A store begins.
    Head(Head),
    /// A certificate.
    Certificate(Box<Listing>),
    /// Something else that is in it.
    Other(OtherEntry),
    /// Something in it that cannot be read.
    Rejected(Unreadable),
    /// A store ends.
    Tail(Tail),
}

/// What is known of a store when it begins.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Head {
    /// The file or folder; `-` for standard input.
    pub path: String,
    /// Its format.
    pub format: &'static str,
    /// How many certificates and private keys it has. None for one with more certificates than are read before the first is
    /// handed over.
    pub held: Option<(usize, usize)>,
}

/// What is known of a store when it ends.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Tail {
    /// How many certificates it has, those of private keys aside.
    pub certificates: usize,
    /// How much more in it cannot be read.
    pub rejected_more: usize,
    /// The programs for which it is, in words, if they read nothing of it.
    pub lost_for: Option<&'static str>,
}

/// Gathers a store and hands it over.
pub(super) struct View<'a> {
    path: String,
    /// The name of its format, as soon as it is known.
    pub(super) format: &'static str,
    catalog: &'a Catalog,
    /// Whether all in it is distrusted for the folder in which it is.
    blocked: bool,
    show: &'a mut dyn FnMut(Part),
    begun: bool,
    /// What could not be told of the certificates.
    failed: Option<Error>,
    waiting: Vec<Found>,
    certificates: usize,
    loses: bool,
    others: Vec<(OtherEntry, Vec<Certificate>)>,
    keys: usize,
    rejected: Vec<Unreadable>,
    rejected_more: usize,
}

impl<'a> View<'a> {
    pub(super) fn new(path: String, catalog: &'a Catalog, blocked: bool, show: &'a mut dyn FnMut(Part)) -> Self {
        Self {
            path,
            format: "",
            catalog,
            blocked,
            show,
            begun: false,
            failed: None,
            waiting: Vec::new(),
            certificates: 0,
            loses: false,
            others: Vec::new(),
            keys: 0,
            rejected: Vec::new(),
            rejected_more: 0,
        }
    }

    /// Takes a certificate. Some wait for each other: their signatures are verified on all cores.
    pub(super) fn push(&mut self, found: Found) {
        self.certificates += 1;
        self.waiting.push(found);
        if self.waiting.len() > limits::TOGETHER {
            self.begin(None);
            self.hand_over();
        }
    }

    pub(super) fn push_other(&mut self, alias: Option<String>, kind: MemberKind, position: &Position) {
        let position = position.to_string();
        self.others.push((OtherEntry { alias, kind, position, chain: None }, Vec::new()));
    }

    pub(super) fn push_key(&mut self, alias: Option<String>, position: &Position, chain: Vec<Certificate>) {
        self.keys += 1;
        let kind = MemberKind::PrivateKey;
        let entry = OtherEntry { alias, kind, position: position.to_string(), chain: Some(Vec::new()) };
        self.others.push((entry, chain));
    }

    /// Takes what cannot be read, if it is told one by one.
    pub(super) fn reject(&mut self, position: &Position, reason: &str, told: &mut Tally) {
        if told.admits(true) {
            let reason = shortened(reason).into_owned();
            self.rejected.push(Unreadable { position: position.to_string(), reason });
        } else {
            self.rejected_more += 1;
        }
    }

    /// Hands over all that is left of a store that was read to its end.
    pub(super) fn end(mut self) -> Result<(), Error> {
        self.begin(Some((self.certificates, self.keys)));
        self.hand_over();
        for (mut other, chain) in std::mem::take(&mut self.others) {
            let of_key = |certificate| Found {
                alias: None,
                certificate,
                position: other.position.clone(),
                flaw: None,
                distrusted: false,
            };
            if other.chain.is_some() {
                other.chain = Some(listings(chain.into_iter().map(of_key).collect(), self.catalog, self.format)?);
            }
            (self.show)(Part::Other(other));
        }
        self.close()
    }

    /// Ends a store that could not be read to its end: what was handed over stays.
    pub(super) fn fail(mut self, error: Error) -> Result<(), Error> {
        if self.begun {
            self.close()?;
        }
        Err(error)
    }

    fn close(&mut self) -> Result<(), Error> {
        for rejected in std::mem::take(&mut self.rejected) {
            (self.show)(Part::Rejected(rejected));
        }
        let (certificates, rejected_more) = (self.certificates, self.rejected_more);
        let lost_for = self.loses.then(|| reader::of(self.format));
        (self.show)(Part::Tail(Tail { certificates, rejected_more, lost_for }));
        self.failed.take().map_or(Ok(()), Err)
    }

    fn begin(&mut self, held: Option<(usize, usize)>) {
        if !self.begun {
            self.begun = true;
            (self.show)(Part::Head(Head { path: self.path.clone(), format: self.format, held }));
        }
    }

    fn hand_over(&mut self) {
        match listings(std::mem::take(&mut self.waiting), self.catalog, self.format) {
            Ok(listings) => {
                for mut listing in listings {
                    if self.blocked {
                        listing.distrust();
                    }
                    self.loses |= listing.loses_store;
                    (self.show)(Part::Certificate(Box::new(listing)));
                }
            }
            Err(error) => self.failed = self.failed.take().or(Some(error)),
        }
    }
}
