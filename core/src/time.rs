//! Points in time. There is no `now()`: the caller brings the time.

use std::fmt;
use std::time::Duration;
use time::{Date, Month};

/// A point in time: whole milliseconds since 1970-01-01T00:00:00Z, from the year 0001 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// 0001-01-01T00:00:00Z.
const MIN_MS: i64 = -62_135_596_800_000;
/// 9999-12-31T23:59:59.999Z.
const MAX_MS: i64 = 253_402_300_799_999;
const DAY_MS: i64 = 86_400_000;
/// The Julian day of 1970-01-01.
const EPOCH_JULIAN_DAY: i32 = 2_440_588;

impl Timestamp {
    /// The point `ms` milliseconds after 1970-01-01T00:00:00Z; clamped to the years 0001 to 9999.
    pub fn from_millis(ms: i64) -> Self {
        Self(ms.clamp(MIN_MS, MAX_MS))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// This point and `duration` later; stays at the end of the year 9999 rather than overflow.
    pub fn plus(self, duration: Duration) -> Self {
        let ms = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_add(ms))
    }

    /// This point and `duration` earlier; stays at the start of the year 0001 rather than overflow.
    pub fn minus(self, duration: Duration) -> Self {
        let ms = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_sub(ms))
    }

    /// How long ago `earlier` was, seen from here; zero if it lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The point with its fraction of a second cut off.
    pub fn whole_seconds(self) -> Self {
        Self(self.0 - self.0.rem_euclid(1000))
    }

    /// Reads an XML Schema 1.1 `dateTimeStamp` (section 3.4.28): a `dateTime` whose time zone is given.
    /// Fractions finer than a millisecond are cut off.
    ///
    /// # Errors
    /// What isn't of that form, a date that doesn't exist, or a year outside 0001 to 9999.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        parse_date_time_stamp(text).ok_or_else(|| TimeError { text: text.chars().take(64).collect() })
    }
}

/// A text that isn't an XML Schema `dateTimeStamp`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{text}” is not a date and time with a time zone, such as 2026-06-30T10:00:00Z")]
pub struct TimeError {
    /// The beginning of the text, 64 characters at most.
    pub text: String,
}

/// RFC 3339 in UTC; milliseconds only where there are some.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, ms) = (self.0.div_euclid(DAY_MS), self.0.rem_euclid(DAY_MS));
        let julian = i32::try_from(day).unwrap_or_default() + EPOCH_JULIAN_DAY;
        // The range of Timestamp lies within that of Date.
        let (year, month, day) = Date::from_julian_day(julian).unwrap_or(Date::MIN).to_calendar_date();
        let seconds = ms / 1000;
        write!(f, "{year:04}-{:02}-{day:02}T", u8::from(month))?;
        write!(f, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        match ms % 1000 {
            0 => f.write_str("Z"),
            ms => write!(f, ".{ms:03}Z"),
        }
    }
}

fn parse_date_time_stamp(text: &str) -> Option<Timestamp> {
    let b = text.as_bytes();
    let two = |at: usize| -> Option<i8> {
        let (tens, ones) = (b.get(at)?, b.get(at + 1)?);
        (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| ((tens - b'0') * 10 + (ones - b'0')) as i8)
    };
    let is = |at: usize, byte: u8| b.get(at) == Some(&byte);
    if !(is(4, b'-') && is(7, b'-') && is(10, b'T') && is(13, b':') && is(16, b':')) {
        return None;
    }
    let year = i16::from(two(0)?) * 100 + i16::from(two(2)?);
    let (month, day, hour, minute, second) = (two(5)?, two(8)?, two(11)?, two(14)?, two(17)?);

    let mut at = 19;
    let mut ms = 0i64;
    let mut fraction_is_zero = true;
    if is(at, b'.') {
        let digits = b[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        for place in 0..3 {
            let digit = if place < digits { i64::from(b[at + 1 + place] - b'0') } else { 0 };
            ms = ms * 10 + digit;
        }
        fraction_is_zero = b[at + 1..at + 1 + digits].iter().all(|byte| *byte == b'0');
        at += 1 + digits;
    }

    let offset_minutes = match (b.get(at)?, b.len() - at) {
        (b'Z', 1) => 0,
        (sign @ (b'+' | b'-'), 6) if is(at + 3, b':') => {
            let (hours, minutes) = (i64::from(two(at + 1)?), i64::from(two(at + 4)?));
            if hours > 14 || minutes > 59 || (hours == 14 && minutes != 0) {
                return None;
            }
            let minutes = hours * 60 + minutes;
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };

    // XML Schema's 24:00:00 is the first instant of the next day.
    let end_of_day = hour == 24 && minute == 0 && second == 0 && fraction_is_zero;
    if year == 0 || !(end_of_day || (0..24).contains(&hour)) || minute > 59 || second > 59 {
        return None;
    }
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?;
    let midnight_ms = i64::from(date.to_julian_day() - EPOCH_JULIAN_DAY) * DAY_MS;
    let of_day_s = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    let at_ms = midnight_ms + of_day_s * 1000 + ms - offset_minutes * 60_000;
    (MIN_MS..=MAX_MS).contains(&at_ms).then_some(Timestamp(at_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_the_forms_in_use() {
        for (text, written) in [
            ("2026-06-30T10:00:00Z", "2026-06-30T10:00:00Z"),
            ("2026-06-30T10:00:00.5Z", "2026-06-30T10:00:00.500Z"),
            ("2026-06-30T10:00:00.123456789Z", "2026-06-30T10:00:00.123Z"),
            ("2026-06-30T10:00:00+02:00", "2026-06-30T08:00:00Z"),
            ("2026-06-30T10:00:00-14:00", "2026-07-01T00:00:00Z"),
            ("2026-06-30T24:00:00Z", "2026-07-01T00:00:00Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
            ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ] {
            assert_eq!(Timestamp::parse(text).expect(text).to_string(), written);
        }
        assert_eq!(Timestamp::parse("1970-01-01T00:00:01Z").expect("epoch").as_millis(), 1000);
    }

    #[test]
    fn refuses_what_is_no_date_time_stamp() {
        for text in [
            "",
            "2026",
            "2026-06-30",
            "2026-06-30T10:00:00",
            "2026-06-30 10:00:00Z",
            "2026-6-30T10:00:00Z",
            "2026-02-30T10:00:00Z",
            "2025-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-06-30T25:00:00Z",
            "2026-06-30T24:00:01Z",
            "2026-06-30T24:00:00.001Z",
            "2026-06-30T10:60:00Z",
            "2026-06-30T10:00:60Z",
            "2026-06-30T10:00:00.Z",
            "2026-06-30T10:00:00z",
            "2026-06-30T10:00:00+2:00",
            "2026-06-30T10:00:00+14:01",
            "2026-06-30T10:00:00+15:00",
            "2026-06-30T10:00:00ZZ",
            "0000-01-01T00:00:00Z",
            "-0001-01-01T00:00:00Z",
            "12026-06-30T10:00:00Z",
            "0001-01-01T00:00:00+01:00",
            "２０２６-06-30T10:00:00Z",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text} was accepted");
        }
    }

    #[test]
    fn arithmetic_stays_in_range() {
        let end = Timestamp::from_millis(i64::MAX);
        assert_eq!(end.plus(Duration::MAX), end);
        let start = Timestamp::from_millis(i64::MIN);
        assert_eq!(start.minus(Duration::MAX), start);
        assert_eq!(start.since(end), Duration::ZERO);
        assert_eq!(Timestamp::from_millis(-1).whole_seconds().as_millis(), -1000);
    }
}
