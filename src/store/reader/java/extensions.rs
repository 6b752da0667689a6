//! The extensions that Java has a class for (`OIDMap`), and what their constructors take.

use super::super::fields::{Extension, Fields, every, has_extension_twice, only};
use super::super::strings::is_bit_string;
use super::{general_names, is_oid, times};
use crate::x509::asn1::{Element, Reader, oid, tag};

/// Returns whether Java reads what is in an extension. What it does not know, it does not look at. `inhibitAnyPolicy` it
/// takes only where it is critical, as it must be.
pub(super) fn is_readable(extension: &Extension<'_>) -> bool {
    let wanted = extension.critical || extension.oid != INHIBIT_ANY_POLICY;
    class(extension.oid).is_none_or(|class| wanted && class(extension.value))
}

/// An extension that Java knows, that is not critical and that it cannot read is none.
pub(super) fn has_one_twice(fields: &Fields<'_>) -> bool {
    has_extension_twice(fields, |extension| extension.critical || is_readable(extension))
}

type Class = fn(&[u8]) -> bool;

fn class(kind: &[u8]) -> Option<Class> {
    CLASSES.iter().find(|(known, _)| *known == kind).map(|(_, class)| *class)
}

fn basic_constraints(value: &[u8]) -> bool {
    let Some(mut fields) = sequence(value) else { return false };
    // An empty one says that it is no CA, and so does anything but a BOOLEAN.
    match fields.element() {
        Ok(ca) if ca.tag == tag::BOOLEAN => {
            ca.content.len() == 1 && (fields.is_empty() || fields.element().is_ok_and(|length| is_int(&length)))
        }
        Ok(_) => true,
        Err(_) => fields.is_empty(),
    }
}

fn key_usage(value: &[u8]) -> bool {
    match only(value) {
        Some(wrapped) if wrapped.tag == tag::OCTET_STRING => bits(wrapped.content),
        _ => bits(value),
    }
}

fn bits(value: &[u8]) -> bool {
    only(value).is_some_and(|bits| bits.tag == tag::BIT_STRING && is_bit_string(bits.content))
}

fn subject_key_identifier(value: &[u8]) -> bool {
    only(value)
        .is_some_and(|id| id.tag == tag::OCTET_STRING || id.tag == tag::OCTET_STRING_IN_PIECES && id.octets().is_ok())
}

fn authority_key_identifier(value: &[u8]) -> bool {
    let mut seen = [false; 3];
    let field = |field: Element<'_>| {
        let (number, fits) = match field.tag {
            0x80 => (0, true),
            0xa1 => (1, general_names::are_general_names(&field)),
            0x82 => (2, !field.content.is_empty()),
            _ => return false,
        };
        !std::mem::replace(&mut seen[number], true) && fits
    };
    all(value, field)
}

fn alternative_names(value: &[u8]) -> bool {
    only(value).is_some_and(|names| names.tag == tag::SEQUENCE && general_names::are_general_names(&names))
}

fn name_constraints(value: &[u8]) -> bool {
    let mut seen = [false; 2];
    let subtree = |subtree: &Element<'_>| {
        let mut parts = subtree.reader();
        let base = parts.element().is_ok_and(|base| general_names::is_constraint(&base));
        subtree.tag == tag::SEQUENCE
            && base
            && every(parts, |distance| matches!(distance.tag, 0x80 | 0x81) && is_int_content(distance.content))
    };
    all(value, |subtrees| {
        let number = match subtrees.tag {
            0xa0 => 0,
            0xa1 => 1,
            _ => return false,
        };
        !std::mem::replace(&mut seen[number], true) && every(subtrees.reader(), subtree)
    })
}

fn policies(value: &[u8]) -> bool {
    let qualifier = |qualifier: &Element<'_>| {
        qualifier.tag == tag::SEQUENCE && qualifier.reader().element().is_ok_and(|kind| is_oid_element(&kind))
    };
    all(value, |policy| {
        let mut parts = policy.reader();
        let id = parts.element().is_ok_and(|id| is_oid_element(&id));
        let qualifiers = |list: Element<'_>| {
            list.tag == tag::SEQUENCE && !list.content.is_empty() && every(list.reader(), qualifier)
        };
        policy.tag == tag::SEQUENCE && id && (parts.is_empty() || parts.element().is_ok_and(qualifiers))
    })
}

fn purposes(value: &[u8]) -> bool {
    all(value, |purpose| is_oid_element(&purpose))
}

fn distribution_points(value: &[u8]) -> bool {
    all(value, |point| point.tag == tag::SEQUENCE && is_distribution_point(point.reader()))
}

fn is_distribution_point(fields: Reader<'_>) -> bool {
    let mut seen = [false; 3];
    let name = |name: Element<'_>| match name.tag {
        0xa0 => general_names::are_general_names(&name),
        0xa1 => is_rdn_content(&name),
        _ => false,
    };
    let fit = each(fields, |field| {
        let (number, fits) = match field.tag {
            0xa0 => (0, field.reader().element().is_ok_and(name)),
            0x81 => (1, is_bit_string(field.content)),
            0xa2 => (2, general_names::are_general_names(&field)),
            _ => return false,
        };
        !std::mem::replace(&mut seen[number], true) && fits
    });
    fit && (seen[0] || seen[2])
}

