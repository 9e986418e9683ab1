//! Numbers, as requests may give them (contract of tracking, section 5).

/// A value as it was given, as far as it may be a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Given<'g> {
    /// A number; one that no finite double holds is infinite.
    Number(f64),
    /// Text.
    Text(&'g str),
    /// Neither: no number.
    Other,
}

/// Which numbers a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberForm {
    /// NUM: zero or more.
    Amount,
    /// INT: whole, zero or more.
    Whole,
    /// POS: whole, more than zero.
    Positive,
    /// REAL: any.
    Real,
}

/// The largest whole number up to which a double holds every one.
const MAX_WHOLE: f64 = 9_007_199_254_740_991.0;

impl NumberForm {
    /// The number that was given, if it is of this form. Never a negative zero.
    #[must_use]
    pub fn read(self, given: Given<'_>) -> Option<f64> {
        let value = match given {
            Given::Number(value) => Some(value).filter(|value| is_plain(*value))?,
            Given::Text(text) => self.digits(text)?.parse().ok()?,
            Given::Other => return None,
        };
        let fits = value.is_finite()
            && match self {
                NumberForm::Real => true,
                NumberForm::Amount => value >= 0.0,
                NumberForm::Whole => (0.0..=MAX_WHOLE).contains(&value) && value.fract() == 0.0,
                NumberForm::Positive => (1.0..=MAX_WHOLE).contains(&value) && value.fract() == 0.0,
            };
        // Adding zero makes a negative zero positive.
        fits.then_some(value + 0.0)
    }

    /// Text that this form takes for a number: digits; with one point between them if fractions are taken, and with
    /// one minus before them if negative numbers are.
    fn digits(self, text: &str) -> Option<&str> {
        let unsigned = if self == NumberForm::Real { text.strip_prefix('-').unwrap_or(text) } else { text };
        let parts = match unsigned.split_once('.') {
            Some(parts) if matches!(self, NumberForm::Amount | NumberForm::Real) => parts,
            Some(_) => return None,
            None => (unsigned, "0"),
        };
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        (digits(parts.0) && digits(parts.1)).then_some(text)
    }
}

/// Whether it is written without an exponent: neither huge nor nearly zero.
fn is_plain(value: f64) -> bool {
    let size = value.abs();
    size == 0.0 || (1e-6..1e21).contains(&size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_counts_by_its_value_within_bounds() {
        for (form, value, expected) in [
            (NumberForm::Amount, 5.5, Some(5.5)),
            (NumberForm::Amount, -0.5, None),
            (NumberForm::Amount, 1e-6, Some(1e-6)),
            (NumberForm::Amount, 9.9e-7, None),
            (NumberForm::Amount, 9.9e20, Some(9.9e20)),
            (NumberForm::Amount, 1e21, None),
            (NumberForm::Amount, f64::INFINITY, None),
            (NumberForm::Whole, 5.0, Some(5.0)),
            (NumberForm::Whole, 5.5, None),
            (NumberForm::Whole, MAX_WHOLE, Some(MAX_WHOLE)),
            (NumberForm::Whole, MAX_WHOLE + 1.0, None),
            (NumberForm::Positive, 0.0, None),
            (NumberForm::Positive, 1.0, Some(1.0)),
            (NumberForm::Real, -0.5, Some(-0.5)),
            (NumberForm::Real, -1e21, None),
        ] {
            assert_eq!(form.read(Given::Number(value)), expected, "{form:?} {value}");
        }
        let zero = NumberForm::Whole.read(Given::Number(-0.0)).unwrap();
        assert!(zero == 0.0 && zero.is_sign_positive());
        assert_eq!(NumberForm::Real.read(Given::Other), None);
    }

    #[test]
    fn digits_in_text_count_as_the_number_without_bounds() {
        let huge = "9".repeat(400);
        for (form, text, expected) in [
            (NumberForm::Amount, "200", Some(200.0)),
            (NumberForm::Amount, "007", Some(7.0)),
            (NumberForm::Amount, "5.5", Some(5.5)),
            (NumberForm::Amount, "0.0000001", Some(1e-7)),
            (NumberForm::Amount, "1000000000000000000000000", Some(1e24)),
            (NumberForm::Amount, "-5", None),
            (NumberForm::Real, "-5.5", Some(-5.5)),
            (NumberForm::Real, "-0", Some(0.0)),
            (NumberForm::Real, "--5", None),
            (NumberForm::Whole, "5.0", None),
            (NumberForm::Whole, "9007199254740993", None),
            (NumberForm::Positive, "0", None),
            (NumberForm::Positive, "12", Some(12.0)),
            (NumberForm::Real, huge.as_str(), None),
        ] {
            assert_eq!(form.read(Given::Text(text)), expected, "{form:?} {text}");
        }
        for bad in ["", " ", "x", "1e5", "+1", ".5", "5.", "1.2.3", " 5", "5 ", "٥", "0x1", "Infinity", "NaN", "-"] {
            for form in [NumberForm::Amount, NumberForm::Whole, NumberForm::Positive, NumberForm::Real] {
                assert_eq!(form.read(Given::Text(bad)), None, "{form:?} {bad:?}");
            }
        }
    }
}
