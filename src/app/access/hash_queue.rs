//! Whose password is hashed next. Those who are known go first, and among equals whoever has had least lately: so
//! many tries from many places wait behind one, and behind the people of the school.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::app::access::limit_report::Whose;
use crate::model::Network;

/// After so many known ones in a row, a stranger has his turn.
const IN_A_ROW: u32 = 8;

/// On whose behalf a hash is computed.
#[derive(Debug, Clone, Copy)]
pub(in crate::app) struct Turn {
    pub(in crate::app) standing: Standing,
    /// Where it was asked for; nowhere, if not over a network.
    pub(in crate::app) network: Option<Network>,
    /// Who asks, or whom somebody says that he is; nobody, if it is the machine.
    pub(in crate::app) account: Option<Whose>,
}

/// How far somebody is known before the hash tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app) enum Standing {
    /// By a token, by the machine, or because this account was logged in to from this network before.
    Known,
    /// Not at all.
    Stranger,
}

/// Jobs that wait for a thread, so many at most.
pub(in crate::app) struct HashQueue<J> {
    state: Mutex<State<J>>,
    ready: Condvar,
    most: usize,
}

/// The queue has no room for this one.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::app) struct Full;

struct State<J> {
    known: BTreeMap<Rank, (Turn, J)>,
    strangers: BTreeMap<Rank, (Turn, J)>,
    /// How many jobs of each were taken on lately.
    had: HashMap<Share, u32>,
    /// How many jobs there were at all.
    arrivals: u64,
    /// How many known ones went before a stranger who waits.
    in_a_row: u32,
    closed: bool,
}

/// How much the one who asks has had lately, and when he came: the least first.
type Rank = (u32, u64);

/// What turns are shared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Share {
    Network(Option<Network>),
    Account(Option<Whose>),
}

impl<J> HashQueue<J> {
    pub(in crate::app) fn new(most: usize) -> Self {
        let state = State {
            known: BTreeMap::new(),
            strangers: BTreeMap::new(),
            had: HashMap::new(),
            arrivals: 0,
            in_a_row: 0,
            closed: false,
        };
        Self { state: Mutex::new(state), ready: Condvar::new(), most }
    }

    /// Puts a job in its place. If there are too many then, the last one is dropped: this one, or another.
    pub(in crate::app) fn push(&self, turn: Turn, job: J) -> Result<(), Full> {
        let mut state = self.state();
        let added = state.add(turn, job);
        let dropped = (state.waiting() > self.most).then(|| state.remove_last()).flatten();
        drop(state);
        self.ready.notify_one();
        match dropped {
            Some((rank, _)) if rank == added => Err(Full),
            _ => Ok(()),
        }
    }

    /// Waits for the next job; `None` when the queue is closed.
    pub(in crate::app) fn pop(&self) -> Option<J> {
        let waits = |state: &mut State<J>| !state.closed && state.waiting() == 0;
        let mut state = self.ready.wait_while(self.state(), waits).unwrap_or_else(PoisonError::into_inner);
        state.remove_first()
    }

    /// How many jobs wait.
    pub(in crate::app) fn waiting(&self) -> usize {
        self.state().waiting()
    }

    /// Forgets half of what each has had: to be done about once a minute. Those who wait keep their order, and are not
    /// overtaken by those who come later and have had as much.
    pub(in crate::app) fn forget_half(&self) {
        let state = &mut *self.state();
        for waiting in [&mut state.known, &mut state.strangers] {
            *waiting = std::mem::take(waiting).into_iter().map(|((had, at), job)| ((had / 2, at), job)).collect();
        }
        state.had.retain(|_, had| {
            *had /= 2;
            *had > 0
        });
        state.had.shrink_to_fit();
    }