fn is_rdn_content(name: &Element<'_>) -> bool {
    every(name.reader(), super::is_attribute)
}

fn inhibit_any_policy(value: &[u8]) -> bool {
    only(value).is_some_and(|skipped| is_int(&skipped) && (skipped.content[0] & 0x80 == 0 || skipped.content == [0xff]))
}

fn policy_constraints(value: &[u8]) -> bool {
    let mut seen = [false; 2];
    all(value, |field| {
        let number = match field.tag {
            0x80 => 0,
            0x81 => 1,
            _ => return false,
        };
        !std::mem::replace(&mut seen[number], true) && is_int_content(field.content)
    })
}

fn policy_mappings(value: &[u8]) -> bool {
    all(value, |mapping| {
        let mut parts = mapping.reader();
        let mut oid = || parts.element().is_ok_and(|policy| is_oid_element(&policy));
        mapping.tag == tag::SEQUENCE && oid() && oid()
    })
}

fn access_descriptions(value: &[u8]) -> bool {
    all(value, |description| {
        let mut parts = description.reader();
        parts.element().is_ok_and(|method| is_oid_element(&method))
            && parts.element().is_ok_and(|location| general_names::is_general_name(&location))
    })
}

fn private_key_usage(value: &[u8]) -> bool {
    let mut seen = [false; 2];
    all(value, |date| {
        let number = match date.tag {
            0x80 => 0,
            0x81 => 1,
            _ => return false,
        };
        !std::mem::replace(&mut seen[number], true) && times::is_generalized_time(date.content)
    })
}

fn number(value: &[u8]) -> bool {
    only(value).is_some_and(|number| number.tag == tag::INTEGER && !number.content.is_empty())
}

fn reason(value: &[u8]) -> bool {
    only(value).is_some_and(|reason| reason.tag == 0x0a && is_int_content(reason.content))
}

fn sequence(value: &[u8]) -> Option<Reader<'_>> {
    only(value).filter(|value| value.tag == tag::SEQUENCE).map(|value| value.reader())
}

/// Whether it is a SEQUENCE in which each element fits.
fn all<'a>(value: &'a [u8], fits: impl FnMut(Element<'a>) -> bool) -> bool {
    sequence(value).is_some_and(|fields| each(fields, fits))
}

fn each<'a>(mut fields: Reader<'a>, mut fits: impl FnMut(Element<'a>) -> bool) -> bool {
    while !fields.is_empty() {
        if !fields.element().is_ok_and(&mut fits) {
            return false;
        }
    }
    true
}

fn is_oid_element(element: &Element<'_>) -> bool {
    element.tag == tag::OID && is_oid(element.content)
}

fn is_int(number: &Element<'_>) -> bool {
    number.tag == tag::INTEGER && is_int_content(number.content)
}

/// Java's `int`, whatever stands in front of it.
fn is_int_content(content: &[u8]) -> bool {
    let sign = match content {
        [] => return false,
        [first, ..] if first & 0x80 != 0 => 0xff,
        _ => 0,
    };
    let (front, number) = content.split_at(content.len().saturating_sub(4));
    front.iter().all(|octet| *octet == sign)
        && number.first().is_some_and(|first| front.is_empty() || (first ^ sign) & 0x80 == 0)
}

const INHIBIT_ANY_POLICY: &[u8] = &oid!(raw 2.5.29.54);
pub(super) const ALTERNATIVE_NAME: &[u8] = &oid!(raw 2.5.29.17);

const CLASSES: &[(&[u8], Class)] = &[
    (&oid!(raw 2.5.29.14), subject_key_identifier),
    (&oid!(raw 2.5.29.15), key_usage),
    (&oid!(raw 2.5.29.16), private_key_usage),
    (ALTERNATIVE_NAME, alternative_names),
    (&oid!(raw 2.5.29.18), alternative_names),
    (&oid!(raw 2.5.29.19), basic_constraints),
    (&oid!(raw 2.5.29.20), number),
    (&oid!(raw 2.5.29.21), reason),
    (&oid!(raw 2.5.29.27), number),
    // Of revocation lists: in a certificate it is out of place, and no closer look is worth it.
    (&oid!(raw 2.5.29.28), |_| false),
    (&oid!(raw 2.5.29.29), alternative_names),
    (&oid!(raw 2.5.29.30), name_constraints),
    (&oid!(raw 2.5.29.31), distribution_points),
    (&oid!(raw 2.5.29.32), policies),
    (&oid!(raw 2.5.29.33), policy_mappings),
    (&oid!(raw 2.5.29.35), authority_key_identifier),
    (&oid!(raw 2.5.29.36), policy_constraints),
    (&oid!(raw 2.5.29.37), purposes),
    (&oid!(raw 2.5.29.46), distribution_points),
    (INHIBIT_ANY_POLICY, inhibit_any_policy),
    (&oid!(raw 2.16.840.1.113730.1.1), bits),
    (&oid!(raw 1.3.6.1.5.5.7.1.1), access_descriptions),
    (&oid!(raw 1.3.6.1.5.5.7.1.11), access_descriptions),
];
