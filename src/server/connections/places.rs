//! Places for connections, in all and for each client, so that nobody can take all of them.
//!
//! When they are taken, newcomers wait in a line, and whoever waits for his client makes room for them: first at the
//! client that has most connections, there whoever has waited longest. A connection whose request is in work is left
//! alone. A place that is free goes to the newcomer whose client has fewest.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ipnet::IpNet;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep};

use super::activity::Activity;
use crate::model::Network;

/// A connection that waits for less than this, in milliseconds, is left alone. So those with a bad line have time to say
/// what they want, and clients that come again and again cannot make the service do nothing else than greet them.
const UNDISTURBED: u64 = 2000;
/// The same where a client has more than his share of the places, and has had an answer: he could hold all of them by
/// asking for something now and then.
const HURRIED: u64 = 250;
/// While newcomers wait, how soon to look again for somebody who makes room.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// How many are asked to make room then.
const AT_ONCE: usize = 32;

/// How many places there are.
#[derive(Debug, Clone)]
pub(super) struct Room {
    /// In all; as many newcomers may wait in the line.
    pub(super) most: usize,
    /// For each client.
    pub(super) most_per_client: usize,
    /// Whoever asks for many clients, and may have all places.
    pub(super) proxies: Vec<IpNet>,
}

/// All places of a listener.
pub(super) struct Places {
    room: Room,
    state: Mutex<State>,
    epoch: Instant,
    undisturbed: u64,
    line_grew: Notify,
}

#[derive(Default)]
struct State {
    /// The connections of each client. One without any takes no memory.
    clients: HashMap<Network, Vec<Arc<Activity>>>,
    taken: usize,
    line: Vec<Newcomer>,
    closed: bool,
}

/// Somebody for whom there is no place.
struct Newcomer {
    client: Network,
    most: usize,
    give: oneshot::Sender<Place>,
}

/// What somebody finds who comes.
pub(super) enum Entry {
    /// A place.
    Place(Place),
    /// The line of those who wait for one. Whoever has to leave it gets none.
    Line(oneshot::Receiver<Place>),
    /// Not even that.
    Full,
}

/// A place that is taken, until this is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    client: Network,
    activity: Arc<Activity>,
}

impl Places {
    pub(super) fn new(room: Room) -> Arc<Self> {
        Self::with_patience(room, UNDISTURBED)
    }

    fn with_patience(room: Room, undisturbed: u64) -> Arc<Self> {
        let (state, epoch, line_grew) = (Mutex::default(), Instant::now(), Notify::new());
        Arc::new(Self { room, state, epoch, undisturbed, line_grew })
    }

