//! What a service has of a child, asked all at once.

use jiff::civil::Date;

use crate::app::wearables::provider::{Fault, Found, Provider, Totals, Weighed};
use crate::model::tracking::{ActivityFacts, SleepFacts};
use crate::model::wearables::{Features, Secret};

/// An answer, if it was asked for.
type Answer<T> = Option<Result<T, Fault>>;

/// What a service answered.
pub(super) struct Answers {
    weights: Answer<Vec<Found<Weighed>>>,
    nights: Answer<Vec<Found<SleepFacts>>>,
    activities: Answer<Vec<Found<ActivityFacts>>>,
    logs: Option<[Result<Totals, Fault>; 5]>,
}

/// What was found. What was not asked for, or could not be had, is absent.
pub(super) struct Fetched {
    pub(super) weights: Option<Vec<Found<Weighed>>>,
    pub(super) nights: Option<Vec<Found<SleepFacts>>>,
    pub(super) activities: Option<Vec<Found<ActivityFacts>>>,
    pub(super) logs: [Option<Totals>; 5],
}

/// Which days are asked about.
#[derive(Clone, Copy)]
pub(super) struct Days {
    pub(super) today: Date,
    pub(super) last_sync: Option<Date>,
}

impl Answers {
    /// Asks for all of these.
    pub(super) async fn to(provider: &dyn Provider, access: &Secret, of: Features, days: Days) -> Self {
        let Days { today, last_sync } = days;
        let (weights, nights, activities, logs) = tokio::join!(
            asked(of.weights, || provider.weights(access, today)),
            asked(of.sleep, || provider.nights(access, today)),
            asked(of.activities, || provider.activities(access, today)),
            asked(of.activities, || provider.logs(access, today, last_sync)),
        );
        Self { weights, nights, activities, logs }
    }

    /// Those that the service refused for the token.
    pub(super) fn refused(&self) -> Refused {
        let refused = |fault: Option<&Fault>| fault == Some(&Fault::InvalidToken);
        Refused {
            weights: refused(fault(&self.weights)),
            nights: refused(fault(&self.nights)),
            activities: refused(fault(&self.activities)),
            logs: self.logs.iter().flatten().any(|log| log.as_ref().err() == Some(&Fault::InvalidToken)),
        }
    }

    /// The same with those asked once more that were refused.
    pub(super) async fn again(self, provider: &dyn Provider, access: &Secret, which: Refused, days: Days) -> Self {
        let Days { today, last_sync } = days;
        let (weights, nights, activities, logs) = tokio::join!(
            asked(which.weights, || provider.weights(access, today)),
            asked(which.nights, || provider.nights(access, today)),
            asked(which.activities, || provider.activities(access, today)),
            asked(which.logs, || provider.logs(access, today, last_sync)),
        );
        Self {
            weights: weights.or(self.weights),
            nights: nights.or(self.nights),
            activities: activities.or(self.activities),
            logs: logs.or(self.logs),
        }
    }

    /// What can be stored of them.
    ///
    /// # Errors
    /// Why there is nothing: if all things that were asked for failed, or all logs.
    pub(super) fn judged(self) -> Result<Fetched, Fault> {
        let things = [
            self.weights.as_ref().map(|answer| answer.as_ref().err()),
            self.nights.as_ref().map(|answer| answer.as_ref().err()),
            self.activities.as_ref().map(|answer| answer.as_ref().err()),
        ];
        if let Some(fault) = all_failed(things.into_iter().flatten()) {
            return Err(fault);
        }
        if let Some(fault) = all_failed(self.logs.iter().flatten().map(|log| log.as_ref().err())) {
            return Err(fault);
        }
        Ok(Fetched {
            weights: self.weights.and_then(Result::ok),
            nights: self.nights.and_then(Result::ok),
            activities: self.activities.and_then(Result::ok),
            logs: self.logs.map_or_else(Default::default, |logs| logs.map(Result::ok)),
        })
    }
}

/// Which answers were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Refused {
    weights: bool,
    nights: bool,
    activities: bool,
    logs: bool,
}

async fn asked<T, F: Future<Output = T>>(wanted: bool, ask: impl FnOnce() -> F) -> Option<T> {
    match wanted {
        true => Some(ask().await),
        false => None,
    }
}

fn fault<T>(answer: &Answer<T>) -> Option<&Fault> {
    answer.as_ref().and_then(|answer| answer.as_ref().err())
}

/// The first fault, if there is nothing else.
fn all_failed<'f>(answers: impl Iterator<Item = Option<&'f Fault>>) -> Option<Fault> {
    let answers: Option<Vec<&Fault>> = answers.collect();
    answers?.first().map(|first| (*first).clone())
}
