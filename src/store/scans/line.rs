//! The line of those who wait to scan: how long it may be, and who is next.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use super::Asker;

/// How much there is to share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Scans that run at the same time.
    pub(super) running: usize,
    /// Scans that have begun and not ended: those that run, that let others go first, that wait for their clients.
    pub(super) begun: usize,
    /// Scans that wait to begin.
    pub(super) waiting: usize,
    /// The same, of one asker.
    pub(super) waiting_each: usize,
    /// Bytes of answers that wait for their clients.
    pub(super) bytes: usize,
}

impl Limits {
    /// Nobody has more than half of all scans that have begun.
    fn begun_each(&self) -> usize {
        (self.begun / 2).max(1)
    }

    /// Nobody has more than a quarter of all bytes.
    fn bytes_each(&self) -> usize {
        self.bytes / 4
    }
}

/// How long a client may take nothing of its answer when others need the thread that waits for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// Who waits, runs and holds what. `J` is what is to be done in a scan.
pub(super) struct Line<J> {
    limits: Limits,
    shares: HashMap<Asker, Share<J>>,
    waiting: usize,
    running: usize,
    begun: usize,
    bytes: usize,
    last_number: u64,
    /// Those whose turn it is, still without a thread.
    next: VecDeque<(Asker, u64, J)>,
    /// Those whose turn it is once more.
    resumed: HashSet<u64>,
    /// Those that wait for their clients, and since when these have taken nothing.
    stalled: Vec<(u64, Instant)>,
    /// Those that were given up for others, and have not ended yet.
    leaving: HashSet<u64>,
}

/// What one asker has.
struct Share<J> {
    /// Places in the line, also reserved ones.
    places: usize,
    waiting: VecDeque<(u64, J)>,
    /// Those that have begun, and wait for their turn to go on.
    paused: VecDeque<u64>,
    begun: usize,
    bytes: usize,
    /// How long his scans have run, from when he came; whoever comes later starts with the least of all.
    used: Duration,
}

impl<J> Share<J> {
    fn is_over(&self) -> bool {
        self.places == 0 && self.begun == 0 && self.bytes == 0
    }
}

