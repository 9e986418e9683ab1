//! What was said of those who are missing.

use jiff::SignedDuration;

use crate::app::rosters::records::PlanOptions;
use crate::app::rosters::rows::Problems;
use crate::model::rosters::Sheet;

/// What becomes of those who are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app::rosters) struct Removal {
    most: Most,
    /// How long they are kept; without, for ever.
    pub(super) erase_after: Option<SignedDuration>,
}

/// How many users of a type may be deactivated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Most {
    Number(usize),
    Percent(usize),
}

impl Removal {
    /// What was said of it.
    ///
    /// # Errors
    /// What cannot be meant.
    pub(in crate::app::rosters) fn of(options: &PlanOptions) -> Result<Option<Self>, String> {
        let given = options.max_removals.as_deref().unwrap_or("10%").trim();
        let most = match given.strip_suffix('%') {
            Some(percent) => percent.trim().parse().ok().filter(|percent| *percent <= 100).map(Most::Percent),
            None => given.parse().ok().map(Most::Number),
        };
        let most = most.ok_or_else(|| format!("{given:?} is no number of users: write it as 25, or as 10%"))?;
        let days = options.erase_after_days;
        if days.is_some_and(|days| !(1..=36_500).contains(&days)) {
            return Err("users are deleted after 1 to 36500 days".to_owned());
        }
        if !options.remove_missing && (options.max_removals.is_some() || days.is_some()) {
            return Err("who is missing is not removed without --remove-missing: say that, too".to_owned());
        }
        let erase_after = days.map(|days| SignedDuration::from_hours(24 * i64::from(days)));
        Ok(options.remove_missing.then_some(Self { most, erase_after }))
    }

    /// Too many at once are a mistake.
    pub(in crate::app::rosters) fn brake(
        self,
        sheet: Sheet,
        (leaving, there): (usize, usize),
        doubt: &str,
        problems: &mut Problems,
    ) {
        if leaving > self.most_of(there) {
            let message = format!(
                "{leaving} of {there} {} would be deactivated, which is more than --max-removals allows: {doubt}; if \
                 this is meant, say --max-removals {leaving}",
                sheet.word()
            );
            problems.file("", message);
        }
    }

    /// How many of so many may be deactivated: one of a few is not too many.
    fn most_of(self, there: usize) -> usize {
        match self.most {
            Most::Number(most) => most,
            Most::Percent(percent) => there.saturating_mul(percent).div_ceil(100),
        }
    }
}
