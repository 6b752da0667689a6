//! When a job runs: the five fields of a crontab.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};

use super::Problem;

/// How often, as the user says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Every {
    /// Once a night.
    Daily,
    /// Once an hour.
    Hourly,
    /// At these times.
    Cron(Box<Times>),
}

impl Every {
    /// The times on a machine. `seed` tells it from others, so that a fleet is spread over the hour; the full hour, when
    /// everybody else's jobs run, is left out.
    pub fn times(&self, seed: &[u8]) -> Times {
        let digest = digest(&SHA256, seed);
        let chosen = |index: usize, first: u8, count: u8| first + digest.as_ref()[index] % count;
        let minute = chosen(0, 1, 59);
        // Not between 1 and 3, when clocks are set forward and back.
        let hour = chosen(1, 3, 3);
        match self {
            Self::Daily => Times::of_day(minute, Some(hour)),
            Self::Hourly => Times::of_day(minute, None),
            Self::Cron(times) => (**times).clone(),
        }
    }
}

impl FromStr for Every {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        match text {
            "daily" => Ok(Self::Daily),
            "hourly" => Ok(Self::Hourly),
            _ => text.parse().map(|times| Self::Cron(Box::new(times))),
        }
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Daily => f.write_str("daily"),
            Self::Hourly => f.write_str("hourly"),
            Self::Cron(times) => times.fmt(f),
        }
    }
}

/// Five fields of crontab(5), understood as all of Vixie's descendants do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Times {
    minutes: Field,
    hours: Field,
    days: Field,
    months: Field,
    weekdays: Field,
}

/// Days on which a job runs: those that fit all that is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Days {
    /// 1 to 31.
    pub of_month: Option<Vec<u8>>,
    /// 0 to 6 from Sunday.
    pub of_week: Option<Vec<u8>>,
}

impl Times {
    fn of_day(minute: u8, hour: Option<u8>) -> Self {
        let all = |kind: &'static Kind| Field { text: "*".to_owned(), values: (kind.first..=kind.last).collect() };
        let one = |value: u8| Field { text: value.to_string(), values: vec![value] };
        let [_, hours, days, months, _] = KINDS;
        let hours = hour.map_or_else(|| all(hours), one);
        let weekdays = Field { text: "*".to_owned(), values: (0..=6).collect() };
        Self { minutes: one(minute), hours, days: all(days), months: all(months), weekdays }
    }

    /// 0 to 59.
    pub fn minutes(&self) -> &[u8] {
        &self.minutes.values
    }

    /// 0 to 23; None for every hour.
    pub fn hours(&self) -> Option<&[u8]> {
        self.hours.limited()
    }

    /// 1 to 12; None for every month.
    pub fn months(&self) -> Option<&[u8]> {
        self.months.limited()
    }

    /// The days; of several, each is enough. Cron takes either of day and weekday where both are named, and both where
    /// one begins with `*`.
    pub fn days(&self) -> Vec<Days> {
        let of = |field: &Field| field.limited().map(<[u8]>::to_vec);
        let (of_month, of_week) = (of(&self.days), of(&self.weekdays));
        let named = |field: &Field| !field.text.starts_with('*');
        if named(&self.days) && named(&self.weekdays) {
            vec![Days { of_month, of_week: None }, Days { of_month: None, of_week }]
        } else {
            vec![Days { of_month, of_week }]
        }
    }

    /// Over how many minutes runs may be spread, so that a fleet does not ask at the same moment and no run comes near
    /// the next: a quarter of the shortest time between two, an hour at most.
    pub fn spread(&self) -> u16 {
        let starts =
            self.hours.values.iter().flat_map(|hour| {
                self.minutes.values.iter().map(move |minute| u16::from(*hour) * 60 + u16::from(*minute))
            });
        let starts: Vec<u16> = starts.collect();
        let overnight = starts.first().zip(starts.last()).map(|(first, last)| first + DAY - last);
        let gaps = starts.windows(2).map(|pair| pair[1] - pair[0]).chain(overnight);
        (gaps.min().unwrap_or(DAY) / 4).min(60)
    }
}

