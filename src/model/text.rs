//! Rules and comparisons of text.

use std::cmp::Ordering;

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use jiff::Timestamp;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use zeroize::Zeroizing;

use super::Fault;

/// Text that somebody else may read: not empty, bounded, without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// The most characters of an ordinary text.
    pub const MAX: usize = 256;
    /// The most characters of an address.
    pub const MAX_ADDRESS: usize = 1024;

    /// Takes a text of at most `max` characters.
    ///
    /// # Errors
    /// The rule of STR (contract, section 5) that it breaks.
    pub fn new(given: &str, max: usize) -> Result<Self, Fault> {
        check(given, max)?;
        Ok(Self(given.to_owned()))
    }

    /// Takes a text as it was stored.
    #[must_use]
    pub fn verbatim(stored: String) -> Self {
        Self(stored)
    }

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

pub(super) fn check(text: &str, max: usize) -> Result<(), Fault> {
    if text.is_empty() {
        Err(Fault::Empty)
    } else if text.chars().count() > max {
        Err(Fault::TooLong(max))
    } else if text.chars().any(char::is_control) {
        Err(Fault::ControlCharacters)
    } else {
        Ok(())
    }
}

/// The same text however it was composed: `e` and an accent is `é` (Unicode NFC).
#[must_use]
pub fn composed(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { text.nfc().collect() }
}

/// Whether a text holds characters that show nothing wherever they stand, such as a zero-width space.
#[must_use]
pub fn has_ignorable(text: &str) -> bool {
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    !text.is_ascii() && text.chars().any(|c| ignorable.contains(c))
}

/// A password as RFC 8265's OpaqueString maps it: each space that is not ASCII becomes one that is, then NFC. Case, and
/// everything else, stays. Nothing is refused, unlike there: any text may be a password (contract, section 3).
pub(super) fn opaque(typed: &str) -> Zeroizing<String> {
    let categories = CodePointMapData::<GeneralCategory>::new();
    let one_space = |c: char| if categories.get(c) == GeneralCategory::SpaceSeparator { ' ' } else { c };
    // NFC at most triples the bytes: with room for them, no copy is left behind in memory.
    let mut prepared = Zeroizing::new(String::with_capacity(3 * typed.len()));
    prepared.extend(typed.chars().map(one_space).nfc());
    prepared
}

/// The number that a text writes in decimal form, if it does: `11`, `-7.5`, `1e2`, not `inf` or `0x1`.
#[must_use]
pub fn number(text: &str) -> Option<f64> {
    let decimal = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    let trimmed = text.trim();
    let value = trimmed.parse::<f64>().ok().filter(|value| value.is_finite())?;
    trimmed.chars().all(decimal).then_some(value)
}

/// A number as JavaScript writes it: the fewest digits that read as it again, of several such texts the one that
/// is nearest to it, and an exponent only where it is below 1e-6, or 1e21 or more.
#[must_use]
pub fn number_text(value: f64) -> String {
    ryu_js::Buffer::new().format(value).to_owned()
}

/// An instant as the contract writes it: UTC, RFC 3339 with three decimals (section 1).
#[must_use]
pub fn time_text(time: Timestamp) -> String {
    format!("{time:.3}")
}

/// Lower case, for comparisons that ignore case.
#[must_use]
pub fn fold_case(text: &str) -> String {
    text.to_lowercase()
}

