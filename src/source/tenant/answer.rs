//! Reads the certificates in the body of an API's answer.

use base64::Engine as _;
use serde_json::Value;

use crate::catalog::{Encoding, Followed};
use crate::format::{self, Derivations, Identified, Member, Passwords, what_is};
use crate::system::limits;
use crate::x509::Certificate;

/// Returns the certificates in what an API answered, in its order. One that is damaged in part is refused as a whole.
pub fn certificates(source: &Followed, body: &[u8]) -> Result<Vec<Certificate>, String> {
    let mut found = Vec::new();
    match &source.json {
        None => decode(source.encoding, &unquoted(body), &mut found)?,
        Some(pointer) => {
            for text in all(&parse(body)?, pointer)? {
                let text = text.as_str().ok_or_else(|| format!("`{pointer}` is no text"))?;
                decode(source.encoding, text.as_bytes(), &mut found)
                    .map_err(|reason| format!("`{pointer}` {reason}"))?;
            }
        }
    }
    Ok(found)
}

pub(super) fn parse(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|_| match what_is(body) {
        Identified::Json => "damaged JSON".to_owned(),
        what => format!("{what}, not JSON"),
    })
}

/// Returns the values that a JSON pointer (RFC 6901) leads to, where `*` stands for every element of an array. At least
/// one.
pub(super) fn all<'a>(value: &'a Value, pointer: &str) -> Result<Vec<&'a Value>, String> {
    let mut found = vec![value];
    for key in pointer.split('/').skip(1) {
        found = match key {
            "*" => found.into_iter().filter_map(Value::as_array).flatten().collect(),
            key => {
                let key = format!("/{key}");
                found.into_iter().filter_map(|value| value.pointer(&key)).collect()
            }
        };
    }
    if found.is_empty() { Err(format!("there is no `{pointer}` in it")) } else { Ok(found) }
}

/// An API whose answer is a text may send it as JSON.
fn unquoted(body: &[u8]) -> Vec<u8> {
    match serde_json::from_slice(body) {
        Ok(Value::String(text)) => text.into_bytes(),
        _ => body.to_vec(),
    }
}

pub(super) fn decode(encoding: Encoding, text: &[u8], found: &mut Vec<Certificate>) -> Result<(), String> {
    let bytes = match encoding {
        Encoding::Base64Pem => base64(text)?,
        // DER is text only as base64.
        Encoding::Der if text.first() != Some(&0x30) => base64(text)?,
        _ => text.to_vec(),
    };
    let before = found.len();
    let mut bad = None;
    let derivations = Derivations::of(limits::DERIVATIONS_OF_ANSWER);
    let passwords = Passwords::usual().within(&derivations);
    let decoded = format::decode(&mut &bytes[..], bytes.len() as u64, passwords, &mut |member| match member {
        Member::Certificate { certificate, .. } => found.push(certificate),
        Member::Rejected { position, reason } => bad = Some(format!("is damaged: {position}: {reason}")),
        Member::Distrusted { certificate, reason, .. } => {
            bad = Some(format!("has `{}`, which is not trusted for TLS servers: {reason}", certificate.subject()));
        }
        Member::Other { .. } | Member::PrivateKey(_) | Member::Unchecked { .. } => {}
    });
    match (decoded, bad) {
        (Err(error), _) => Err(error.to_string()),
        (_, Some(reason)) => Err(reason),
        _ if found.len() == before => Err("holds no certificate".to_owned()),
        _ => Ok(()),
    }
}

fn base64(text: &[u8]) -> Result<Vec<u8>, String> {
    let packed: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let decoded = base64::engine::general_purpose::STANDARD.decode(packed);
    decoded.map_err(|_| format!("is not base64 but {}", what_is(text)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::all;

    #[test]
    fn a_pointer_leads_to_every_element() {
        let value = json!({"certs": [{"cert": "A"}, {"other": 1}, {"cert": "B"}], "a/b": {"~": "C"}, "none": []});
        assert_eq!(all(&value, "/certs/*/cert").unwrap(), [&json!("A"), &json!("B")]);
        assert_eq!(all(&value, "/certs/0/cert").unwrap(), [&json!("A")]);
        assert_eq!(all(&value, "/a~1b/~0").unwrap(), [&json!("C")]);
        for nowhere in ["/none/*", "/missing", "/certs/cert", "/a~1b/*"] {
            assert!(all(&value, nowhere).is_err(), "{nowhere}");
        }
    }
}
