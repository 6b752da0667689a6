//! The objects in a file of p11-kit.

use data_encoding::HEXLOWER;

use crate::format::armour::{Block, Scanner};
use crate::format::{Error, Position};
use crate::x509::Fingerprint;
use crate::x509::asn1::{Reader, tag};

pub(super) const HEADER: &[u8] = b"[p11-kit-object-v1]";

/// One object: its attributes as they stand, and its blocks of PEM.
pub(super) struct Object {
    pub(super) position: Position,
    pub(super) blocks: Vec<Block>,
    attributes: Vec<(String, String)>,
}

/// Returns every object; what stands before the first header is one without attributes.
pub(super) fn all(text: &[u8]) -> Result<Vec<Object>, Error> {
    let mut objects = vec![Object::at(0, 1)];
    let mut at = 0;
    // Also within blocks, of which one without an end might hide what comes behind it.
    for (number, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        if line.trim_ascii() == HEADER {
            objects.push(Object::at(at, number as u64 + 1));
        } else if let (Some(object), Some((name, value))) = (objects.last_mut(), attribute(line)) {
            object.attributes.push((name, value));
        }
        at += line.len();
    }
    let mut scanner = Scanner::new(text)?;
    let mut place = 0;
    while let Some(block) = scanner.next_block()? {
        let start = block.position.bytes.start;
        place += objects[place..].iter().skip(1).take_while(|object| object.position.bytes.start <= start).count();
        objects[place].blocks.push(block);
    }
    Ok(objects)
}

fn attribute(line: &[u8]) -> Option<(String, String)> {
    let line = String::from_utf8_lossy(line);
    let (name, value) = line.trim().split_once(':').filter(|(name, _)| !name.starts_with('#'))?;
    Some((name.trim().to_owned(), value.trim().to_owned()))
}

impl Object {
    fn at(start: usize, line: u64) -> Self {
        let position = Position { line: Some(line), bytes: start as u64..start as u64 };
        Self { position, blocks: Vec::new(), attributes: Vec::new() }
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The bytes of an attribute in quotes, in which `%` and two digits stand for one.
    pub(super) fn bytes(&self, name: &str) -> Option<Result<Vec<u8>, Error>> {
        let value = self.attribute(name)?;
        let reason = || format!("its `{name}` cannot be read");
        Some(unquoted(value).ok_or_else(|| Error::Damaged { position: self.position.clone(), reason: reason() }))
    }

    pub(super) fn is_certificate(&self) -> bool {
        self.attribute("class") == Some("certificate") && self.blocks.is_empty()
    }

    /// Tells whether it is not to be trusted. Where nothing is said the file is trusted as it is passed, as p11-kit trusts
    /// what stands in its folder for anchors; each word but the right one is against it.
    pub(super) fn distrusts(&self) -> bool {
        let says_other = |name, wanted| self.attributes.iter().any(|(known, value)| known == name && value != wanted);
        says_other("x-distrusted", "false") || says_other("trusted", "true")
    }

    /// What names a certificate that need not be here.
    pub(super) fn issuer_and_number(&self) -> Option<(Vec<u8>, String)> {
        let (issuer, number) = (self.bytes("issuer")?.ok()?, self.bytes("serial-number")?.ok()?);
        let number = Reader::new(&number).expect(tag::INTEGER, "a number").ok()?.content;
        let number = &number[number.iter().take_while(|octet| **octet == 0).count()..];
        let issuer = Reader::new(&issuer).expect(tag::SEQUENCE, "a name").ok()?.content;
        Some((issuer.to_vec(), HEXLOWER.encode(number)))
    }

    /// The SHA-256 of its public key.
    pub(super) fn public_key(&self) -> Option<[u8; 32]> {
        let block = self.blocks.iter().find(|block| block.label == "PUBLIC KEY");
        let value = || self.bytes("public-key-info").and_then(Result::ok);
        let key = block.and_then(|block| block.der.clone().ok()).or_else(value)?;
        Some(*Fingerprint::of(&key).as_bytes())
    }
}

fn unquoted(value: &str) -> Option<Vec<u8>> {
    let mut rest = value.strip_prefix('"')?.strip_suffix('"')?.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        bytes.push(match first {
            b'%' => {
                let (digits, behind) = rest.split_at_checked(2)?;
                rest = behind;
                u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?
            }
            byte => *byte,
        });
    }
    Some(bytes)
}
