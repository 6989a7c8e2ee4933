//! The comparisons of conditions, each in its positive form; negation is the evaluator's business.

use core::net::IpAddr;

use crate::arn::{Arn, ArnPattern};
use crate::condition::Comparison;
use crate::wildcard::{Case, Glob, Syntax};

/// Whether the value of a policy and that of a request compare; `None` if one of them is malformed.
pub(super) fn compare(
    comparison: Comparison,
    expected: &str,
    given: &str,
    syntax: Syntax,
) -> Option<bool> {
    match comparison {
        Comparison::StringEquals | Comparison::StringNotEquals | Comparison::BinaryEquals => {
            Some(expected == given)
        }
        Comparison::StringEqualsIgnoreCase | Comparison::StringNotEqualsIgnoreCase => {
            Some(expected.to_lowercase() == given.to_lowercase())
        }
        Comparison::StringLike | Comparison::StringNotLike => {
            Some(Glob::new(expected, Case::Sensitive, syntax).matches(given))
        }
        Comparison::ArnEquals
        | Comparison::ArnLike
        | Comparison::ArnNotEquals
        | Comparison::ArnNotLike => {
            let pattern: ArnPattern = expected.parse().ok()?;
            let arn: Arn = given.parse().ok()?;
            Some(pattern.matches_as(&arn, syntax))
        }
        Comparison::Bool => Some(boolean(expected)? == boolean(given)?),
        Comparison::Null => None,
        Comparison::IpAddress | Comparison::NotIpAddress => is_in_block(given, expected),
        Comparison::NumericEquals | Comparison::NumericNotEquals => {
            Some(number(given)?.total_cmp(&number(expected)?).is_eq())
        }
        Comparison::NumericGreaterThan => Some(number(given)? > number(expected)?),
        Comparison::NumericGreaterThanEquals => Some(number(given)? >= number(expected)?),
        Comparison::NumericLessThan => Some(number(given)? < number(expected)?),
        Comparison::NumericLessThanEquals => Some(number(given)? <= number(expected)?),
        Comparison::DateEquals | Comparison::DateNotEquals => Some(time(given)? == time(expected)?),
        Comparison::DateGreaterThan => Some(time(given)? > time(expected)?),
        Comparison::DateGreaterThanEquals => Some(time(given)? >= time(expected)?),
        Comparison::DateLessThan => Some(time(given)? < time(expected)?),
        Comparison::DateLessThanEquals => Some(time(given)? <= time(expected)?),
    }
}

/// Whether every text that compares with the one value also compares with the wider one. `true` is always right.
pub(crate) fn includes(comparison: Comparison, wider: &str, value: &str) -> bool {
    match comparison {
        Comparison::StringLike => {
            let glob = |text| Glob::new(text, Case::Sensitive, Syntax::Variables);
            glob(wider).includes(glob(value))
        }
        Comparison::ArnEquals | Comparison::ArnLike => {
            match (wider.parse::<ArnPattern>(), value.parse::<ArnPattern>()) {
                (Ok(wider), Ok(value)) => wider.covers(&value),
                _ => false,
            }
        }
        _ => wider == value,
    }
}

/// `Null`: whether the key is missing is what the value says.
pub(super) fn null(expected: &str, present: bool) -> Option<bool> {
    Some(boolean(expected)? != present)
}

fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// A decimal number; words such as `inf` are none.
fn number(text: &str) -> Option<f64> {
    let is_decimal =
        |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
    let number: f64 = text.bytes().all(is_decimal).then(|| text.parse().ok())??;
    // Adding zero turns -0 into 0.
    number.is_finite().then_some(number + 0.0)
}

/// Whether an address is in a block such as `10.0.0.0/8`, or is the address given instead of a block.
fn is_in_block(address: &str, block: &str) -> Option<bool> {
    let (network, length) = block.split_once('/').map_or((block, None), |(a, b)| (a, Some(b)));
    let (bits, value) = bits(address.parse().ok()?);
    let (network_bits, network) = self::bits(network.parse().ok()?);
    let length: u32 = length.map_or(Ok(network_bits), str::parse).ok()?;
    if length > network_bits {
        return None;
    }
    let differing = (value ^ network).checked_shr(network_bits - length).unwrap_or(0);
    Some(bits == network_bits && differing == 0)
}

fn bits(address: IpAddr) -> (u32, u128) {
    match address {
        IpAddr::V4(address) => (32, u128::from(address.to_bits())),
        IpAddr::V6(address) => (128, address.to_bits()),
    }
}

/// A time in nanoseconds since 1970: seconds since then, or one of the forms of ISO 8601 that the W3C note on dates lists.
fn time(text: &str) -> Option<i128> {
    const NANOSECONDS: i128 = 1_000_000_000;
    if let Ok(seconds) = text.parse::<i64>()
        && (text.len() > 4 || text.starts_with('-'))
    {
        return Some(i128::from(seconds) * NANOSECONDS);
    }
    let (date, clock) = text.split_once('T').map_or((text, None), |(a, b)| (a, Some(b)));
    let mut fields = date.split('-');
    let year = digits(fields.next()?, 4)?;
    let month = fields.next().map_or(Some(1), |field| digits(field, 2))?;
    let day = fields.next().map_or(Some(1), |field| digits(field, 2))?;
    if fields.next().is_some()
        || !(1..=12).contains(&month)
        || !(1..=days_of(year, month)).contains(&day)
    {
        return None;
    }
    let midnight = days_since_1970(year, month, day) * 86_400;
    let Some(clock) = clock else { return Some(i128::from(midnight) * NANOSECONDS) };
    let (clock, offset) = split_zone(clock)?;
    let (clock, fraction) = clock.split_once('.').map_or((clock, None), |(a, b)| (a, Some(b)));
    let mut fields = clock.split(':');
    let hour = digits(fields.next()?, 2)?;
    let minute = digits(fields.next()?, 2)?;
    let second = fields.next().map_or(Some(0), |field| digits(field, 2))?;
    if fields.next().is_some() || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let nanoseconds = fraction.map_or(Some(0), |fraction| {
        let fits = (1..=9).contains(&fraction.len());
        fits.then(|| digits(&format!("{fraction:0<9}"), 9))?
    })?;
    let seconds = midnight + hour * 3600 + minute * 60 + second - offset;
    Some(i128::from(seconds) * NANOSECONDS + i128::from(nanoseconds))
}

/// Splits `Z`, `+01:00` and the like from a clock time; the zone is given in seconds.
fn split_zone(clock: &str) -> Option<(&str, i64)> {
    if let Some(clock) = clock.strip_suffix('Z') {
        return Some((clock, 0));
    }
    let (clock, zone) = clock.split_at_checked(clock.find(['+', '-'])?)?;
    let (hours, minutes) = zone.trim_start_matches(['+', '-']).split_once(':')?;
    let seconds = digits(hours, 2)? * 3600 + digits(minutes, 2)? * 60;
    Some((clock, if zone.starts_with('-') { -seconds } else { seconds }))
}

fn digits(text: &str, length: usize) -> Option<i64> {
    let is_number = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days of the Gregorian calendar from 1 January 1970; years count from March so that the leap day comes last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468
}
