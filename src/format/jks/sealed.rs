//! Passes over the secret keys of a JCEKS store.
//!
//! They stand there without a length, as Java objects (Java Object Serialization Specification, chapter 6). Of that
//! grammar this reads what `javax.crypto.SealedObject` and its subclasses use: plain fields, strings, arrays of
//! primitives. Nothing is interpreted beyond where it ends.

use std::rc::Rc;

use super::reader::JksReader;
use crate::format::Error;
use crate::system::limits;

/// Moves behind one serialised object.
pub(super) fn skip(reader: &mut JksReader<'_>) -> Result<(), Error> {
    let start = reader.at;
    if reader.take(4, "a secret key")? != STREAM {
        return Err(unsupported(start));
    }
    Objects { reader, start, handles: Vec::new() }.object(0)
}

struct Objects<'r, 'a> {
    reader: &'r mut JksReader<'a>,
    start: usize,
    /// What a back-reference may name, in the order of writing.
    handles: Vec<Option<Class>>,
}

#[derive(Clone)]
struct Class {
    /// Type codes of its fields; for the class of an array, the one of its members.
    types: Rc<[u8]>,
    parent: Option<usize>,
}

impl Objects<'_, '_> {
    fn object(&mut self, depth: usize) -> Result<(), Error> {
        if depth > limits::OBJECT_NESTING {
            return Err(unsupported(self.start));
        }
        match self.u8()? {
            NULL => {}
            REFERENCE => {
                self.reader.u32(WHAT)?;
            }
            STRING => {
                self.handles.push(None);
                self.reader.utf(WHAT)?;
            }
            ARRAY => {
                let class = self.class(depth)?.and_then(|class| self.known(class));
                self.handles.push(None);
                let members = self.reader.u32(WHAT)? as usize;
                let width =
                    class.and_then(|class| width(*class.types.first()?)).ok_or_else(|| unsupported(self.start))?;
                self.reader.take(members.checked_mul(width).ok_or_else(|| unsupported(self.start))?, WHAT)?;
            }
            OBJECT => {
                let mut class = self.class(depth)?;
                self.handles.push(None);
                let mut family = Vec::new();
                while let Some(known) = class {
                    let known = self.known(known).filter(|_| family.len() < limits::OBJECT_NESTING);
                    let Class { types, parent } = known.ok_or_else(|| unsupported(self.start))?;
                    family.push(types);
                    class = parent;
                }
                // The fields of the class that all others extend come first.
                for field in family.iter().rev().flat_map(|types| types.iter()) {
                    match width(*field) {
                        Some(width) => drop(self.reader.take(width, WHAT)?),
                        None => self.object(depth + 1)?,
                    }
                }
            }
            _ => return Err(unsupported(self.start)),
        }
        Ok(())
    }

    /// Reads a class description and returns its place among the handles; None for `null`.
    fn class(&mut self, depth: usize) -> Result<Option<usize>, Error> {
        if depth > limits::OBJECT_NESTING {
            return Err(unsupported(self.start));
        }
        match self.u8()? {
            NULL => return Ok(None),
            REFERENCE => {
                let handle = self.reader.u32(WHAT)?.checked_sub(FIRST_HANDLE).ok_or_else(|| unsupported(self.start))?;
                return Ok(Some(handle as usize));
            }
            CLASS => {}
            _ => return Err(unsupported(self.start)),
        }
        let name = self.reader.utf(WHAT)?;
        self.reader.take(8, WHAT)?;
        let handle = self.handles.len();
        self.handles.push(None);
        if self.u8()? != SERIALIZABLE {
            // With a `writeObject` of its own, which may have written anything.
            return Err(unsupported(self.start));
        }
        let mut types = Vec::new();
        let fields = self.reader.take(2, WHAT)?.iter().fold(0u32, |number, byte| (number << 8) | u32::from(*byte));
        for _ in 0..fields {
            let field = self.u8()?;
            self.reader.utf(WHAT)?;
            if width(field).is_none() {
                self.object(depth + 1)?;
            }
            types.push(field);
        }
        if let [b'[', member, ..] = name {
            types = vec![*member];
        }
        if self.u8()? != END {
            return Err(unsupported(self.start));
        }
        let parent = self.class(depth + 1)?;
        if let Some(place) = self.handles.get_mut(handle) {
            *place = Some(Class { types: types.into(), parent });
        }
        Ok(Some(handle))
    }

    fn known(&self, handle: usize) -> Option<Class> {
        self.handles.get(handle).cloned().flatten()
    }

    fn u8(&mut self) -> Result<u8, Error> {
        Ok(self.reader.take(1, WHAT)?.iter().fold(0, |_, byte| *byte))
    }
}

/// Bytes of a primitive type; None for what is an object.
fn width(code: u8) -> Option<usize> {
    match code {
        b'B' | b'Z' => Some(1),
        b'C' | b'S' => Some(2),
        b'F' | b'I' => Some(4),
        b'D' | b'J' => Some(8),
        _ => None,
    }
}

fn unsupported(start: usize) -> Error {
    Error::Unsupported { what: format!("the secret key at byte {start}, and what follows it in this JCEKS store") }
}

const STREAM: [u8; 4] = [0xac, 0xed, 0, 5];
const NULL: u8 = 0x70;
const REFERENCE: u8 = 0x71;
const CLASS: u8 = 0x72;
const OBJECT: u8 = 0x73;
const STRING: u8 = 0x74;
const ARRAY: u8 = 0x75;
const END: u8 = 0x78;
const SERIALIZABLE: u8 = 2;
const FIRST_HANDLE: u32 = 0x7e_0000;
/// A sealed key is two classes deep, and its fields one more.
const WHAT: &str = "a secret key";