impl FromStr for Times {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let bad = |reason: String| Problem::BadTimes { text: text.to_owned(), reason };
        let words: Vec<&str> = text.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
        let fields = words.iter().zip(KINDS).map(|(word, kind)| Field::parse(word, kind).map_err(bad));
        let fields = fields.collect::<Result<Vec<_>, _>>()?;
        let fields: Result<[Field; 5], _> = fields.try_into();
        let (5, Ok([minutes, hours, days, months, mut weekdays])) = (words.len(), fields) else {
            return Err(bad("it has not five fields".to_owned()));
        };
        // 7 is Sunday too.
        weekdays.values.iter_mut().for_each(|day| *day %= 7);
        weekdays.values.sort_unstable();
        weekdays.values.dedup();
        let times = Self { minutes, hours, days, months, weekdays };
        let longest = times.months.values.iter().map(|month| LONGEST[usize::from(*month) - 1]).max();
        if times.days().iter().all(|days| days.of_month.as_ref().is_some_and(|days| days.first() > longest.as_ref())) {
            return Err(bad("there is no such day in these months".to_owned()));
        }
        Ok(times)
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { minutes, hours, days, months, weekdays } = self;
        write!(f, "{} {} {} {} {}", minutes.text, hours.text, days.text, months.text, weekdays.text)
    }
}

/// One field: as it was written, and the values that it names, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    text: String,
    values: Vec<u8>,
}

impl Field {
    fn parse(text: &str, kind: &Kind) -> Result<Self, String> {
        let mut values = Vec::new();
        for part in text.split(',') {
            let (range, step) = match part.split_once('/') {
                None => (part, 1),
                Some((range, step)) => match number(step) {
                    Some(step) if step > 0 && (range == "*" || range.contains('-')) => (range, step),
                    _ => return Err(kind.wrong(part)),
                },
            };
            let (first, last) = match range.split_once('-') {
                _ if range == "*" => (kind.first, kind.last),
                None => (kind.value(range)?, kind.value(range)?),
                Some((first, last)) => (kind.value(first)?, kind.value(last)?),
            };
            if first > last {
                return Err(kind.wrong(part));
            }
            values.extend((first..=last).step_by(usize::from(step)));
        }
        values.sort_unstable();
        values.dedup();
        Ok(Self { text: text.to_owned(), values })
    }

    fn limited(&self) -> Option<&[u8]> {
        (self.text != "*").then_some(&self.values)
    }
}

/// What a field may say.
struct Kind {
    name: &'static str,
    first: u8,
    last: u8,
    /// Names of the values from the first on.
    names: &'static [&'static str],
}

impl Kind {
    fn value(&self, text: &str) -> Result<u8, String> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let named = named.and_then(|index| u8::try_from(index).ok()).map(|index| self.first + index);
        let value = named.or_else(|| number(text)).filter(|value| (self.first..=self.last).contains(value));
        value.ok_or_else(|| self.wrong(text))
    }

    fn wrong(&self, text: &str) -> String {
        format!("`{text}` is no {} from {} to {}", self.name, self.first, self.last)
    }
}

fn number(text: &str) -> Option<u8> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// The fields in their order.
const KINDS: [&Kind; 5] = [
    &Kind { name: "minute", first: 0, last: 59, names: &[] },
    &Kind { name: "hour", first: 0, last: 23, names: &[] },
    &Kind { name: "day", first: 1, last: 31, names: &[] },
    &Kind {
        name: "month",
        first: 1,
        last: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    &Kind { name: "weekday", first: 0, last: 7, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];
const LONGEST: [u8; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/// Minutes of a day.
const DAY: u16 = 24 * 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_spread_over_a_quarter_of_the_time_to_the_next() {
        let cases = [
            ("* * * * *", 0),
            ("*/10 * * * *", 2),
            ("17 * * * *", 15),
            ("0,30 6 * * *", 7),
            ("59 23,0 * * *", 15),
            ("17 4 * * *", 60),
            ("0 0 1 1 *", 60),
        ];
        for (text, minutes) in cases {
            assert_eq!(text.parse::<Times>().unwrap().spread(), minutes, "{text}");
        }
    }

    #[test]
    fn a_machine_keeps_its_minute_and_none_has_the_full_hour() {
        let mut minutes = std::collections::BTreeSet::new();
        for machine in 0..2000_u32 {
            let seed = machine.to_be_bytes();
            let daily = Every::Daily.times(&seed);
            assert_eq!(daily, Every::Daily.times(&seed));
            assert_eq!(daily, daily.to_string().parse().unwrap());
            assert_eq!(daily.minutes(), Every::Hourly.times(&seed).minutes());
            assert!((3..6).contains(&daily.hours().unwrap()[0]));
            minutes.insert(daily.minutes()[0]);
        }
        assert_eq!(minutes, (1..60).collect());
    }
}
