//! Where usernames come from that no cell says: a column of another program's file, or a pattern that counts.

use std::collections::BTreeMap;

use crate::app::rosters::read::plain;
use crate::model::rosters::Sheet;

/// Where the usernames of a sheet come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::app::rosters) enum Usernames {
    /// A column of this header, without what stands between its words.
    Header(String),
    /// Those who are new are numbered.
    Pattern(Pattern),
}

/// Names that differ by a number, such as `BR0001`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::app::rosters) struct Pattern {
    before: String,
    /// The first number, and how many digits it has at least.
    first: u64,
    digits: usize,
    after: String,
}

impl Pattern {
    /// # Errors
    /// Why it is none.
    fn parse(text: &str) -> Result<Self, String> {
        let refused = || {
            format!(
                "the pattern {text:?} does not say where the number stands: write its first one in braces, as in BR{{0001}}"
            )
        };
        let (before, rest) = text.split_once('{').ok_or_else(refused)?;
        let (number, after) = rest.split_once('}').ok_or_else(refused)?;
        let is_number = (1..=9).contains(&number.len()) && number.bytes().all(|digit| digit.is_ascii_digit());
        if !is_number || after.contains(['{', '}']) {
            return Err(refused());
        }
        let first = number.parse().map_err(|_| refused())?;
        Ok(Self { before: before.to_owned(), first, digits: number.len(), after: after.to_owned() })
    }

    /// The first number.
    pub(in crate::app::rosters) fn first(&self) -> u64 {
        self.first
    }

    /// The name of a number.
    pub(in crate::app::rosters) fn name(&self, number: u64) -> String {
        let Self { before, digits, after, .. } = self;
        format!("{before}{number:0digits$}{after}", digits = *digits)
    }

    /// The number of a name, if it is one of the pattern's.
    pub(in crate::app::rosters) fn number(&self, name: &str) -> Option<u64> {
        let number = name.strip_prefix(&self.before)?.strip_suffix(&self.after)?;
        let number: u64 = number.bytes().all(|digit| digit.is_ascii_digit()).then(|| number.parse().ok())??;
        (self.name(number) == name).then_some(number)
    }
}

/// What was said of usernames, by sheet.
///
/// # Errors
/// What is no sheet of users, or no pattern.
pub(in crate::app::rosters) fn parse(given: &BTreeMap<String, String>) -> Result<BTreeMap<Sheet, Usernames>, String> {
    let one = |(word, text): (&String, &String)| {
        let sheet = Sheet::of_word(word).filter(|sheet| sheet.role().is_some()).ok_or_else(|| {
            let known = Sheet::ALL.into_iter().filter(|sheet| sheet.role().is_some()).map(Sheet::word);
            format!("{word:?} has no usernames: choose one of {}", known.collect::<Vec<_>>().join(", "))
        })?;
        let usernames = match text.contains(['{', '}']) {
            true => Usernames::Pattern(Pattern::parse(text)?),
            false => Usernames::Header(plain(text)),
        };
        Ok((sheet, usernames))
    };
    given.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_counts_and_knows_its_names_again() {
        let pattern = Pattern::parse("BR{0001}-a").unwrap();
        assert_eq!((pattern.name(7).as_str(), pattern.name(12_345).as_str()), ("BR0007-a", "BR12345-a"));
        for (name, number) in
            [("BR0007-a", Some(7)), ("BR12345-a", Some(12_345)), ("BR7-a", None), ("BR0007", None), ("BR+007-a", None)]
        {
            assert_eq!(pattern.number(name), number, "{name}");
        }
        for text in ["{}", "BR{x}", "BR{1", "BR}1{", "a{1}{2}", "{0000000001}"] {
            assert!(Pattern::parse(text).unwrap_err().contains("as in BR{0001}"), "{text}");
        }
    }
}
