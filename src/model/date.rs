//! Dates as the contract takes them: DATE in section 6.

use jiff::civil::Date;

use super::DateFault;

/// Checks that `given` is a date that lies in the past or is `today` (UTC).
///
/// # Errors
/// The first rule of DATE (contract, section 6) that it breaks.
pub fn past_date(given: &str, today: Date) -> Result<Date, DateFault> {
    calendar_date(given).and_then(|date| if date > today { Err(DateFault::Future) } else { Ok(date) })
}

/// Checks that `given` is a date, past or future.
///
/// # Errors
/// The first rule of DATE (contract of tracking, section 5) that it breaks.
pub fn calendar_date(given: &str) -> Result<Date, DateFault> {
    let (year, month, day) = parts(given).ok_or(DateFault::Format)?;
    if year <= 1678 || year >= 2261 {
        return Err(DateFault::Year);
    }
    Date::new(year, month, day).map_err(|_| DateFault::Day)
}

/// Takes `YYYY-MM-DD` with a month of 01 to 12 apart; whether the day exists is not asked here.
fn parts(given: &str) -> Option<(i16, i8, i8)> {
    let bytes = given.as_bytes();
    let shaped = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !shaped {
        return None;
    }
    let month: i8 = given[5..7].parse().ok()?;
    (1..=12).contains(&month).then_some((given[..4].parse().ok()?, month, given[8..].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 3, 1);

    #[test]
    fn a_date_is_checked_by_form_then_year_then_day_then_future() {
        for (given, expected) in [
            ("2026-03-01", Ok(TODAY)),
            ("2024-02-29", Ok(jiff::civil::date(2024, 2, 29))),
            ("", Err(DateFault::Format)),
            ("2010-13-01", Err(DateFault::Format)),
            ("2010-00-01", Err(DateFault::Format)),
            ("2010-1-1", Err(DateFault::Format)),
            ("01-01-2010", Err(DateFault::Format)),
            ("2010-01-01T00:00:00Z", Err(DateFault::Format)),
            ("1678-12-31", Err(DateFault::Year)),
            ("2261-01-01", Err(DateFault::Year)),
            ("1678-02-31", Err(DateFault::Year)),
            ("2011-02-29", Err(DateFault::Day)),
            ("2011-02-00", Err(DateFault::Day)),
            ("2026-03-02", Err(DateFault::Future)),
        ] {
            assert_eq!(past_date(given, TODAY), expected, "{given}");
        }
    }
}
