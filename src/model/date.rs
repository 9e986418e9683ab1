//! Dates as the contract takes them: DATE in section 6, and the age that may be one.

use jiff::civil::Date;

use super::{DateFault, Fault, Field, Invalid, text};

/// Checks that `given` is a date that lies in the past or is `today` (UTC).
///
/// # Errors
/// The first rule of DATE (contract, section 6) that it breaks.
pub fn past_date(given: &str, today: Date) -> Result<Date, DateFault> {
    let (year, month, day) = parts(given).ok_or(DateFault::Format)?;
    if year <= 1678 || year >= 2261 {
        return Err(DateFault::Year);
    }
    let date = Date::new(year, month, day).map_err(|_| DateFault::Day)?;
    if date > today { Err(DateFault::Future) } else { Ok(date) }
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

/// A child's age: a positive number or a date of birth, kept as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Age(String);

impl Age {
    /// Checks an age given as text.
    ///
    /// # Errors
    /// The first rule of the contract (section 6, children) that it breaks.
    pub fn new(given: &str, today: Date) -> Result<Self, Invalid> {
        let fault = |fault| Invalid::Field(Field::Age, fault);
        text::check(given, text::Text::MAX).map_err(fault)?;
        match text::number(given) {
            Some(number) if number <= 0.0 => Err(fault(Fault::NotPositive)),
            Some(_) => Ok(Self(given.to_owned())),
            None => match past_date(given, today) {
                Ok(_) => Ok(Self(given.to_owned())),
                Err(date) => Err(Invalid::Date(date, given.to_owned())),
            },
        }
    }

    /// Takes an age as it was stored.
    #[must_use]
    pub fn verbatim(stored: String) -> Self {
        Self(stored)
    }

    /// The age as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The day on which an age was calculated, kept as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgeDate(String);

impl AgeDate {
    /// Checks a date given as text.
    ///
    /// # Errors
    /// STR of `age_calc_date`, then the first rule of DATE that it breaks.
    pub fn new(given: &str, today: Date) -> Result<Self, Invalid> {
        text::check(given, text::Text::MAX).map_err(|fault| Invalid::Field(Field::AgeCalcDate, fault))?;
        past_date(given, today).map_err(|fault| Invalid::Date(fault, given.to_owned()))?;
        Ok(Self(given.to_owned()))
    }

    /// Takes a date as it was stored.
    #[must_use]
    pub fn verbatim(stored: String) -> Self {
        Self(stored)
    }

    /// The date as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
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

    #[test]
    fn an_age_is_a_positive_number_or_a_past_date() {
        for good in ["11", "11.5", "2015-05-05"] {
            assert_eq!(Age::new(good, TODAY).unwrap().as_str(), good);
        }
        assert_eq!(Age::new("0", TODAY), Err(Invalid::Field(Field::Age, Fault::NotPositive)));
        assert_eq!(Age::new("", TODAY), Err(Invalid::Field(Field::Age, Fault::Empty)));
        assert_eq!(Age::new("old", TODAY), Err(Invalid::Date(DateFault::Format, "old".to_owned())));
    }
}
