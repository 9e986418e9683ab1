//! Coverage: of which days of a class what is stored. What a researcher looks at first.

use std::fmt::Write as _;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::app::directory::policy::Does;
use crate::app::operator::refusal::{Refusal, refusal};
use crate::app::policy::{GroupCoverageView, Operation};
use crate::app::wearables::moments::date;
use crate::app::wearables::records::{CoverageRecord, CoveredChildRecord};
use crate::app::{App, Permit, Reading};
use crate::model::tracking::LogRange;
use crate::model::wearables::DataKind;
use crate::model::{Child, Error, Group, Id, Kind, User, Username, calendar_date};
use crate::store::{Asker, View};

/// The most days.
const MOST_DAYS: i32 = 366;
/// The header of coverage as CSV.
pub const COVERAGE_HEADER: &str = "child_id,username,date,steps,calories,active_minutes,lightly_active_minutes,\
                                   sedentary_minutes,physicalactivities,sleep,weights,bodyfats\r\n";

/// Of which days of a range what is stored of a child.
pub struct Covered {
    /// Of which child.
    pub child: Id<Child>,
    /// What it is called.
    pub username: Username,
    /// The days of the range of which there is anything, in their order, with the kinds that there are.
    pub days: Vec<(Date, Vec<DataKind>)>,
    /// The first and the last day.
    range: (Date, Date),
}

impl Covered {
    /// As [`CoveredChildRecord::csv`].
    #[must_use]
    pub fn csv(self) -> String {
        let range = self.range;
        CoveredChildRecord::from(self).csv(range)
    }
}

impl CoveredChildRecord {
    /// A row of CSV for each day from the first to the last, with 1 for a kind that there is.
    #[must_use]
    pub fn csv(&self, (first, last): (Date, Date)) -> String {
        let mut rows = String::new();
        for day in first.series(1.day()).take_while(|day| *day <= last) {
            let day = day.to_string();
            let there = self.days.get(&day).map(Vec::as_slice).unwrap_or_default();
            let cells =
                DataKind::ALL.map(|kind| if there.iter().any(|there| there == kind.word()) { "1" } else { "0" });
            let _ = write!(rows, "{},{},{day},{}\r\n", self.id, cell(&self.username), cells.join(","));
        }
        rows
    }
}

/// A name as a cell that no spreadsheet program computes or takes apart.
fn cell(name: &str) -> String {
    let quoted = if name.starts_with(['=', '+', '-', '@']) { format!("'{name}") } else { name.to_owned() };
    match quoted.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", quoted.replace('"', "\"\"")),
        false => quoted,
    }
}

/// How many days before the last are shown if it is not said.
const USUAL: i32 = 13;

impl App {
    /// Of which days of a range what is stored of each child of a group, in the group's order.
    ///
    /// # Errors
    /// `NotFound` if the owner has no group of this id.
    pub fn group_coverage_view<O, S>(&self, permit: &Permit<O>, range: LogRange) -> Result<Reading<Covered>, Error>
    where
        O: Operation<Target = (Id<S>, Id<Group>)> + Does<GroupCoverageView>,
        S: User + 'static,
    {
        let (owner, id) = *permit.target();
        let range = (range.first(), range.last());
        self.reading(permit, move |view, out| {
            let group = view.group(owner.cast(), id)?.ok_or(Error::NotFound(Kind::Group))?;
            for child in group.children {
                out.put(covered(view, (child.account.id.cast(), child.account.username), range)?)?;
            }
            Ok(())
        })
    }

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

fn covered(view: &View<'_>, (child, username): (Id<Child>, Username), range: (Date, Date)) -> Result<Covered, Error> {
    let tracked = view.tracked_child(child)?;
    let found = tracked.map(|child| view.covered_days(child, range.0, range.1)).transpose()?.unwrap_or_default();
    let days = found.into_iter().filter_map(|(day, kinds)| Some((date(day)?, kinds))).collect();
    Ok(Covered { child, username, days, range })
}

fn children(view: &View<'_>, class: &str, range: (Date, Date)) -> Result<Option<Vec<CoveredChildRecord>>, Error> {
    let ids = view.class_children(class)?;
    if ids.is_empty() {
        return Ok(None);
    }
    let mut children = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(account) = view.account(id.cast())? else { continue };
        children.push(CoveredChildRecord::from(covered(view, (id, account.username), range)?));
    }
    Ok(Some(children))
}

impl From<Covered> for CoveredChildRecord {
    fn from(covered: Covered) -> Self {
        let shown = |(day, kinds): (Date, Vec<DataKind>)| {
            (day.to_string(), kinds.into_iter().map(|kind| kind.word().to_owned()).collect())
        };
        Self {
            id: covered.child.to_string(),
            username: covered.username.as_str().to_owned(),
            days: covered.days.into_iter().map(shown).collect(),
        }
    }
}
