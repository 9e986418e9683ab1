//! A thousand clients that are slow and two hundred that are greedy, from several addresses, over TLS.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::{
    Answers, Besieged, GUARD, Others, connect, long, outside, peacefully, print, print_medians, server_name, source,
};

/// How a client holds the service up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Siege {
    /// Begins a handshake, and says no more.
    Handshake,
    /// Sends a head byte by byte.
    Head,
    /// Sends a body byte by byte.
    Body,
    /// Sends a body without end, as fast as it can.
    Greedy,
}

/// How often it goes on with it, one byte each time.
const DRIP: Duration = Duration::from_millis(300);
/// How long it stays away when the service has closed its connection.
const BACK: Duration = Duration::from_secs(1);

/// Who besieges, and how.
struct Besieger {
    siege: Siege,
    from: IpAddr,
    to: SocketAddr,
    tls: TlsConnector,
    lifted: Arc<AtomicBool>,
    /// Counts the connections of his kind that were closed.
    closed: Arc<AtomicUsize>,
}

impl Besieger {
    /// Comes again and again. How long it was let be each time, from when its deadline began.
    async fn go_on(self) -> Vec<Duration> {
        let mut let_be = Vec::new();
        while !self.lifted.load(Ordering::Relaxed) {
            // No connection, or none that lasted: there was nothing to hold on to.
            if let Ok(time) = self.connection().await
                && !self.lifted.load(Ordering::Relaxed)
            {
                let_be.push(time);
                self.closed.fetch_add(1, Ordering::Relaxed);
            }
            tokio::time::sleep(BACK).await;
        }
        let_be
    }

    async fn connection(&self) -> std::io::Result<Duration> {
        let mut stream = connect(self.from, self.to).await?;
        if self.siege == Siege::Handshake {
            let begun = Instant::now();
            // A record of a handshake is to follow, of 256 bytes (RFC 8446, section 5.1).
            stream.write_all(&[22, 3, 1, 1, 0]).await?;
            return Ok(self.until_closed(stream, begun).await);
        }
        let mut stream = self.tls.connect(server_name(), stream).await?;
        let begun = Instant::now();
        let head = match self.siege {
            Siege::Handshake | Siege::Head => "GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ",
            Siege::Body => "POST /v1/auth HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n{\"username\": \"",
            Siege::Greedy => "POST /v1/auth HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        };
        stream.write_all(head.as_bytes()).await?;
        stream.flush().await?;
        Ok(self.until_closed(stream, begun).await)
    }

    /// Holds the service up until the connection is closed, in whatever way.
    async fn until_closed<S: AsyncRead + AsyncWrite>(&self, stream: S, begun: Instant) -> Duration {
        let (mut answer, mut stream) = tokio::io::split(stream);
        let closed = async {
            let mut part = [0; 512];
            while answer.read(&mut part).await.is_ok_and(|length| length > 0) {}
        };
        let sending = async {
            match self.siege {
                Siege::Greedy => {
                    let chunk = [b"1000\r\n".as_slice(), &[b' '; 0x1000], b"\r\n"].concat();
                    while stream.write_all(&chunk).await.is_ok() {}
                }
                _ => loop {
                    tokio::time::sleep(DRIP).await;
                    if self.siege != Siege::Handshake
                        && (stream.write_all(b"a").await.is_err() || stream.flush().await.is_err())
                    {
                        return;
                    }
                },
            }
        };
        let lifted = async {
            while !self.lifted.load(Ordering::Relaxed) {
                tokio::time::sleep(DRIP).await;
            }
        };
        tokio::select! {
            () = closed => {}
            () = sending => {}
            () = lifted => {}
        }
        begun.elapsed()
    }
}

/// Many besiegers, from several addresses.
struct Army {
    running: Vec<(Siege, tokio::task::JoinHandle<Vec<Duration>>)>,
    lifted: Arc<AtomicBool>,
    /// How many connections were closed, by their kind.
    closed: HashMap<Siege, Arc<AtomicUsize>>,
}

impl Army {
    fn gather(of: &Besieged, numbers: &[(Siege, usize)], addresses: &[IpAddr]) -> Self {
        let tls = of.tls();
        let lifted = Arc::new(AtomicBool::new(false));
        let closed: HashMap<Siege, Arc<AtomicUsize>> =
            numbers.iter().map(|(siege, _)| (*siege, Arc::default())).collect();
        let each = numbers.iter().flat_map(|(siege, count)| std::iter::repeat_n(*siege, *count));
        let running = each.enumerate().map(|(number, siege)| {
            let from = addresses[number % addresses.len()];
            let (tls, lifted, closed) = (tls.clone(), Arc::clone(&lifted), Arc::clone(&closed[&siege]));
            let besieger = Besieger { siege, from, to: of.address(), tls, lifted, closed };
            (siege, outside().spawn(besieger.go_on()))
        });
        Self { running: running.collect(), lifted, closed }
    }

