//! The measurements of an environment in a few bytes.
//!
//! Each is its type, its unit and its value. A text is its length and its characters. A value is how many decimals it
//! has and its digits, where these give the same double again; else its bits.

use rusqlite::types::{FromSqlError, FromSqlResult};

use super::packed::{Packer, Unpacker};
use crate::model::Text;
use crate::model::tracking::Measurement;

/// How measurements are packed; there is no other way yet.
const FORM: u8 = 1;
/// The most decimals of a value that is stored by its digits; one more says that its bits follow.
const MAX_DECIMALS: u32 = 6;
/// Up to here a double holds every whole number.
const MAX_DIGITS: f64 = 9_007_199_254_740_991.0;

pub(super) fn pack(measurements: &[Measurement]) -> Vec<u8> {
    let mut packer = Packer::new(FORM);
    packer.put(measurements.len() as u64);
    for measurement in measurements {
        put_text(&mut packer, measurement.kind.as_str());
        put_text(&mut packer, measurement.unit.as_str());
        put_value(&mut packer, measurement.value);
    }
    packer.finish()
}

/// # Errors
/// If it is not what [`pack`] makes.
pub(super) fn unpack(blob: &[u8]) -> FromSqlResult<Vec<Measurement>> {
    let mut numbers = Unpacker::new(blob, FORM)?;
    let mut measurements = Vec::new();
    for _ in 0..numbers.take()? {
        let (kind, unit) = (take_text(&mut numbers)?, take_text(&mut numbers)?);
        measurements.push(Measurement { kind, unit, value: take_value(&mut numbers)? });
    }
    numbers.end().map(|()| measurements)
}

fn put_text(packer: &mut Packer, text: &str) {
    packer.put(text.chars().count() as u64);
    text.chars().for_each(|c| packer.put(u32::from(c).into()));
}

fn take_text(numbers: &mut Unpacker<'_>) -> FromSqlResult<Text> {
    let mut text = String::new();
    for _ in 0..numbers.take()? {
        let c = u32::try_from(numbers.take()?).ok().and_then(char::from_u32);
        text.push(c.ok_or(FromSqlError::InvalidType)?);
    }
    Ok(Text::verbatim(text))
}

fn put_value(packer: &mut Packer, value: f64) {
    match (0..=MAX_DECIMALS).find_map(|decimals| Some((decimals, digits(value, decimals)?))) {
        Some((decimals, digits)) => {
            packer.put(decimals.into());
            // The lowest bit is the sign, so that small numbers of both signs are short.
            packer.put(digits.unsigned_abs() << 1 | u64::from(digits < 0));
        }
        None => {
            packer.put((MAX_DECIMALS + 1).into());
            packer.put(value.to_bits());
        }
    }
}

/// The digits of a value with that many decimals, if they say all of it.
fn digits(value: f64, decimals: u32) -> Option<i64> {
    let digits = (value * power(decimals)).round();
    let whole = digits.abs() <= MAX_DIGITS && digits / power(decimals) == value;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and not larger than that")]
    whole.then_some(digits as i64)
}

fn power(decimals: u32) -> f64 {
    f64::from(10_u32.pow(decimals))
}

fn take_value(numbers: &mut Unpacker<'_>) -> FromSqlResult<f64> {
    let decimals = u32::try_from(numbers.take()?).map_err(|_| FromSqlError::InvalidType)?;
    let number = numbers.take()?;
    match decimals {
        0..=MAX_DECIMALS => {
            #[expect(clippy::cast_precision_loss, reason = "no more digits are stored than a double holds")]
            let digits = (number >> 1) as f64;
            let value = digits / power(decimals);
            Ok(if number & 1 == 1 { -value } else { value })
        }
        _ if decimals == MAX_DECIMALS + 1 => Ok(f64::from_bits(number)),
        _ => Err(FromSqlError::InvalidType),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measurement(kind: &str, value: f64, unit: &str) -> Measurement {
        let text = |text: &str| Text::verbatim(text.to_owned());
        Measurement { kind: text(kind), value, unit: text(unit) }
    }

    #[test]
    fn measurements_come_back_to_the_bit_and_take_few_bytes() {
        let usual = [
            measurement("temperature", 28.5, "°C"),
            measurement("humidity", 42.2, "%"),
            measurement("pm1", 7.0, "µg/m³"),
            measurement("pm2.5", 12.25, "µg/m³"),
            measurement("pm10", 19.8, "µg/m³"),
        ];
        assert_eq!(unpack(&pack(&usual)).unwrap(), usual);
        assert!(pack(&usual).len() <= 90, "{}", pack(&usual).len());
        let values =
            [0.0, -0.1, 0.3, 0.1 + 0.2, 1e-300, -1e300, f64::MAX, 5e-324, MAX_DIGITS, -MAX_DIGITS, 1e16, 1.0 / 3.0];
        for value in values {
            let found = unpack(&pack(&[measurement("a\u{1f600}", value, "é")])).unwrap();
            assert_eq!(found[0].value.to_bits(), value.to_bits(), "{value}");
            assert_eq!((found[0].kind.as_str(), found[0].unit.as_str()), ("a\u{1f600}", "é"));
        }
    }

    #[test]
    fn what_is_cut_or_not_ours_is_refused() {
        let blob = pack(&[measurement("temperature", 28.5, "°C")]);
        for end in 0..blob.len() {
            assert!(unpack(&blob[..end]).is_err(), "{end}");
        }
        for bad in [&[2, 0][..], &[1, 0, 0], &[1, 1, 1, 0xff, 0xff, 0x7f, 0, 0, 0], &[1, 1, 0, 0, 8, 0]] {
            assert!(unpack(bad).is_err(), "{bad:?}");
        }
    }
}