    /// A place for one more connection, which waits for its client, or where to wait for one.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> Entry {
        let client = Network::of(address);
        let stands_for_many = self.room.proxies.iter().any(|network| network.contains(&address.to_canonical()));
        let most = if stands_for_many { self.room.most } else { self.room.most_per_client };
        let mut state = self.state();
        if state.closed {
            return Entry::Full;
        }
        // Nobody in the line could have it: he would.
        if state.taken < self.room.most && state.count(client) < most {
            return Entry::Place(self.place(&mut state, client));
        }
        if state.line.len() >= self.room.most && !state.shorten_line(client) {
            return Entry::Full;
        }
        let (give, place) = oneshot::channel();
        state.line.push(Newcomer { client, most, give });
        self.line_grew.notify_one();
        Entry::Line(place)
    }

    /// While newcomers wait, has others make room for them.
    pub(super) async fn keep_moving(&self) -> Infallible {
        loop {
            self.line_grew.notified().await;
            while self.make_room_for_line() {
                sleep(LOOK_AGAIN).await;
            }
        }
    }

    /// Asks a connection to leave that waits for its client, if there is one.
    pub(super) fn make_room(&self) {
        self.ask_one(&self.state(), None, 0);
    }

    /// From now on nobody comes in.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.line.clear();
    }

    /// Asks as many connections to leave as newcomers wait, but not all at once. Says whether any wait.
    fn make_room_for_line(&self) -> bool {
        let mut state = self.state();
        state.line.retain(|newcomer| !newcomer.give.is_closed());
        let leaving = state.clients.values().flatten().filter(|one| one.is_leaving()).count();
        let mut left = state.line.len().saturating_sub(leaving).min(AT_ONCE);
        let mut in_vain = HashSet::new();
        for newcomer in &state.line {
            if left == 0 {
                break;
            }
            let count = state.count(newcomer.client);
            let of = (count >= newcomer.most).then_some(newcomer.client);
            if in_vain.contains(&(of, count)) {
                continue;
            }
            match self.ask_one(&state, of, count) {
                true => left -= 1,
                false => drop(in_vain.insert((of, count))),
            }
        }
        !state.line.is_empty()
    }

    /// Asks one to leave for a newcomer of whose client so many connections are there: of this client, or of any that
    /// has not fewer.
    fn ask_one(&self, state: &State, of: Option<Network>, count: usize) -> bool {
        let Ok(now) = u64::try_from(self.epoch.elapsed().as_millis()) else {
            return false;
        };
        // With the newcomer's, who may be another client.
        let share = self.room.most / (state.clients.len() + 1);
        let longest = state
            .clients
            .iter()
            .filter(|(client, connections)| of.is_none_or(|of| of == **client) && connections.len() >= count)
            .filter_map(|(_, connections)| {
                let waits_enough = |one: &&Arc<Activity>| {
                    let hurried = connections.len() > share && one.requests() > 0;
                    let patience = if hurried { HURRIED.min(self.undisturbed) } else { self.undisturbed };
                    !one.is_leaving() && one.since().checked_add(patience).is_some_and(|until| until <= now)
                };
                let longest = connections.iter().filter(waits_enough).min_by_key(|one| one.since())?;
                Some((connections.len(), longest))
            })
            .max_by_key(|(count, longest)| (*count, u64::MAX - longest.since()));
        match longest {
            Some((_, activity)) => activity.ask_to_leave(),
            None => return false,
        }
        true
    }

    fn place(self: &Arc<Self>, state: &mut State, client: Network) -> Place {
        let activity = Activity::new(self.epoch);
        state.clients.entry(client).or_default().push(Arc::clone(&activity));
        state.taken += 1;
        Place { places: Arc::clone(self), client, activity }
    }

    /// Gives a free place to the newcomer who has fewest.
    fn hand_over(self: &Arc<Self>) {
        loop {
            let mut state = self.state();
            if state.taken >= self.room.most {
                return;
            }
            let Some(newcomer) = state.next_in_line() else {
                return;
            };
            let place = self.place(&mut state, newcomer.client);
            drop(state);
            // Whoever went away meanwhile leaves it to the next.
            if newcomer.give.send(place).is_ok() {
                return;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn count(&self, client: Network) -> usize {
        self.clients.get(&client).map_or(0, Vec::len)
    }

    fn next_in_line(&mut self) -> Option<Newcomer> {
        let may_enter = |newcomer: &Newcomer| self.count(newcomer.client) < newcomer.most;
        let waiting = self.line.iter().enumerate().filter(|(_, newcomer)| may_enter(newcomer));
        let (at, _) = waiting.min_by_key(|(at, newcomer)| (self.count(newcomer.client), *at))?;
        Some(self.line.remove(at))
    }

    /// Sends away the last of those whose client has most in the line, if this client has fewer.
    fn shorten_line(&mut self, client: Network) -> bool {
        self.line.retain(|newcomer| !newcomer.give.is_closed());
        let mut counts: HashMap<Network, usize> = HashMap::new();
        for newcomer in &self.line {
            *counts.entry(newcomer.client).or_default() += 1;
        }
        let own = counts.get(&client).copied().unwrap_or_default();
        let Some((greediest, count)) = counts.into_iter().max_by_key(|(_, count)| *count) else {
            return true;
        };
        if own + 1 >= count {
            return false;
        }
        let last = self.line.iter().rposition(|newcomer| newcomer.client == greediest);
        last.map(|at| self.line.remove(at)).is_some()
    }
}

impl Place {
    pub(super) fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.places.state();
        if let Some(connections) = state.clients.get_mut(&self.client) {
            connections.retain(|one| !Arc::ptr_eq(one, &self.activity));
            if connections.is_empty() {
                state.clients.remove(&self.client);
            }
        }
        state.taken = state.taken.saturating_sub(1);
        drop(state);
        self.places.hand_over();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    fn take(places: &Arc<Places>, address: &str) -> Option<Place> {
        match places.enter(address.parse().unwrap()) {
            Entry::Place(place) => Some(place),
            Entry::Line(_) | Entry::Full => None,
        }
    }

    fn wait(places: &Arc<Places>, address: &str) -> oneshot::Receiver<Place> {
        match places.enter(address.parse().unwrap()) {
            Entry::Line(place) => place,
            Entry::Place(_) => panic!("there was a place"),
            Entry::Full => panic!("there was no room in the line"),
        }
    }

    /// Whether a connection is asked to leave.
    async fn is_wanted(place: &Place) -> bool {
        timeout(Duration::ZERO, place.activity().wanted()).await.is_ok()
    }

    /// Nobody waits long enough to be asked to leave, or everybody does.
    fn places(most: usize, most_per_client: usize, undisturbed: u64) -> Arc<Places> {
        let room = Room { most, most_per_client, proxies: vec!["203.0.113.0/24".parse().unwrap()] };
        Places::with_patience(room, undisturbed)
    }

    #[tokio::test]
    async fn a_client_gets_its_share_and_gets_it_back() {
        let places = places(9, 2, u64::MAX);
        let first = take(&places, "192.0.2.1");
        let _second = take(&places, "::ffff:192.0.2.1").unwrap();
        assert!(take(&places, "192.0.2.1").is_none());
        assert!(take(&places, "192.0.2.2").is_some());
        drop(first);
        assert!(take(&places, "192.0.2.1").is_some());
    }

    #[tokio::test]
    async fn a_network_of_ipv6_is_one_client_and_a_proxy_many() {
        let places = places(9, 1, u64::MAX);
        let one = take(&places, "2001:db8:0:1::1").unwrap();
        assert!(take(&places, "2001:db8:0:1:ffff::2").is_none());
        assert!(take(&places, "2001:db8:0:2::1").is_some());
        let proxy: Vec<_> = (0..8).map(|_| take(&places, "::ffff:203.0.113.7").unwrap()).collect();
        assert!(take(&places, "203.0.113.7").is_none());
        drop((one, proxy));
        assert!(places.state().clients.is_empty());
        assert_eq!(places.state().taken, 0);
    }

    #[tokio::test]
    async fn whoever_has_waited_longest_makes_room_at_his_own_address() {
        let places = places(9, 3, 0);
        let works = take(&places, "192.0.2.1").unwrap();
        let first = take(&places, "192.0.2.1").unwrap();
        sleep(Duration::from_millis(10)).await;
        let second = take(&places, "192.0.2.1").unwrap();
        let working = works.activity().begins();
        let third = wait(&places, "192.0.2.1");
        assert!(places.make_room_for_line());
        assert!(is_wanted(&first).await && !is_wanted(&second).await && !is_wanted(&works).await);
        drop(first);
        let third = third.await.unwrap();
        let all = [second.activity().begins(), third.activity().begins(), working];
        let _fourth = wait(&places, "192.0.2.1");
        assert!(places.make_room_for_line());
        assert!(!is_wanted(&works).await && !is_wanted(&second).await && !is_wanted(&third).await);
        drop(all);
    }

    #[tokio::test]
    async fn the_client_with_most_connections_makes_room_for_others() {
        let places = places(3, 3, 0);
        let quiet = take(&places, "192.0.2.1").unwrap();
        sleep(Duration::from_millis(10)).await;
        let [first, second] = [take(&places, "192.0.2.2").unwrap(), take(&places, "192.0.2.2").unwrap()];
        let newcomer = wait(&places, "192.0.2.3");
        assert!(places.make_room_for_line());
        assert!(is_wanted(&first).await && !is_wanted(&second).await && !is_wanted(&quiet).await);
        drop(first);
        assert!(newcomer.await.is_ok());
    }

    #[tokio::test]
    async fn whoever_holds_all_places_by_asking_now_and_then_is_not_waited_for_long() {
        let places = places(4, 4, 60_000);
        let all: Vec<_> = (0..4).map(|_| take(&places, "192.0.2.2").unwrap()).collect();
        let _newcomer = wait(&places, "192.0.2.3");
        sleep(Duration::from_millis(HURRIED + 50)).await;
        // A client who has not asked yet may have a bad line.
        assert!(places.make_room_for_line());
        assert!(!is_wanted(&all[0]).await);
        drop(all[1].activity().begins());
        all[1].activity().waits();
        sleep(Duration::from_millis(HURRIED + 50)).await;
        assert!(places.make_room_for_line());
        assert!(is_wanted(&all[1]).await && !is_wanted(&all[0]).await);
    }

    #[tokio::test]
    async fn a_free_place_goes_to_the_newcomer_who_has_fewest_and_nobody_leaves_for_one_who_has_more() {
        let places = places(3, 9, 0);
        let greedy = [take(&places, "192.0.2.1").unwrap(), take(&places, "192.0.2.1").unwrap()];
        let modest = take(&places, "192.0.2.2").unwrap();
        let working = greedy.each_ref().map(|place| place.activity().begins());
        let more = wait(&places, "192.0.2.1");
        assert!(places.make_room_for_line());
        assert!(!is_wanted(&modest).await);
        let newcomer = wait(&places, "192.0.2.3");
        drop((working, greedy));
        assert!(newcomer.await.is_ok() && more.await.is_ok());
    }

    #[tokio::test]
    async fn the_line_is_as_long_as_there_are_places_and_shared_too() {
        let places = places(3, 9, u64::MAX);
        let _taken: Vec<_> = (0..3).map(|_| take(&places, "192.0.2.1").unwrap()).collect();
        let mut line: Vec<_> = (0..3).map(|_| wait(&places, "192.0.2.1")).collect();
        assert!(matches!(places.enter("192.0.2.1".parse().unwrap()), Entry::Full));
        let other = wait(&places, "192.0.2.2");
        assert!(line.pop().unwrap().await.is_err());
        places.close();
        assert!(other.await.is_err());
        assert!(matches!(places.enter("192.0.2.2".parse().unwrap()), Entry::Full));
    }
}
