//! Places for connections, in all and for each address, so that nobody can take all of them.
//!
//! When they are taken, whoever waits for his client makes room for newcomers: first at the address that has most
//! connections, there whoever has waited longest. A connection whose request is in work is left alone.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

/// A connection that waits for less than this, in milliseconds, is left alone. So clients that come again and again
/// cannot make the service do nothing else than greet them, and those with a bad line have time to say what they want.
const UNDISTURBED: u64 = 2000;
/// So is one that waits for less than this many times as long as clients took lately to say what they want: when very
/// many come at once, none of them is as quick as usual.
const PATIENCE: u64 = 3;
/// While every connection is in work or left alone, how soon to look for one that waits.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// The time of a connection that waits for nobody.
const IN_WORK: u64 = u64::MAX;

/// All places of a listener.
pub(in crate::server) struct Places {
    free: Arc<Semaphore>,
    most_per_address: usize,
    undisturbed: u64,
    /// The connections of each address. An address without one takes no memory.
    taken: Mutex<HashMap<IpAddr, Vec<Arc<Activity>>>>,
    pace: Arc<Pace>,
}

/// How quick clients are. Times are in milliseconds.
struct Pace {
    /// What times are counted from.
    epoch: Instant,
    /// How long clients took lately until their first request was there, on average.
    lately: AtomicU64,
}

/// What a connection does, as far as it is told here.
pub(in crate::server) struct Activity {
    pace: Arc<Pace>,
    /// Since when it waits for its client.
    waiting: AtomicU64,
    /// Whether its first request was there.
    asked: AtomicBool,
    wanted: Notify,
}

/// A place that is taken, until this is dropped.
pub(in crate::server) struct Place {
    places: Arc<Places>,
    client: IpAddr,
    activity: Arc<Activity>,
    _taken: OwnedSemaphorePermit,
}

impl Places {
    pub(in crate::server) fn new(most: usize, most_per_address: usize) -> Self {
        let free = Arc::new(Semaphore::new(most));
        let pace = Arc::new(Pace { epoch: Instant::now(), lately: AtomicU64::new(0) });
        Self { free, most_per_address, undisturbed: UNDISTURBED, taken: Mutex::default(), pace }
    }

    /// A place for one more connection, which waits for its client; it may take a moment until there is one. `None` if
    /// its address has as many as it may, and all of them are in work.
    pub(in crate::server) async fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let client = client(address);
        if self.count(client) >= self.most_per_address && !self.make_room(Some(client)) {
            return None;
        }
        let taken = loop {
            if let Ok(taken) = Arc::clone(&self.free).try_acquire_owned() {
                break taken;
            }
            self.make_room(None);
            if let Ok(taken) = timeout(LOOK_AGAIN, Arc::clone(&self.free).acquire_owned()).await {
                break taken.ok()?;
            }
        };
        let activity = Arc::new(Activity::new(&self.pace));
        self.taken().entry(client).or_default().push(Arc::clone(&activity));
        Some(Place { places: Arc::clone(self), client, activity, _taken: taken })
    }

    /// Asks a connection to leave that waits for its client, of this address if one is given. Says whether there is
    /// one.
    pub(in crate::server) fn make_room(&self, of: Option<IpAddr>) -> bool {
        let undisturbed = self.undisturbed.max(self.pace.lately.load(Ordering::Relaxed) * PATIENCE);
        let Some(before) = self.pace.now().checked_sub(undisturbed) else {
            return false;
        };
        let mut taken = self.taken();
        let longest = taken
            .iter()
            .filter(|(client, _)| of.is_none_or(|of| of == **client))
            .filter_map(|(client, connections)| {
                let (at, since) =
                    connections.iter().map(|one| one.since()).enumerate().min_by_key(|(_, since)| *since)?;
                (since <= before).then_some((connections.len(), u64::MAX - since, *client, at))
            })
            .max();
        let Some((_, _, client, at)) = longest else {
            return false;
        };
        if let Some(connections) = taken.get_mut(&client) {
            // It no longer counts, so that nobody asks it again.
            connections.swap_remove(at).wanted.notify_one();
            if connections.is_empty() {
                taken.remove(&client);
            }
        }
        true
    }

    fn count(&self, client: IpAddr) -> usize {
        self.taken().get(&client).map_or(0, Vec::len)
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<IpAddr, Vec<Arc<Activity>>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pace {
    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(IN_WORK)
    }

    /// A client took so long. The average is over some eight of them; that one may be lost now and then does not matter.
    fn note(&self, took: u64) {
        let lately = self.lately.load(Ordering::Relaxed);
        self.lately.store((lately * 7 + took) / 8, Ordering::Relaxed);
    }
}

impl Activity {
    fn new(pace: &Arc<Pace>) -> Self {
        let waiting = pace.now().into();
        Self { pace: Arc::clone(pace), waiting, asked: AtomicBool::new(false), wanted: Notify::new() }
    }

