//! Dates in certificates.

use time::{Date, Month, OffsetDateTime};

use crate::x509::asn1::{Element, Malformed, tag};

/// Seconds since 1970 of a UTCTime or GeneralizedTime (RFC 5280 section 4.1.2.5).
///
/// Read besides the RFC's form, because old roots have it: no seconds, and an offset in place of `Z`.
pub(super) fn unix_time(element: &Element<'_>) -> Result<i64, Malformed> {
    const BAD: Malformed = Malformed("a date that cannot be read");
    let (year_digits, text) = match element.tag {
        tag::UTC_TIME => (2, element.content),
        tag::GENERALIZED_TIME => (4, element.content),
        _ => return Err(BAD),
    };
    let digits = text.iter().take_while(|c| c.is_ascii_digit()).count();
    if digits != year_digits + 8 && digits != year_digits + 10 {
        return Err(BAD);
    }
    let number = |from: usize, count: usize| -> i64 {
        text[from..from + count].iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
    };
    let year = match (year_digits, number(0, year_digits)) {
        (2, year @ 0..=49) => 2000 + year,
        (2, year) => 1900 + year,
        (_, year) => year,
    };
    let at = |index: usize| number(year_digits + 2 * index, 2);
    let seconds = if digits == year_digits + 10 { at(4) } else { 0 };
    let month = u8::try_from(at(0)).ok().and_then(|month| Month::try_from(month).ok()).ok_or(BAD)?;
    let day = u8::try_from(at(1)).map_err(|_| BAD)?;
    let date = Date::from_calendar_date(i32::try_from(year).map_err(|_| BAD)?, month, day).map_err(|_| BAD)?;
    if at(2) > 23 || at(3) > 59 || seconds > 60 {
        return Err(BAD);
    }
    let offset = match &text[digits..] {
        b"Z" => 0,
        [sign @ (b'+' | b'-'), zone @ ..] if zone.len() == 4 && zone.iter().all(u8::is_ascii_digit) => {
            let zone: Vec<i64> = zone.iter().map(|digit| i64::from(digit - b'0')).collect();
            let minutes = (zone[0] * 10 + zone[1]) * 60 + zone[2] * 10 + zone[3];
            if *sign == b'+' { minutes * 60 } else { -minutes * 60 }
        }
        _ => return Err(BAD),
    };
    let time = date.midnight().assume_utc().unix_timestamp() + at(2) * 3600 + at(3) * 60 + seconds - offset;
    // An offset or a leap second may step over the edge of the calendar.
    OffsetDateTime::from_unix_timestamp(time).map(|_| time).map_err(|_| BAD)
}
