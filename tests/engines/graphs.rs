//! Random graphs of certificates: cross-signed CAs, twins of one subject, expired members, wrong key identifiers, limits,
//! name constraints, usages, weak keys; a part of them sent in some order, a part of them in a store.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use pgtrust::Certificate;
use time::macros::{datetime, format_description};
use time::{Duration, OffsetDateTime};

use super::Case;
use crate::support::der::{common_name, generalized, tlv};
use crate::support::odd::{Fields, RSA_KEY, Signer, extension};
use crate::support::pgtrust::Run;
use crate::support::random::Random;

/// Makes graphs, with the same choices in every run.
pub(super) struct Generator {
    random: Random,
    /// The keys of CAs, and one more for the server.
    keys: Vec<Key>,
    folder: tempfile::TempDir,
    serial: u16,
}

enum Key {
    Strong(Signer),
    /// RSA 1024, in a file for `openssl`, with its SubjectPublicKeyInfo.
    Weak(PathBuf, Vec<u8>),
}

/// A name and a key that sign.
#[derive(Clone, Copy)]
struct Authority {
    name: usize,
    key: usize,
}

impl Generator {
    pub(super) fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut keys: Vec<Key> = (0..6).map(|_| Key::Strong(Signer::ec())).collect();
        for number in 0..2 {
            let file = folder.path().join(format!("weak{number}.pem"));
            let made = ["genrsa", "-out", file.to_str().unwrap(), "1024"];
            Run::of(Command::new("openssl").args(made)).expect(0);
            let shown = ["rsa", "-pubout", "-outform", "DER", "-in", file.to_str().unwrap()];
            let shown = Command::new("openssl").args(shown).output().unwrap();
            keys.push(Key::Weak(file, shown.stdout));
        }
        Self { random: Random::new(seed), keys, folder, serial: 0 }
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.random.below(many) == 0
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.random.below(of.len())]
    }

    /// The next graph.
    pub(super) fn graph(&mut self, number: usize) -> Case {
        let authorities = self.authorities();
        let mut pool: Vec<Vec<u8>> = Vec::new();
        for (index, authority) in authorities.iter().enumerate() {
            // The first is a root; each other one is signed by one before it, and now and then by more.
            let mut signers = vec![if index == 0 { *authority } else { authorities[self.random.below(index)] }];
            while self.one_in(3) {
                signers.push(self.pick(&authorities));
            }
            for signer in signers {
                let fields = self.ca(*authority, signer);
                pool.push(self.sign(fields, signer));
            }
        }
        let signer = authorities[authorities.len() - 1 - self.random.below(authorities.len().min(2))];
        let fields = self.server(signer);
        let leaf = self.sign(fields, signer);
        let mut chain = vec![leaf.clone()];
        for der in self.shuffled(&pool) {
            if !self.one_in(4) {
                chain.push(der);
            }
        }
        let mut anchors: Vec<Vec<u8>> = if self.one_in(6) { Vec::new() } else { vec![pool[0].clone()] };
        for der in self.shuffled(&pool) {
            if self.one_in(4) {
                anchors.push(der);
            }
        }
        if self.one_in(15) || anchors.is_empty() {
            anchors.push(leaf);
        }
        let anchors = self.shuffled(&anchors);
        let read =
            |ders: Vec<Vec<u8>>| ders.into_iter().map(|der| Certificate::from_der(der).unwrap()).collect::<Vec<_>>();
        let (chain, anchors) = (read(chain), read(anchors));
        let at = if self.one_in(20) { self.pick(&chain.iter().collect::<Vec<_>>()).not_after() } else { NOW };
        Case { name: format!("graph {number}"), chain, anchors, at }
    }

    /// Two to four CAs, of which two may share a name or a key.
    fn authorities(&mut self) -> Vec<Authority> {
        let count = 2 + self.random.below(3);
        let mut authorities: Vec<Authority> = Vec::new();
        for index in 0..count {
            let twin = index > 0 && self.one_in(5);
            let name = if twin { self.pick(&authorities).name } else { index };
            let key = match self.random.below(20) {
                0 => 6 + self.random.below(2),
                1 if index > 0 => self.pick(&authorities).key,
                _ => index,
            };
            authorities.push(Authority { name, key });
        }
        authorities
    }

    fn shuffled(&mut self, ders: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let mut ders = ders.to_vec();
        for index in (1..ders.len()).rev() {
            ders.swap(index, self.random.below(index + 1));
        }
        ders
    }

    /// What every certificate has: names, dates and key.
    fn fields(&mut self, key: usize, signer: Authority) -> Fields {
        let mut fields = self.blank(key);
        self.serial += 1;
        fields.serial = tlv(2, &[&[1], &self.serial.to_be_bytes()]);
        fields.issuer = name(signer.name);
        // Case makes a difference to some.
        if self.one_in(60) {
            fields.issuer = common_name(0x0c, format!("authority {}", signer.name).as_bytes());
        }
        let (from, days) = match self.random.below(30) {
            0 => (NOW - Duration::days(800), 400),
            1 => (NOW + Duration::days(30), 400),
            _ => (NOW - Duration::days(400), 800 + self.random.below(400) as i64),
        };
        fields.validity = tlv(0x30, &[&moment(from), &moment(from + Duration::days(days))]);
        fields
    }

    fn blank(&self, key: usize) -> Fields {
        let Key::Strong(first) = &self.keys[0] else { unreachable!("the first keys are strong") };
        match &self.keys[key] {
            Key::Strong(signer) => signer.fields(""),
            Key::Weak(_, key) => Fields { key: key.clone(), ..first.fields("") },
        }
    }

    fn ca(&mut self, authority: Authority, signer: Authority) -> Fields {
        let mut fields = self.fields(authority.key, signer);
        fields.subject = name(authority.name);
        if self.one_in(30) {
            fields.version = Vec::new();
            fields.extensions = Vec::new();
            return fields;
        }
        let mut extensions = self.identifiers(authority.key, signer);
        extensions.extend(match self.random.below(24) {
            0 => None,
            1 => Some(extension(BASIC, true, &[0x30, 0])),
            2 => Some(extension(BASIC, false, &[0x30, 3, 1, 1, 0xff])),
            limited @ 3..6 => Some(extension(BASIC, true, &[0x30, 6, 1, 1, 0xff, 2, 1, limited as u8 - 3])),
            _ => Some(extension(BASIC, true, &[0x30, 3, 1, 1, 0xff])),
        });
        extensions.extend(match self.random.below(16) {
            0 => None,
            1 => Some(extension(USAGE, true, &[3, 2, 7, 0x80])),
            2 => Some(extension(USAGE, false, &[3, 2, 1, 6])),
            _ => Some(extension(USAGE, true, &[3, 2, 1, 6])),
        });
        extensions.extend(self.purposes(12));
        extensions.extend(self.constraints());
        extensions.extend(self.one_in(40).then(|| extension(UNKNOWN, true, &[5, 0])));
        fields.extensions = extensions;
        fields
    }

    fn server(&mut self, signer: Authority) -> Fields {
        let key = if self.one_in(25) { 7 } else { 5 };
        let mut fields = self.fields(key, signer);
        fields.subject = common_name(0x0c, self.pick(&["db.example.com", "server", "db.other.net"]).as_bytes());
        let mut extensions = self.identifiers(key, signer);
        extensions.extend(match self.random.below(10) {
            0 => None,
            1 => Some(extension(BASIC, true, &[0x30, 3, 1, 1, 0xff])),
            _ => Some(extension(BASIC, true, &[0x30, 0])),
        });
        extensions.extend(match self.random.below(12) {
            0 => None,
            1 => Some(extension(USAGE, true, &[3, 2, 3, 0x08])),
            2 => Some(extension(USAGE, true, &[3, 2, 6, 0x40])),
            3 => Some(extension(USAGE, true, &[3, 2, 5, 0x20])),
            _ => Some(extension(USAGE, true, &[3, 2, 7, 0x80])),
        });
        extensions.extend(self.purposes(4));
        let dns = tlv(0x82, &[b"db.example.com"]);
        let ip = tlv(0x87, &[&[10, 0, 0, 7]]);
        extensions.extend(match self.random.below(8) {
            0 => None,
            1 => Some(extension(NAMES, false, &tlv(0x30, &[&ip]))),
            2 => Some(extension(NAMES, false, &tlv(0x30, &[&dns, &ip]))),
            _ => Some(extension(NAMES, false, &tlv(0x30, &[&dns]))),
        });
        extensions.extend(self.one_in(60).then(|| extension(UNKNOWN, true, &[5, 0])));
        fields.extensions = extensions;
        fields
    }

    /// Subject and authority key identifiers, now and then none or wrong ones.
    fn identifiers(&mut self, key: usize, signer: Authority) -> Vec<Vec<u8>> {
        let id = |key: usize| [0xa0, key as u8, 0x11];
        let own = extension(KEY_ID, false, &tlv(4, &[&id(key)]));
        let issuer = tlv(0xa1, &[&tlv(0xa4, &[&name(signer.name)])]);
        let authority = match self.random.below(20) {
            0..3 => None,
            3 => Some(tlv(0x80, &[&id(9)])),
            4 => Some([tlv(0x80, &[&id(signer.key)]), issuer, tlv(0x82, &[&[1, 0, 1]])].concat()),
            _ => Some(tlv(0x80, &[&id(signer.key)])),
        };
        let authority = authority.map(|content| extension(AUTHORITY, false, &tlv(0x30, &[&content])));
        let own = (!self.one_in(20)).then_some(own);
        [own, authority].into_iter().flatten().collect()
    }

    fn purposes(&mut self, none: usize) -> Option<Vec<u8>> {
        const SERVER: &[u8] = &[6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1];
        const CLIENT: &[u8] = &[6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 2];
        const ANY: &[u8] = &[6, 4, 0x55, 0x1d, 0x25, 0];
        if self.random.below(none) > 1 {
            return None;
        }
        let list: &[&[u8]] =
            self.pick(&[&[SERVER][..], &[SERVER, CLIENT], &[SERVER], &[SERVER], &[CLIENT], &[ANY], &[ANY, CLIENT]]);
        Some(extension(PURPOSES, false, &tlv(0x30, list)))
    }

    fn constraints(&mut self) -> Option<Vec<u8>> {
        if !self.one_in(10) {
            return None;
        }
        let tree = |base: Vec<u8>| tlv(0x30, &[&base]);
        let dns = |name: &str| tree(tlv(0x82, &[name.as_bytes()]));
        let network = |third: u8| tree(tlv(0x87, &[&[10, 0, third, 0, 255, 255, 255, 0]]));
        let directory = |number| tree(tlv(0xa4, &[&name(number)]));
        let (permitted, excluded) = match self.random.below(9) {
            0 => (dns("example.com"), Vec::new()),
            1 => (dns("other.net"), Vec::new()),
            2 => (Vec::new(), dns("other.net")),
            3 => (Vec::new(), dns("example.com")),
            4 => (network(0), Vec::new()),
            5 => (Vec::new(), network(0)),
            6 => ([dns("db.example.com"), network(1)].concat(), Vec::new()),
            7 => (Vec::new(), directory(1)),
            _ => (dns(".example.com"), network(1)),
        };
        let side = |tag, trees: Vec<u8>| if trees.is_empty() { trees } else { tlv(tag, &[&trees]) };
        let critical = !self.one_in(4);
        Some(extension(CONSTRAINTS, critical, &tlv(0x30, &[&side(0xa0, permitted), &side(0xa1, excluded)])))
    }

    /// Now and then with what is no signature of a strong key, and with SHA-1 by a weak one.
    fn sign(&mut self, mut fields: Fields, signer: Authority) -> Vec<u8> {
        let odd = self.one_in(40);
        match &self.keys[signer.key] {
            Key::Strong(..) if odd => fields.signed(&fields.contents(), &[0x30, 6, 2, 1, 1, 2, 1, 1]),
            Key::Strong(signer) => signer.sign(&fields),
            Key::Weak(key, _) => {
                let (hash, last) = if odd { ("-sha1", 5) } else { ("-sha256", 11) };
                fields.algorithms(&tlv(0x30, &[&[&RSA_KEY[..10], &[last]].concat(), &[5, 0]]));
                let contents = fields.contents();
                let file = self.folder.path().join("contents");
                fs::write(&file, &contents).unwrap();
                let made = Command::new("openssl").args(["dgst", hash, "-sign"]).arg(key).arg(&file).output().unwrap();
                fields.signed(&contents, &made.stdout)
            }
        }
    }
}

fn name(number: usize) -> Vec<u8> {
    common_name(0x0c, format!("Authority {number}").as_bytes())
}

fn moment(time: OffsetDateTime) -> Vec<u8> {
    generalized(&time.format(format_description!("[year][month][day][hour][minute][second]Z")).unwrap())
}

/// When the graphs are judged, but for those judged in the last second of a certificate.
const NOW: OffsetDateTime = datetime!(2026-06-01 12:00 UTC);

const KEY_ID: &[u8] = &[0x55, 0x1d, 0x0e];
const USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const NAMES: &[u8] = &[0x55, 0x1d, 0x11];
const BASIC: &[u8] = &[0x55, 0x1d, 0x13];
const CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x1e];
const AUTHORITY: &[u8] = &[0x55, 0x1d, 0x23];
const PURPOSES: &[u8] = &[0x55, 0x1d, 0x25];
const UNKNOWN: &[u8] = &[0x2a, 3, 4];