    fn since(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// From now on the connection waits for its client.
    pub(in crate::server) fn waits(&self) {
        self.waits_since(self.pace.now());
    }

    fn waits_since(&self, since: u64) {
        self.waiting.store(since, Ordering::Relaxed);
    }

    /// From now on the connection is in work.
    pub(in crate::server) fn works(&self) {
        let since = self.waiting.swap(IN_WORK, Ordering::Relaxed);
        if !self.asked.swap(true, Ordering::Relaxed) {
            self.pace.note(self.pace.now().saturating_sub(since));
        }
    }

    /// Resolves when the connection is to make room for another.
    pub(in crate::server) async fn wanted(&self) {
        self.wanted.notified().await;
    }
}

impl Place {
    pub(in crate::server) fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if let Some(connections) = taken.get_mut(&self.client) {
            connections.retain(|one| !Arc::ptr_eq(one, &self.activity));
            if connections.is_empty() {
                taken.remove(&self.client);
            }
        }
    }
}

/// A body that comes in. While it does not, its connection waits for its client, since the body was asked for: who sends
/// it byte by byte is not more patient with us than who sends nothing.
pub(in crate::server) struct Arriving {
    body: Pin<Box<dyn AsyncRead + Send>>,
    activity: Arc<Activity>,
    since: u64,
}

impl Arriving {
    pub(in crate::server) fn body(body: poem::Body, activity: Arc<Activity>) -> poem::Body {
        let since = activity.pace.now();
        poem::Body::from_async_read(Self { body: Box::pin(body.into_async_read()), activity, since })
    }
}

impl AsyncRead for Arriving {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let polled = self.body.as_mut().poll_read(context, to);
        match &polled {
            Poll::Pending => self.activity.waits_since(self.since),
            Poll::Ready(_) => self.activity.works(),
        }
        polled
    }
}

/// Whoever has one IPv6 address has the whole /64 around it (RFC 6177).
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn take(places: &Arc<Places>, address: &str) -> Option<Place> {
        places.take(address.parse().unwrap()).await
    }

    /// Whether a connection is asked to leave.
    async fn is_wanted(place: &Place) -> bool {
        timeout(Duration::ZERO, place.activity().wanted()).await.is_ok()
    }

    /// Nobody waits long enough to be asked to leave, or everybody does.
    fn places(most: usize, most_per_address: usize, undisturbed: u64) -> Arc<Places> {
        Arc::new(Places { undisturbed, ..Places::new(most, most_per_address) })
    }

    #[tokio::test]
    async fn an_address_gets_its_share_and_gets_it_back() {
        let places = places(9, 2, u64::MAX);
        let first = take(&places, "192.0.2.1").await;
        let _second = take(&places, "::ffff:192.0.2.1").await.unwrap();
        assert!(take(&places, "192.0.2.1").await.is_none());
        assert!(take(&places, "192.0.2.2").await.is_some());
        drop(first);
        assert!(take(&places, "192.0.2.1").await.is_some());
    }

    #[tokio::test]
    async fn a_network_of_ipv6_is_one_client() {
        let places = places(9, 1, u64::MAX);
        let one = take(&places, "2001:db8:0:1::1").await.unwrap();
        assert!(take(&places, "2001:db8:0:1:ffff::2").await.is_none());
        assert!(take(&places, "2001:db8:0:2::1").await.is_some());
        drop(one);
        assert!(places.taken().is_empty());
        assert_eq!(places.free.available_permits(), 9);
    }

    #[tokio::test]
    async fn whoever_has_waited_longest_makes_room_at_his_own_address() {
        let places = places(9, 3, 0);
        let works = take(&places, "192.0.2.1").await.unwrap();
        let first = take(&places, "192.0.2.1").await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
        let second = take(&places, "192.0.2.1").await.unwrap();
        works.activity().works();
        let third = take(&places, "192.0.2.1").await.unwrap();
        assert!(is_wanted(&first).await && !is_wanted(&second).await);
        second.activity().works();
        third.activity().works();
        assert!(take(&places, "192.0.2.1").await.is_none());
        assert!(!is_wanted(&works).await && !is_wanted(&second).await && !is_wanted(&third).await);
    }

    #[tokio::test]
    async fn the_address_with_most_connections_makes_room_for_others() {
        let places = places(3, 3, 0);
        let quiet = take(&places, "192.0.2.1").await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
        let greedy = [take(&places, "192.0.2.2").await.unwrap(), take(&places, "192.0.2.2").await.unwrap()];
        let leaving = async {
            let [first, second] = greedy;
            first.activity().wanted().await;
            drop(first);
            second
        };
        let (newcomer, _greedy) = tokio::join!(take(&places, "192.0.2.3"), leaving);
        assert!(newcomer.is_some() && !is_wanted(&quiet).await);
    }

    #[tokio::test]
    async fn when_clients_are_slow_lately_more_patience_is_had_with_all_of_them() {
        let places = places(1, 1, 0);
        let only = take(&places, "192.0.2.1").await.unwrap();
        (0..50).for_each(|_| places.pace.note(10_000));
        assert!(!places.make_room(None) && !is_wanted(&only).await);
        (0..50).for_each(|_| places.pace.note(0));
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(places.make_room(None) && is_wanted(&only).await);
    }

    #[tokio::test]
    async fn when_all_are_in_work_a_newcomer_waits_for_the_first_that_is_not() {
        let places = places(1, 1, 0);
        let only = take(&places, "192.0.2.1").await.unwrap();
        only.activity().works();
        let served = async {
            tokio::time::sleep(LOOK_AGAIN * 3).await;
            assert!(!is_wanted(&only).await);
            only.activity().waits();
            only.activity().wanted().await;
            drop(only);
        };
        let (newcomer, ()) = tokio::join!(take(&places, "192.0.2.2"), served);
        assert!(newcomer.is_some());
    }
}
