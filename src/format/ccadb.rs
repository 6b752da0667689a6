//! Tables of the Common CA Database: CSV (RFC 4180) with one certificate a row, and what root programs trust it for. They
//! are only read.

mod csv;

use std::io::{Read, Write};

use super::archive::only_read;
use super::armour::{self, Scanner, utf8};
use super::{Derivations, Entry, Error, Format, Member, read_whole};
use csv::Rows;

pub(super) static CCADB: Format = Format {
    name: "ccadb",
    extensions: &[],
    writable: false,
    profile_of: None,
    usual_passwords: &[None],
    recognise: |head| Columns::of(&utf8(head)).is_some(),
    decode_within: decode,
    encode: |_: &mut dyn Iterator<Item = Entry<'_>>, _, _: &mut dyn Write| Err(only_read("a table of CCADB")),
    merge: |_, _, _| Err(only_read("a table of CCADB")),
    remove: |_, _, _| Err(only_read("a table of CCADB")),
};

fn decode(input: &mut dyn Read, _: Option<&str>, _: &Derivations, visit: &mut dyn FnMut(Member)) -> Result<(), Error> {
    let bytes = read_whole(input)?;
    let text = utf8(&bytes);
    let Some(columns) = Columns::of(&text) else { return Ok(()) };
    let mut rows = Rows::new(&text, columns.separator);
    let mut row = rows.next();
    let mut scanner = Scanner::new(&text[..])?;
    while let Some(block) = scanner.next_block()? {
        while row.as_ref().is_some_and(|row| row.bytes.end <= block.position.bytes.start) {
            row = rows.next();
        }
        let Some(row) = &row else { break };
        let position = block.position.clone();
        visit(match (armour::member(block)?, columns.against(&row.fields)) {
            (Member::Certificate { certificate, .. }, Some(reason)) => {
                Member::Distrusted { certificate, position, reason }
            }
            // The quotes around it are as they should be.
            (Member::Certificate { alias, certificate, .. }, None) => {
                Member::Certificate { alias, certificate, position, flaw: None }
            }
            (other, _) => other,
        });
    }
    Ok(())
}

/// The columns that matter.
struct Columns {
    separator: u8,
    count: usize,
    /// Lists of what a certificate is trusted for.
    purposes: Vec<usize>,
    /// Whether it is in the program at all, or was revoked.
    states: Vec<usize>,
    /// Whether it may vouch for TLS servers.
    capable: Vec<usize>,
}

impl Columns {
    /// Reads the first row. None where that is not the head of such a table.
    fn of(text: &[u8]) -> Option<Self> {
        [b',', b';', b'\t'].into_iter().find_map(|separator| {
            let head = Rows::new(text, separator).next()?;
            let names: Vec<String> =
                head.fields.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
            let all = |wanted: fn(&str) -> bool| -> Vec<usize> {
                (0..names.len()).filter(|column| wanted(names[*column].trim())).collect()
            };
            let certificate = all(|name| name == "PEM" || name.starts_with("PEM Info") || name.ends_with("(PEM)"));
            let purposes = all(|name| name.contains("Trust Bits") || name.ends_with("EKUs"));
            let states = all(|name| name == "Status" || name.ends_with(" Status"));
            let capable = all(|name| name == "TLS Capable");
            let is_table = !certificate.is_empty() && !purposes.is_empty();
            is_table.then_some(Self { separator, count: names.len(), purposes, states, capable })
        })
    }

    /// Returns what a row has against the use of its certificate for TLS servers.
    fn against(&self, row: &[Vec<u8>]) -> Option<&'static str> {
        let field = |column: &usize| String::from_utf8_lossy(row.get(*column).map_or(&[], Vec::as_slice)).into_owned();
        let names_servers = |text: String| {
            text.split([';', ','])
                .map(str::trim)
                .any(|purpose| ["Websites", "Server Authentication"].contains(&purpose))
        };
        let is_out = |text: String| OUT.iter().any(|out| text.trim().eq_ignore_ascii_case(out));
        let is_false = |text: String| text.trim().eq_ignore_ascii_case("false");
        // A quote that is not closed makes one of several rows.
        if row.len() != self.count {
            Some("its row has not as many fields as the first")
        } else if self.states.iter().map(field).any(is_out) {
            Some("its row says that it is not trusted any more")
        } else if self.capable.iter().map(field).any(is_false) {
            Some("its row says that it vouches for no TLS server")
        } else if self.purposes.iter().map(field).any(names_servers) {
            None
        } else {
            Some("its row does not trust it for websites")
        }
    }
}

/// States of what is not, or no longer, trusted.
const OUT: [&str; 7] =
    ["Blocked", "Disabled", "Not Included", "Not Trusted", "Parent Cert Revoked", "Removed", "Revoked"];
