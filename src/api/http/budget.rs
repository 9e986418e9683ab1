//! Memory for the bodies that arrive at the same time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::{Error, Network, Unavailable};

/// So much of each body takes nothing from the budget, in bytes: there are no more of them than connections. So a small
/// body finds room whatever others do.
const FREE: usize = 8 << 10;

/// Memory for the bodies that arrive at the same time, shared by the networks that they come from: none may take more
/// than it leaves to all others, so that there is always some for the next.
#[derive(Clone)]
pub(in crate::api) struct Budget(Arc<Mutex<Taken>>);

struct Taken {
    /// In bytes.
    left: usize,
    /// A network that has none takes no memory.
    by: HashMap<Option<Network>, usize>,
}

/// What one body has of it, until this is dropped.
pub(in crate::api) struct Share {
    budget: Budget,
    network: Option<Network>,
    arrived: usize,
}

impl Budget {
    pub(in crate::api) fn new(bytes: usize) -> Self {
        Self(Arc::new(Mutex::new(Taken { left: bytes, by: HashMap::new() })))
    }

    /// For a body from there, of which nothing has arrived yet.
    pub(in crate::api) fn share(&self, network: Option<Network>) -> Share {
        Share { budget: self.clone(), network, arrived: 0 }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// So much more has arrived. Never waits: whoever holds the rest may be slow on purpose.
    ///
    /// # Errors
    /// `Unavailable` if there is no room for it.
    pub(in crate::api) fn grow(&mut self, bytes: usize) -> Result<(), Error> {
        let more = counted(self.arrived.saturating_add(bytes)) - counted(self.arrived);
        if more > 0 {
            let taken = &mut *self.budget.taken();
            let held = taken.by.get(&self.network).copied().unwrap_or_default();
            if held + more > taken.left.saturating_sub(more) {
                return Err(Error::Unavailable(Unavailable::BodiesFull));
            }
            taken.left -= more;
            taken.by.insert(self.network, held + more);
        }
        self.arrived += bytes;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let counted = counted(self.arrived);
        if counted == 0 {
            return;
        }
        let taken = &mut *self.budget.taken();
        taken.left += counted;
        if let Some(held) = taken.by.get_mut(&self.network) {
            *held -= counted;
            if *held == 0 {
                taken.by.remove(&self.network);
            }
        }
    }
}

/// What of a body's bytes counts.
fn counted(arrived: usize) -> usize {
    arrived.saturating_sub(FREE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(number: u8) -> Option<Network> {
        Some(Network::of([192, 0, 2, number].into()))
    }

    fn body(budget: &Budget, of: Option<Network>, bytes: usize) -> Result<Share, Error> {
        let mut share = budget.share(of);
        share.grow(bytes).map(|()| share)
    }

    #[test]
    fn a_network_takes_no_more_than_it_leaves_and_there_is_always_some_for_the_next() {
        let budget = Budget::new(1 << 20);
        let mut held = Vec::new();
        for number in 0..9 {
            let before = held.len();
            while let Ok(share) = body(&budget, network(number), FREE + 1024) {
                held.push(share);
            }
            assert!(held.len() - before >= (512 >> number), "{number}: {}", held.len() - before);
        }
        assert!(body(&budget, network(0), FREE + 1024).is_err());
        assert!(body(&budget, network(99), FREE + 1).is_ok());
        drop(held);
        assert_eq!(budget.taken().left, 1 << 20);
        assert!(budget.taken().by.is_empty());
    }

    #[test]
    fn small_bodies_need_no_room() {
        let budget = Budget::new(1 << 10);
        let mut large = body(&budget, network(1), FREE + 512).unwrap();
        assert!(large.grow(1).is_err());
        let small: Vec<_> = (0..1000).map(|_| body(&budget, network(1), FREE)).collect();
        assert!(small.iter().all(Result::is_ok));
    }
}
