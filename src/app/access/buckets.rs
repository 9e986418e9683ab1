//! Where a rate limit keeps the state of its keys: exactly, and within bounds.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;

/// How many keys a limit remembers: about 6 MiB for the largest of them.
const MOST: usize = 100_000;
/// Which part of them is forgotten when there are more: so the search for them is rare.
const PART: usize = 10;

/// The state of each key, by the key itself, so that nobody counts for another. When there are too many, those are
/// forgotten who would be free again soonest: whoever floods the limit with keys that were hardly used makes it forget
/// these, not the one that he guesses at.
pub(super) struct Buckets<K> {
    /// Until when a key's tries take from its limit.
    until: Mutex<HashMap<K, Nanos>>,
    most: usize,
}

impl<K: Hash + Eq> Default for Buckets<K> {
    fn default() -> Self {
        Self { until: Mutex::default(), most: MOST }
    }
}

impl<K: Hash + Eq> Buckets<K> {
    fn until(&self) -> MutexGuard<'_, HashMap<K, Nanos>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Clone> StateStore for Buckets<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut all = self.until();
        let known = all.get_mut(key);
        let (outcome, until) = measure(known.as_deref().copied())?;
        match known {
            Some(known) => *known = until,
            None => {
                if all.len() >= self.most {
                    forget_freest(&mut all, self.most / PART);
                }
                all.insert(key.clone(), until);
            }
        }
        Ok(outcome)
    }
}

impl<K: Hash + Eq + Clone> ShrinkableKeyedStateStore<K> for Buckets<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        self.until().retain(|_, until| *until > drop_below);
    }

    fn shrink_to_fit(&self) {
        self.until().shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.until().len()
    }

    fn is_empty(&self) -> bool {
        self.until().is_empty()
    }
}

/// Forgets about so many, those that are free again soonest.
fn forget_freest<K>(all: &mut HashMap<K, Nanos>, count: usize) {
    let mut instants: Vec<Nanos> = all.values().copied().collect();
    let Some(at) = count.min(instants.len()).checked_sub(1) else {
        return;
    };
    let last = *instants.select_nth_unstable(at).1;
    let mut left = count;
    all.retain(|_, until| {
        let forgotten = left > 0 && *until <= last;
        left -= usize::from(forgotten);
        !forgotten
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tries once, which takes this long from the key's limit.
    fn try_once(buckets: &Buckets<u32>, key: u32, takes: u64) -> Option<u64> {
        let measure = |until: Option<Nanos>| {
            let before = until.map(|until| until.as_u64());
            Ok::<_, ()>((before, Nanos::from(before.unwrap_or(0) + takes)))
        };
        buckets.measure_and_replace(&key, measure).unwrap()
    }

    #[test]
    fn keys_do_not_count_for_each_other() {
        let buckets = Buckets::default();
        for key in 0..50_000 {
            assert_eq!(try_once(&buckets, key, 1), None);
        }
        for key in 0..50_000 {
            assert_eq!(try_once(&buckets, key, 1), Some(1), "{key}");
        }
    }

    #[test]
    fn a_flood_of_keys_is_forgotten_before_a_key_that_was_used_often() {
        let buckets = Buckets { most: 100, ..Buckets::default() };
        for _ in 0..5 {
            try_once(&buckets, 0, 10);
        }
        for key in 1..10_000 {
            try_once(&buckets, key, 10);
            assert!(buckets.len() <= 100);
        }
        assert_eq!(try_once(&buckets, 0, 10), Some(50));
    }

    #[test]
    fn what_is_as_good_as_new_is_forgotten() {
        let buckets = Buckets::default();
        try_once(&buckets, 1, 10);
        try_once(&buckets, 2, 20);
        buckets.retain_recent(Nanos::from(10));
        assert_eq!((try_once(&buckets, 1, 10), try_once(&buckets, 2, 20)), (None, Some(20)));
    }
}
