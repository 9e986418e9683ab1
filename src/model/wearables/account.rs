//! A child's account at a wearable service.

use std::fmt;

use zeroize::Zeroizing;

/// Which wearable service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderKind {
    /// The old form of Fitbit's, which a bridge may still speak.
    Fitbit,
    /// The Google Health API.
    Google,
}

impl ProviderKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Fitbit, Self::Google];

    /// Its name, as in settings.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Fitbit => "fitbit",
            Self::Google => "google",
        }
    }

    /// The service of this name.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What a token lets be read, of what is read at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Features {
    /// Weights and body fats.
    pub weights: bool,
    /// Activities, and totals of days.
    pub activities: bool,
    /// Nights.
    pub sleep: bool,
}

impl Features {
    /// Everything.
    pub const ALL: Self = Self { weights: true, activities: true, sleep: true };

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// A token, or another secret of such a service: never shown, and wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Below so many characters none of them is told.
    const SHORT: usize = 16;

    /// Takes it over.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What may be told of it: its first four characters and `...`, or `...` alone if it has less than 16 (contract,
    /// section 1, `<t>` and `<r>`).
    #[must_use]
    pub fn shortened(&self) -> String {
        let told = if self.0.chars().count() < Self::SHORT { 0 } else { 4 };
        self.0.chars().take(told).chain("...".chars()).collect()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_characters_of_a_secret_are_told_if_it_is_long() {
        for (text, told) in
            [("", "..."), ("0123456789abcde", "..."), ("0123456789abcdef", "0123..."), ("ééééé0123456789a", "éééé...")]
        {
            assert_eq!(Secret::new(text.to_owned()).shortened(), told, "{text}");
        }
        assert_eq!(format!("{:?}", Secret::new("a token".to_owned())), "Secret(***)");
    }

    #[test]
    fn a_service_is_known_by_its_word() {
        for kind in ProviderKind::ALL {
            assert_eq!(ProviderKind::parse(kind.word()), Some(kind));
        }
        assert_eq!(ProviderKind::parse("off"), None);
    }
}