    /// Nobody waits for jobs any more, once those that are there are done.
    pub(in crate::app) fn close(&self) {
        self.state().closed = true;
        self.ready.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<J> State<J> {
    fn waiting(&self) -> usize {
        self.known.len() + self.strangers.len()
    }

    fn add(&mut self, turn: Turn, job: J) -> Rank {
        let shares = turn.shares();
        let had = shares.iter().filter_map(|share| self.had.get(share)).max().copied().unwrap_or_default();
        for share in shares {
            let had = self.had.entry(share).or_default();
            *had = had.saturating_add(1);
        }
        self.arrivals += 1;
        let rank = (had, self.arrivals);
        match turn.standing {
            Standing::Known => self.known.insert(rank, (turn, job)),
            Standing::Stranger => self.strangers.insert(rank, (turn, job)),
        };
        rank
    }

    fn remove_first(&mut self) -> Option<J> {
        let known_wait = self.in_a_row >= IN_A_ROW && !self.strangers.is_empty();
        let known = if known_wait { None } else { self.known.pop_first() };
        self.in_a_row = if known.is_some() && !self.strangers.is_empty() { self.in_a_row + 1 } else { 0 };
        known.or_else(|| self.strangers.pop_first()).map(|(_, (_, job))| job)
    }

    /// What was not done was not had.
    fn remove_last(&mut self) -> Option<(Rank, J)> {
        let (rank, (turn, job)) = self.strangers.pop_last().or_else(|| self.known.pop_last())?;
        for share in turn.shares() {
            if let Some(had) = self.had.get_mut(&share) {
                *had = had.saturating_sub(1);
            }
        }
        Some((rank, job))
    }
}

impl Turn {
    /// Of the machine itself, and its operator.
    pub(in crate::app) fn of_the_machine() -> Self {
        Self { standing: Standing::Known, network: None, account: None }
    }

    fn shares(&self) -> [Share; 2] {
        [Share::Network(self.network), Share::Account(self.account)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(standing: Standing, network: u8, account: u64) -> Turn {
        let network = Some(Network::of([192, 0, 2, network].into()));
        Turn { standing, network, account: Some(Whose::Name(account)) }
    }

    fn stranger(network: u8, account: u64) -> Turn {
        turn(Standing::Stranger, network, account)
    }

    fn known(network: u8, account: u64) -> Turn {
        turn(Standing::Known, network, account)
    }

    fn rest(queue: &HashQueue<&'static str>) -> Vec<&'static str> {
        queue.close();
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn networks_take_turns() {
        let queue = HashQueue::new(9);
        for (turn, job) in [(stranger(1, 1), "a1"), (stranger(1, 2), "a2"), (stranger(1, 3), "a3")] {
            queue.push(turn, job).unwrap();
        }
        queue.push(stranger(2, 4), "b1").unwrap();
        queue.push(stranger(2, 5), "b2").unwrap();
        assert_eq!(rest(&queue), ["a1", "b1", "a2", "b2", "a3"]);
    }

    #[test]
    fn accounts_take_turns_wherever_they_are_tried_from() {
        let queue = HashQueue::new(9);
        for (network, job) in [(1, "guess 1"), (2, "guess 2"), (3, "guess 3")] {
            queue.push(stranger(network, 7), job).unwrap();
        }
        queue.push(stranger(4, 8), "another").unwrap();
        assert_eq!(rest(&queue), ["guess 1", "another", "guess 2", "guess 3"]);
    }

    #[test]
    fn the_known_go_first_and_strangers_have_their_turn() {
        let queue = HashQueue::new(99);
        queue.push(stranger(1, 1), "stranger").unwrap();
        for account in 0..20 {
            queue.push(known(2, 100 + account), "known").unwrap();
        }
        let order = rest(&queue);
        assert_eq!(order.iter().position(|job| *job == "stranger"), Some(8));
        assert_eq!(order.len(), 21);
    }

    #[test]
    fn a_full_queue_drops_whoever_would_be_last() {
        let queue = HashQueue::new(2);
        queue.push(stranger(1, 1), "a1").unwrap();
        queue.push(stranger(1, 2), "a2").unwrap();
        assert_eq!(queue.push(stranger(1, 3), "a3"), Err(Full));
        queue.push(stranger(2, 4), "b1").unwrap();
        assert_eq!(queue.push(stranger(2, 5), "b2"), Err(Full));
        queue.push(known(1, 6), "known").unwrap();
        assert_eq!(queue.waiting(), 2);
        assert_eq!(rest(&queue), ["known", "a1"]);
    }

    #[test]
    fn nobody_who_waits_is_overtaken_by_those_who_come_later_because_something_was_forgotten() {
        let queue = HashQueue::new(99);
        for account in 0..8 {
            queue.push(stranger(1, account), "first").unwrap();
        }
        queue.forget_half();
        for account in 10..14 {
            queue.push(stranger(1, account), "later").unwrap();
        }
        let order = rest(&queue);
        assert!(order[..8].iter().all(|job| *job == "first"), "{order:?}");
    }

    #[test]
    fn whoever_has_had_much_lately_waits_until_that_is_forgotten() {
        let queue = HashQueue::new(9);
        for account in 0..4 {
            queue.push(stranger(1, account), "flood").unwrap();
            assert_eq!(queue.pop(), Some("flood"));
        }
        queue.push(stranger(1, 10), "more of it").unwrap();
        queue.push(stranger(2, 11), "somebody").unwrap();
        assert_eq!((queue.pop(), queue.pop()), (Some("somebody"), Some("more of it")));
        for _ in 0..3 {
            queue.forget_half();
        }
        queue.push(stranger(1, 12), "later").unwrap();
        queue.push(stranger(3, 13), "somebody").unwrap();
        assert_eq!(rest(&queue), ["later", "somebody"]);
    }
}