    /// Waits until the service has closed a connection of each kind, however slow the machine is.
    async fn was_sent_away(&self) {
        let kinds = || self.closed.values();
        while kinds().any(|closed| closed.load(Ordering::Relaxed) == 0) {
            tokio::time::sleep(DRIP).await;
        }
    }

    /// Goes home. How long connections lasted, by their kind.
    async fn leave(self) -> Vec<(Siege, Vec<Duration>)> {
        self.lifted.store(true, Ordering::Relaxed);
        let mut all: Vec<(Siege, Vec<Duration>)> = Vec::new();
        for (siege, running) in self.running {
            let times = timeout(GUARD, running).await.unwrap().unwrap();
            match all.iter_mut().find(|(known, _)| *known == siege) {
                Some((_, known)) => known.extend(times),
                None => all.push((siege, times)),
            }
        }
        all
    }
}

/// Besieges a service with these settings for a while, in which the others ask. Deadlines are those of handshakes and
/// heads, and of bodies, in seconds.
async fn besiege(
    settings: &[&str],
    numbers: &[(Siege, usize)],
    addresses: &[IpAddr],
    deadlines: [u64; 2],
    time: Duration,
) -> Vec<Answers> {
    let besieged = Besieged::start(settings).await;
    let army = Army::gather(&besieged, numbers, addresses);
    // Until all of them are there.
    tokio::time::sleep(time / 4).await;
    let others = Others::ask(&besieged);
    let load = besieged.load(time).await;
    timeout(GUARD, army.was_sent_away()).await.unwrap();
    let answers = others.stop();
    print(&answers);
    println!("  {}; {:.0} % of a core", besieged.stays_small(), load * 100.0);
    for (siege, lasted) in army.leave().await {
        let longest = lasted.iter().max().copied().unwrap_or_default();
        println!("  {siege:?}: {} connections closed by the service, the longest after {longest:.1?}", lasted.len());
        let deadline = if siege == Siege::Body { deadlines[1] } else { deadlines[0] };
        assert!(!lasted.is_empty(), "{siege:?}: the service closes none");
        assert!(longest < Duration::from_secs(deadline) + GUARD / 2, "{siege:?}: {longest:?}");
    }
    answers
}

/// A thousand slow ones and two hundred greedy ones, or a part of that.
fn army(part: usize) -> [(Siege, usize); 4] {
    let numbers = [(Siege::Handshake, 300), (Siege::Head, 400), (Siege::Body, 300), (Siege::Greedy, 200)];
    numbers.map(|(siege, count)| (siege, count / part))
}

#[test]
fn slow_and_greedy_clients_are_sent_away_and_the_others_are_served() {
    let several: Vec<_> = (0..12).map(source).collect();
    let home = ["127.0.0.1".parse().unwrap()];
    let Some(seconds) = long() else {
        // More than there are places.
        let places = ["--max-connections=96", "--max-connections-per-address=96"];
        let deadlines = ["--tls-handshake-timeout=3s", "--header-timeout=3s", "--body-timeout=3s"];
        let settings = [&places[..], &deadlines[..]].concat();
        peacefully(besiege(&settings, &army(10), &several[..3], [3, 3], Duration::from_secs(4)));
        return;
    };
    let few = ["--max-connections=600"];
    for (what, settings, addresses) in [
        ("the usual settings, from 12 addresses", &[][..], &several[..]),
        // Otherwise whoever asks would be slowed for what the greedy ones send from the same address.
        (
            "no rate limits, all from the address of those who ask",
            &["--rate-limit=off", "--max-connections-per-address=1500"],
            &home,
        ),
        ("half as many places as clients, from 12 addresses", &few, &several),
    ] {
        let mut runs = Vec::new();
        for run in 1..=3 {
            println!("1000 slow and 200 greedy clients, {what}, run {run}:");
            let time = Duration::from_secs(seconds);
            runs.push(peacefully(besiege(settings, &army(1), addresses, [10, 20], time)));
        }
        print_medians(&runs);
    }
}
