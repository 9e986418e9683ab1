//! Totals of days, as the Google Health API says them: days of the child's own clock.

use std::borrow::Cow;

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Listed;
use crate::model::{Given, NumberForm};
use crate::providers::wearables::page::{Items, item, page};
use crate::providers::wearables::values::amount;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RolledUp<'a> {
    civil_start_time: CivilTime,
    #[serde(borrow)]
    steps: Option<Steps<'a>>,
    #[serde(borrow)]
    total_calories: Option<TotalCalories<'a>>,
    #[serde(borrow)]
    sedentary_period: Option<SedentaryPeriod<'a>>,
    #[serde(borrow)]
    active_minutes: Option<ByLevel<'a>>,
}

#[derive(Deserialize)]
struct CivilTime {
    date: CivilDate,
}

#[derive(Deserialize)]
struct CivilDate {
    year: i16,
    month: i8,
    day: i8,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Steps<'a> {
    #[serde(borrow)]
    count_sum: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TotalCalories<'a> {
    #[serde(borrow)]
    kcal_sum: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SedentaryPeriod<'a> {
    #[serde(borrow)]
    duration_sum: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ByLevel<'a> {
    #[serde(borrow)]
    active_minutes_rollup_by_activity_level: Option<Items<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfLevel<'a> {
    #[serde(borrow)]
    activity_level: Cow<'a, str>,
    #[serde(borrow)]
    active_minutes_sum: Option<&'a RawValue>,
}

/// The minutes of a day in which a child moved, as far as they are given.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct ActiveMinutes {
    light: Option<f64>,
    moderate: Option<f64>,
    vigorous: Option<f64>,
}

impl ActiveMinutes {
    pub(super) fn light(&self) -> Option<f64> {
        self.light
    }

    /// Those of more than a little, what is given of them.
    pub(super) fn active(&self) -> Option<f64> {
        match (self.moderate, self.vigorous) {
            (Some(moderate), Some(vigorous)) => Some(moderate + vigorous).filter(|sum| sum.is_finite()),
            (moderate, vigorous) => moderate.or(vigorous),
        }
    }
}
/// Steps of days.
pub(super) fn steps(body: &[u8]) -> Option<Listed<(Date, f64)>> {
    rolled_up(body, |day| amount(day.steps.as_ref()?.count_sum?))
}

/// Calories of days, those of a body at rest included.
pub(super) fn calories(body: &[u8]) -> Option<Listed<(Date, f64)>> {
    rolled_up(body, |day| amount(day.total_calories.as_ref()?.kcal_sum?))
}

/// Minutes of days without movement: whole ones.
pub(super) fn sedentary(body: &[u8]) -> Option<Listed<(Date, f64)>> {
    rolled_up(body, |day| {
        let seconds = day.sedentary_period.as_ref()?.duration_sum.as_deref()?.strip_suffix('s')?;
        let seconds = NumberForm::Amount.read(Given::Text(seconds))?;
        Some((seconds / 60.0).floor())
    })
}

/// Minutes of days with movement.
pub(super) fn active_minutes(body: &[u8]) -> Option<Listed<(Date, ActiveMinutes)>> {
    rolled_up(body, |day| {
        let mut minutes = ActiveMinutes::default();
        let levels = day.active_minutes.as_ref()?.active_minutes_rollup_by_activity_level.as_ref()?;
        for level in levels.0.iter().filter_map(|raw| item::<OfLevel<'_>>(raw)) {
            let sum = level.active_minutes_sum.and_then(amount);
            match level.activity_level.as_ref() {
                "LIGHT" => minutes.light = sum,
                "MODERATE" => minutes.moderate = sum,
                "VIGOROUS" => minutes.vigorous = sum,
                _ => {}
            }
        }
        Some(minutes)
    })
}

/// The days of a roll-up that have a value.
fn rolled_up<T>(body: &[u8], value: impl Fn(&RolledUp<'_>) -> Option<T>) -> Option<Listed<(Date, T)>> {
    let page = page(body, "rollupDataPoints")?;
    let items = page.items.unwrap_or_default();
    let day = |raw: &&RawValue| {
        let day: RolledUp<'_> = item(raw)?;
        let CivilDate { year, month, day: of_month } = day.civil_start_time.date;
        Some((Date::new(year, month, of_month).ok()?, value(&day)?))
    };
    Some(Listed { items: items.len(), things: items.iter().filter_map(day).collect(), next: page.next })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::wearables::hostile::{check_totals, spoiled};

    #[test]
    fn whatever_an_answer_holds_what_is_made_of_it_can_be_stored() {
        const DAYS: &str = r#"{"rollupDataPoints":[{"civilStartTime":{"date":{"year":2026,"month":2,"day":27}},
            "activeMinutes":{"activeMinutesRollupByActivityLevel":[{"activityLevel":"MODERATE","activeMinutesSum":"20"},
            {"activityLevel":"VIGOROUS","activeMinutesSum":"10"}]},"sedentaryPeriod":{"durationSum":"42059.800s"}}]}"#;
        assert_eq!(active_minutes(DAYS.as_bytes()).unwrap().things[0].1.active(), Some(30.0));
        spoiled(DAYS, |body| {
            let sums = |page: Listed<(Date, ActiveMinutes)>| {
                let sums = page.things.into_iter().filter_map(|(day, minutes)| Some((day, minutes.active()?)));
                sums.collect::<std::collections::BTreeMap<_, _>>().into_iter().collect()
            };
            check_totals(active_minutes(body).map(sums));
            check_totals(sedentary(body).map(|page| page.things.into_iter().take(1).collect()));
        });
    }
}
