//! Times at which a job runs.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use time::{Time, macros::format_description};

use super::Error;

/// The frequency of a job, as the user gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Every {
    /// Once an hour.
    Hourly,
    /// Once a night.
    Daily,
    /// Once a week, at night.
    Weekly,
    /// Every day at this time.
    At(Time),
    /// By the fields of a crontab, which cron alone takes.
    Cron(Fields),
}

impl Every {
    /// Returns the times on a machine. `seed` tells it from others, so that a fleet is spread over the hour; the full
    /// hour, when everybody else's jobs run, is left out.
    pub fn times(&self, seed: &[u8]) -> Times {
        let digest = digest(&SHA256, seed);
        let chosen = |index: usize, first: u8, count: u8| first + digest.as_ref()[index] % count;
        let minute = chosen(0, 1, 59);
        // Not between 1 and 3, when clocks are set forward and back.
        let hour = chosen(1, 3, 3);
        let weekday = chosen(2, 0, 7);
        Times::Clock(match self {
            Self::Hourly => Clock { minute, hour: None, weekday: None },
            Self::Daily => Clock { minute, hour: Some(hour), weekday: None },
            Self::Weekly => Clock { minute, hour: Some(hour), weekday: Some(weekday) },
            Self::At(time) => Clock { minute: time.minute(), hour: Some(time.hour()), weekday: None },
            Self::Cron(fields) => return Times::Cron(fields.clone()),
        })
    }
}

impl FromStr for Every {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "hourly" => Ok(Self::Hourly),
            "daily" => Ok(Self::Daily),
            "weekly" => Ok(Self::Weekly),
            _ => match Time::parse(text, format_description!("[hour padding:none]:[minute]")) {
                Ok(time) => Ok(Self::At(time)),
                Err(_) => text.parse().map(Self::Cron),
            },
        }
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hourly => f.write_str("hourly"),
            Self::Daily => f.write_str("daily"),
            Self::Weekly => f.write_str("weekly"),
            Self::At(time) => write!(f, "{:02}:{:02}", time.hour(), time.minute()),
            Self::Cron(fields) => fields.fmt(f),
        }
    }
}

/// The times of a job on one machine. Its text is five fields of a crontab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Times {
    /// What every scheduler can say.
    Clock(Clock),
    /// What cron alone takes.
    Cron(Fields),
}

/// Once an hour, a day or a week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 23; None for every hour.
    pub hour: Option<u8>,
    /// 0 to 6 from Sunday; None for every day.
    pub weekday: Option<u8>,
}

impl Times {
    /// Over how many minutes runs may be spread, so that a fleet does not ask at the same moment and no run comes near
    /// the next. Of a crontab, only what a single minute and hour tell is known.
    pub fn spread(&self) -> u16 {
        let (one_minute, one_hour) = match self {
            Self::Clock(clock) => (true, clock.hour.is_some()),
            Self::Cron(fields) => (fields.is_number(0), fields.is_number(1)),
        };
        match (one_minute, one_hour) {
            (false, _) => 0,
            (true, false) => 15,
            (true, true) => 60,
        }
    }

    /// For a scheduler that takes no fields of a crontab.
    pub(super) fn clock(&self, scheduler: &'static str) -> Result<Clock, Error> {
        match self {
            Self::Clock(clock) => Ok(*clock),
            Self::Cron(fields) => Err(Error::OnlyCron { fields: fields.to_string(), scheduler }),
        }
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_all = |value: Option<u8>| value.map_or_else(|| "*".to_owned(), |value| value.to_string());
        match self {
            Self::Clock(Clock { minute, hour, weekday }) => {
                write!(f, "{minute} {} * * {}", or_all(*hour), or_all(*weekday))
            }
            Self::Cron(fields) => fields.fmt(f),
        }
    }
}

/// Five fields of crontab(5), of which nothing is understood here: crons differ in what they take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields([String; 5]);

impl Fields {
    fn is_number(&self, index: usize) -> bool {
        self.0[index].bytes().all(|byte| byte.is_ascii_digit())
    }
}

impl FromStr for Fields {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = |reason: String| Error::BadTimes { text: text.to_owned(), reason };
        let words: Vec<String> = text.split([' ', '\t']).filter(|word| !word.is_empty()).map(str::to_owned).collect();
        let words = <[String; 5]>::try_from(words).map_err(|_| bad("it has not five fields".to_owned()))?;
        for (word, (name, last)) in words.iter().zip(FIELDS) {
            // Other characters could make a comment of the line, a variable, or another command.
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"*,-/~".contains(&byte);
            let mut numbers = word.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty());
            // `crontab` would say the same, but nothing looks at a file in /etc/cron.d.
            let too_large = numbers.any(|number| number.parse().map_or(true, |number: u8| number > last));
            if too_large || !word.bytes().all(is_plain) {
                return Err(bad(format!("`{word}` is not a {name}")));
            }
        }
        Ok(Self(words))
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

/// The names of the fields, with the largest number of each.
const FIELDS: [(&str, u8); 5] = [("minute", 59), ("hour", 23), ("day", 31), ("month", 12), ("weekday", 7)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_spread_as_far_as_the_next_allows() {
        let cases = [
            ("hourly", 15),
            ("daily", 60),
            ("weekly", 60),
            ("4:30", 60),
            ("* * * * *", 0),
            ("*/10 4 * * *", 0),
            ("0,30 6 * * *", 0),
            ("17 * * * *", 15),
            ("59 23,0 * * *", 15),
            ("0 0 1 1 *", 60),
        ];
        for (text, minutes) in cases {
            assert_eq!(text.parse::<Every>().unwrap().times(b"").spread(), minutes, "{text}");
        }
    }

    #[test]
    fn a_machine_keeps_its_minute_and_none_has_the_full_hour() {
        let (mut minutes, mut weekdays) = ([false; 60], [false; 7]);
        for host in 0..2000_u32 {
            let seed = host.to_be_bytes();
            let of = |every: Every| every.times(&seed).clock("").unwrap();
            let weekly = of(Every::Weekly);
            let (hour, weekday) = (weekly.hour.unwrap(), weekly.weekday.unwrap());
            assert!((3..6).contains(&hour));
            assert_eq!(of(Every::Daily), Clock { weekday: None, ..weekly });
            assert_eq!(of(Every::Hourly), Clock { weekday: None, hour: None, ..weekly });
            assert_eq!(Every::Weekly.times(&seed).to_string(), format!("{} {hour} * * {weekday}", weekly.minute));
            minutes[usize::from(weekly.minute)] = true;
            weekdays[usize::from(weekday)] = true;
        }
        assert_eq!(minutes.map(u8::from)[..2], [0, 1]);
        assert!(minutes[1..].iter().chain(&weekdays).all(|used| *used), "{minutes:?} {weekdays:?}");
    }
}