impl<J> Line<J> {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            shares: HashMap::new(),
            waiting: 0,
            running: 0,
            begun: 0,
            bytes: 0,
            last_number: 0,
            next: VecDeque::new(),
            resumed: HashSet::new(),
            stalled: Vec::new(),
            leaving: HashSet::new(),
        }
    }

    /// Takes a place in the line; `false` if it, or the asker's part of it, is full.
    pub(super) fn reserve(&mut self, asker: Asker) -> bool {
        let least = self.shares.values().map(|share| share.used).min().unwrap_or_default();
        if self.waiting >= self.limits.waiting {
            return false;
        }
        let share = self.shares.entry(asker).or_insert_with(|| Share {
            places: 0,
            waiting: VecDeque::new(),
            paused: VecDeque::new(),
            begun: 0,
            bytes: 0,
            used: least,
        });
        if share.places >= self.limits.waiting_each {
            return false;
        }
        share.places += 1;
        self.waiting += 1;
        true
    }

    /// Gives back a place that nothing waits in.
    pub(super) fn give_back(&mut self, asker: Asker) {
        self.waiting -= 1;
        self.settle(asker, |share| share.places -= 1);
    }

    /// Waits in a reserved place. Returns the scan's number.
    pub(super) fn wait(&mut self, asker: Asker, job: J) -> u64 {
        self.last_number += 1;
        if let Some(share) = self.shares.get_mut(&asker) {
            share.waiting.push_back((self.last_number, job));
        }
        self.last_number
    }

    /// Forgets a scan that has not begun, if it has not.
    pub(super) fn withdraw(&mut self, asker: Asker, number: u64) {
        let Some(share) = self.shares.get_mut(&asker) else {
            return;
        };
        let before = share.waiting.len();
        share.waiting.retain(|(known, _)| *known != number);
        if share.waiting.len() < before {
            self.give_back(asker);
        }
    }

    /// Says whose turn it is, as far as there is room: whoever has run the shortest time.
    pub(super) fn choose(&mut self) {
        while self.running < self.limits.running {
            let Some(asker) = self.first(None).map(|(asker, _)| asker) else {
                return;
            };
            let Some(share) = self.shares.get_mut(&asker) else {
                return;
            };
            self.running += 1;
            if let Some(number) = share.paused.pop_front() {
                self.resumed.insert(number);
            } else if let Some((number, job)) = share.waiting.pop_front() {
                share.places -= 1;
                share.begun += 1;
                self.waiting -= 1;
                self.begun += 1;
                self.next.push_back((asker, number, job));
            }
        }
    }

    /// Who is first of those that can go on, and how long he has run; `but` is left out.
    fn first(&self, but: Option<Asker>) -> Option<(Asker, Duration)> {
        let room = self.begun < self.limits.begun;
        let ready = self.shares.iter().filter(|(asker, share)| {
            Some(**asker) != but && (!share.paused.is_empty() || (room && self.may_begin(share)))
        });
        ready.map(|(asker, share)| (*asker, share.used)).min_by_key(|(_, used)| *used)
    }

    fn may_begin(&self, share: &Share<J>) -> bool {
        !share.waiting.is_empty() && share.begun < self.limits.begun_each()
    }

    /// Those whose turn has come and who need a thread.
    pub(super) fn next(&mut self) -> Option<(Asker, u64, J)> {
        self.next.pop_front()
    }

    /// How many need a thread.
    pub(super) fn need_threads(&self) -> usize {
        self.next.len()
    }

    /// Whether anybody was told to go on who may not know it yet.
    pub(super) fn has_resumed(&self) -> bool {
        !self.resumed.is_empty()
    }

    /// Whether it is this scan's turn once more; if so, it has it from now on.
    pub(super) fn resumes(&mut self, number: u64) -> bool {
        self.resumed.remove(&number)
    }

    /// Whether anybody waits for a turn.
    pub(super) fn is_wanted(&self) -> bool {
        self.shares.values().any(|share| !share.waiting.is_empty() || !share.paused.is_empty())
    }

    /// Adds to the time that an asker's scans have run.
    pub(super) fn charge(&mut self, asker: Asker, time: Duration) {
        if let Some(share) = self.shares.get_mut(&asker) {
            share.used += time;
        }
    }

    /// Whether somebody else is to go before this asker.
    pub(super) fn should_give_way(&self, asker: Asker) -> bool {
        let used = self.shares.get(&asker).map_or(Duration::ZERO, |share| share.used);
        self.first(Some(asker)).is_some_and(|(_, least)| least < used)
    }

    /// A scan that runs lets others go first, until it is its turn again.
    pub(super) fn pause(&mut self, asker: Asker, number: u64) {
        self.running -= 1;
        self.ask_for_turn(asker, number);
    }

    fn ask_for_turn(&mut self, asker: Asker, number: u64) {
        if let Some(share) = self.shares.get_mut(&asker) {
            share.paused.push_back(number);
        }
    }

    /// A paused scan goes on without waiting for its turn: only to end.
    pub(super) fn resume_to_end(&mut self, asker: Asker, number: u64) {
        if let Some(share) = self.shares.get_mut(&asker) {
            share.paused.retain(|paused| *paused != number);
        }
        self.running += 1;
    }

    /// A scan that runs has ended.
    pub(super) fn end(&mut self, asker: Asker, number: u64) {
        self.running -= 1;
        self.begun -= 1;
        self.leaving.remove(&number);
        self.settle(asker, |share| share.begun -= 1);
    }

    /// Takes bytes for a part of an answer, if there is room; there always is when its client has taken all before.
    pub(super) fn hold(&mut self, asker: Asker, bytes: usize, held_by_answer: usize) -> bool {
        let all = self.bytes + bytes <= self.limits.bytes;
        let Some(share) = self.shares.get_mut(&asker) else {
            return false;
        };
        if held_by_answer > 0 && !(all && share.bytes + bytes <= self.limits.bytes_each()) {
            return false;
        }
        share.bytes += bytes;
        self.bytes += bytes;
        true
    }

    /// Gives bytes back.
    pub(super) fn release(&mut self, asker: Asker, bytes: usize) {
        self.bytes -= bytes;
        self.settle(asker, |share| share.bytes -= bytes);
    }

    /// A scan that runs waits for its client from now on, and lets others run.
    pub(super) fn stall(&mut self, number: u64, now: Instant) {
        self.running -= 1;
        self.stalled.push((number, now));
    }

    /// Its client has taken something.
    pub(super) fn note_progress(&mut self, number: u64, now: Instant) {
        self.stalled.iter_mut().filter(|(stalled, _)| *stalled == number).for_each(|(_, since)| *since = now);
    }

    /// It waits no longer for its client, but for its turn.
    pub(super) fn unstall(&mut self, asker: Asker, number: u64) {
        self.stalled.retain(|(stalled, _)| *stalled != number);
        self.ask_for_turn(asker, number);
    }

    /// Whether this scan is given up because others need its thread: its client has taken nothing for the longest time.
    pub(super) fn makes_room(&mut self, number: u64, now: Instant) -> bool {
        let full = self.begun - self.leaving.len() >= self.limits.begun;
        let needed = full && self.shares.values().any(|share| self.may_begin(share));
        let slowest = self.stalled.iter().min_by_key(|(_, since)| *since);
        let leaves = needed && slowest.is_some_and(|(slowest, since)| *slowest == number && now - *since > PATIENCE);
        if leaves {
            self.leaving.insert(number);
        }
        leaves
    }

    /// Changes what an asker has, and forgets him when that is nothing.
    fn settle(&mut self, asker: Asker, change: impl FnOnce(&mut Share<J>)) {
        if let Some(share) = self.shares.get_mut(&asker) {
            change(share);
            if share.is_over() {
                self.shares.remove(&asker);
            }
        }
    }
}

#[cfg(test)]
mod tests;
