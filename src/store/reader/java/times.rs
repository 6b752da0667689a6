//! `DerValue.getTimeInternal`, as far as x509-parser has not refused the date already.

use super::super::fields::pair;
use crate::x509::asn1::{Element, tag};

/// Two dates and no more.
pub(super) fn are_dates(validity: &Element<'_>) -> bool {
    pair(validity.reader()).is_some_and(|(start, end)| is_date(&start) && is_date(&end))
}

fn is_date(date: &Element<'_>) -> bool {
    match date.tag {
        tag::UTC_TIME => (11..=17).contains(&date.content.len()) && is_time(date.content, 2),
        tag::GENERALIZED_TIME => is_time(date.content, 4),
        _ => false,
    }
}

/// With so many digits for the year.
fn is_time(text: &[u8], year: usize) -> bool {
    let Some((digits, rest)) = text.split_at_checked(year + 8) else { return false };
    let two = |at: usize| digits.get(at..at + 2).and_then(number);
    let calendar = [(year, 1, 12), (year + 2, 1, 31), (year + 4, 0, 23), (year + 6, 0, 59)];
    number(&digits[..year]).is_some()
        && calendar.iter().all(|(at, least, most)| two(*at).is_some_and(|part| (*least..=*most).contains(&part)))
        && is_end(rest, year == 4)
}

pub(super) fn is_generalized_time(text: &[u8]) -> bool {
    is_time(text, 4)
}

/// Seconds, a fraction of them, and the zone.
fn is_end(text: &[u8], generalized: bool) -> bool {
    let zone = match text {
        [_, _, _, ..] if text.len() != 5 || !matches!(text, [b'+' | b'-', ..]) => {
            let (seconds, rest) = text.split_at(2);
            if number(seconds).is_none_or(|seconds| seconds > 59) {
                return false;
            }
            match rest {
                [b'.' | b',', fraction @ ..] if generalized => {
                    let digits = fraction.iter().take_while(|octet| octet.is_ascii_digit()).count();
                    if digits == 0 {
                        return false;
                    }
                    &fraction[digits..]
                }
                _ => rest,
            }
        }
        // Five octets are read as seconds, and what is left of an offset is then none.
        [_, _, ..] if text.len() > 2 => return false,
        zone => zone,
    };
    match zone {
        [b'Z'] => true,
        [b'+' | b'-', offset @ ..] if offset.len() == 4 => {
            let (hours, minutes) = offset.split_at(2);
            number(hours).is_some_and(|hours| hours < 24) && number(minutes).is_some_and(|minutes| minutes < 60)
        }
        _ => false,
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
}
