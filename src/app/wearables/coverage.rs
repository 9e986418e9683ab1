//! Coverage: of which days of a class what is stored. What a researcher looks at first.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::app::App;
use crate::app::operator::refusal::{Refusal, refusal};
use crate::app::wearables::moments::date;
use crate::app::wearables::records::{CoverageRecord, CoveredChildRecord};
use crate::model::{Error, calendar_date};
use crate::store::{Asker, View};

/// The most days.
const MOST_DAYS: i32 = 366;
/// How many days before the last are shown if it is not said.
const USUAL: i32 = 13;

impl App {
    /// Of which days of a class what is stored.
    ///
    /// # Errors
    /// If there is no such class, or the days are none.
    pub(in crate::app::wearables) async fn coverage(
        &self,
        class: String,
        from: Option<String>,
        to: Option<String>,
    ) -> Result<CoverageRecord, Refusal> {
        let day = |text: String| {
            calendar_date(&text).map_err(|_| Refusal("a day is written as 2026-03-31: write it so".to_owned()))
        };
        let today = TimeZone::UTC.to_datetime(self.clock.now()).date();
        let to = to.map(day).transpose()?.unwrap_or(today);
        let from = from.map(day).transpose()?.unwrap_or_else(|| to.saturating_sub(USUAL.days()));
        let count = (to - from).get_days() + 1;
        if !(1..=MOST_DAYS).contains(&count) {
            return Err(Refusal(format!("from the first day to the last there are at most {MOST_DAYS}: name others")));
        }
        let found = self.store.scan(Asker::Operator, move |view| children(view, &class, (from, to)));
        let mut children = found.await.map_err(refusal)?.ok_or_else(|| {
            Refusal(
                "no group has this id, and no class at school is called this: name one that has children".to_owned(),
            )
        })?;
        children.sort_by(|one, other| one.username.cmp(&other.username));
        Ok(CoverageRecord { from: from.to_string(), to: to.to_string(), children })
    }
}

fn children(view: &View<'_>, class: &str, (from, to): (Date, Date)) -> Result<Option<Vec<CoveredChildRecord>>, Error> {
    let ids = view.class_children(class)?;
    if ids.is_empty() {
        return Ok(None);
    }
    let mut children = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(account) = view.account(id.cast())? else { continue };
        let tracked = view.tracked_child(id)?;
        let covered = tracked.map(|child| view.covered_days(child, from, to)).transpose()?.unwrap_or_default();
        let shown = |(day, kinds): (i64, Vec<_>)| {
            let words = kinds.iter().map(|kind: &crate::model::wearables::DataKind| kind.word().to_owned());
            (date(day).map(|date| date.to_string()).unwrap_or_default(), words.collect())
        };
        children.push(CoveredChildRecord {
            id: id.to_string(),
            username: account.username.as_str().to_owned(),
            days: covered.into_iter().map(shown).collect(),
        });
    }
    Ok(Some(children))
}
