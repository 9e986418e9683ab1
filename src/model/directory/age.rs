//! A child's age, which may be a date.

use jiff::civil::Date;

use crate::model::{Fault, Field, Invalid, past_date, text};

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
    use crate::model::DateFault;

    const TODAY: Date = jiff::civil::date(2026, 3, 1);

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