/// Lower case without accents, for wildcards: `João` becomes `joao`.
#[must_use]
pub fn fold_accents(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// Orders text ignoring case, with runs of digits compared as numbers: `a9` before `A10`.
#[must_use]
pub fn natural_order(mut a: &str, mut b: &str) -> Ordering {
    loop {
        let (Some(x), Some(y)) = (a.chars().next(), b.chars().next()) else {
            return a.len().cmp(&b.len());
        };
        let order = if x.is_ascii_digit() && y.is_ascii_digit() {
            let (x, y) = (take_number(&mut a), take_number(&mut b));
            x.len().cmp(&y.len()).then_with(|| x.cmp(y))
        } else {
            (a, b) = (&a[x.len_utf8()..], &b[y.len_utf8()..]);
            if x == y { Ordering::Equal } else { x.to_lowercase().cmp(y.to_lowercase()) }
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Takes a run of digits off the front; returns it without leading zeros.
fn take_number<'a>(text: &mut &'a str) -> &'a str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    *text = rest;
    number.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn natural_order_compares_digits_as_numbers_and_ignores_case() {
        for (less, more) in [("9", "10"), ("a9", "A10"), ("Class 2b", "class 10a"), ("", "0"), ("a", "ab"), ("2", "a")]
        {
            assert_eq!(natural_order(less, more), Ordering::Less, "{less} {more}");
            assert_eq!(natural_order(more, less), Ordering::Greater, "{less} {more}");
        }
        for (a, b) in [("a01", "A1"), ("É", "é"), ("0", "00")] {
            assert_eq!(natural_order(a, b), Ordering::Equal, "{a} {b}");
        }
    }

    #[test]
    fn only_decimal_text_is_a_number() {
        for (text, value) in [("11", 11.0), ("-7.5", -7.5), ("1e2", 100.0), (" 3 ", 3.0)] {
            assert_eq!(number(text), Some(value));
        }
        for text in ["", "x", "inf", "NaN", "infinity", "0x10", "1e999", "2010-01-01", "1,5"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_written_as_javascript_writes_them() {
        assert_eq!(number_text(11.0), "11");
        assert_eq!(number_text(-7.25), "-7.25");
        assert_eq!(number_text(-0.0), "0");
        for (value, text) in [
            (-0.0, "0"),
            (0.1, "0.1"),
            (-7.25, "-7.25"),
            (1e15, "1000000000000000"),
            (1e16, "10000000000000000"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (9.999_999_999_999_999e20, "999999999999999900000"),
            (1e21, "1e+21"),
            (-1.5e300, "-1.5e+300"),
            (1e-6, "0.000001"),
            (0.000_012_5, "0.0000125"),
            (9.5e-7, "9.5e-7"),
            (5e-324, "5e-324"),
            // Between two texts that are as near, the even one.
            (563_683_229_487_461.0 + 0.25, "563683229487461.2"),
            (1_367_851_281_094_157.0 + 0.25, "1367851281094157.2"),
        ] {
            assert_eq!(number_text(value), text);
            assert_eq!(text.parse(), Ok(value));
        }
    }

    #[test]
    fn times_have_exactly_three_decimals() {
        for (millisecond, text) in [(0, "1970-01-01T00:00:00.000Z"), (1_575_028_800_120, "2019-11-29T12:00:00.120Z")] {
            assert_eq!(time_text(Timestamp::from_millisecond(millisecond).unwrap()), text);
        }
    }

    #[test]
    fn a_password_is_the_same_in_whatever_form_it_was_typed_and_nothing_else_is() {
        for (typed, prepared) in [
            ("Jose\u{301}", "José"),
            ("a\u{a0}b\u{3000}c\u{2003}d", "a b c d"),
            ("\u{1112}\u{1161}\u{11ab}", "한"),
            ("\u{212b}", "Å"),
            // A tab, a line's end and a zero-width space are no spaces; wide letters and ligatures are letters of their own.
            ("a\tb\u{2028}c\u{200b}", "a\tb\u{2028}c\u{200b}"),
            ("ＡﬁÉé ß", "ＡﬁÉé ß"),
            (" plain ", " plain "),
        ] {
            assert_eq!(opaque(typed).as_str(), prepared, "{typed:?}");
            assert_eq!(opaque(prepared).as_str(), prepared, "{prepared:?} stays");
        }
        let longest = "\u{1d160}".repeat(256);
        assert!(opaque(&longest).len() <= 3 * longest.len());
    }

    #[test]
    fn what_cannot_be_seen_is_found() {
        for ignorable in ["a\u{200b}", "\u{feff}a", "a\u{ad}b", "\u{2060}", "\u{e0020}", "\u{fe0f}", "\u{3164}"] {
            assert!(has_ignorable(ignorable), "{ignorable:?}");
        }
        for plain in ["José", "a b", "한", "e\u{301}", "\u{a0}", ""] {
            assert!(!has_ignorable(plain), "{plain:?}");
        }
    }

    #[test]
    fn accents_and_case_fold_away() {
        assert_eq!(fold_accents("João Ç"), "joao c");
        assert_eq!(fold_accents("ABC"), "abc");
    }
}
