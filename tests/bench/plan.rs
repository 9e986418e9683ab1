//! What is measured against what, and what is hoped for.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::bare::{ADDRESS, BODY};
use super::site::{Disk, GROUP_CHILDREN, GROUPS, PASSWORD, Service, Site, memory, processor_time};
use super::table::{Goal, Row, Table, median, note, progress};
use super::wrk::{self, Ask, Seen};
use super::{Failure, Scale, raw};

/// How many answers are in work at the same time where a client does not wait for others.
pub(super) const FEW: usize = 8;
const MANY: usize = 64;
/// How long an answer may take that takes longer than a measurement.
const PATIENCE: Duration = Duration::from_secs(30);
const STARTS: usize = 5;
const SEARCHES: usize = 5;

/// One round of a row: the ratio, and what was seen of the service.
pub(super) type Round = (f64, Option<(Seen, Duration)>);

pub(super) struct Bench<'a> {
    pub(super) scale: &'a Scale,
    pub(super) table: Table,
    large: (Site, Service),
    middle: (Site, Service),
    small: (Site, Service),
    bare: Bare,
    /// Numbers for names that were not there before.
    fresh: usize,
}

struct Bare {
    child: Child,
    url: String,
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn run(scale: &Scale) -> Result<Table, Failure> {
    let mut table = Table::default();
    let open = |children: usize| -> Result<(Site, Service), Failure> {
        progress(&format!("Making a district of {children} children"));
        let site = Site::new(children)?;
        let service = Service::start(site.path(), Disk::AsItIs)?;
        Ok((site, service))
    };
    let large = open(scale.users)?;
    let idle = memory(large.1.process())?;
    let (middle, small) = (open(10_000)?, open(100)?);
    let bare = Bare::start(&large.0)?;
    table.fact("memory of the service when idle", format!("{idle:.1} MiB"));
    let mut bench = Bench { scale, table, large, middle, small, bare, fresh: 0 };
    bench.views()?;
    bench.lists()?;
    bench.log_ins()?;
    bench.changes()?;
    bench.beside()?;
    bench.backups()?;
    bench.rosters()?;
    bench.tracking()?;
    bench.wearables()?;
    let busy = memory(bench.large.1.process())?;
    bench.table.fact("memory after all of this", format!("{busy:.1} MiB"));
    let Bench { scale, mut table, large: (site, service), .. } = bench;
    service.stop()?;
    starts(scale, &mut table, &site)?;
    let binary = std::fs::metadata(env!("CARGO_BIN_EXE_ocariot-users"))?.len();
    table.fact("the binary", format!("{:.1} MiB", binary as f64 / 1024.0 / 1024.0));
    table.fact("cores", raw::cores().to_string());
    Ok(table)
}

impl Bare {
    fn start(site: &Site) -> Result<Self, Failure> {
        let address =
            SocketAddr::from(([127, 0, 0, 1], std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port()));
        std::fs::write(site.path().join(ADDRESS), address.to_string())?;
        let child = site.children.first().ok_or("no children")?;
        let body = serde_json::json!({
            "id": child, "type": "child", "username": "BR00000", "gender": "female", "age": "6", "fitbit_status": "none",
        });
        std::fs::write(site.path().join(BODY), body.to_string())?;
        let child = Command::new(std::env::current_exe()?).arg("--bare").arg(site.path()).spawn()?;
        let mut bare = Self { child, url: format!("https://localhost:{}", address.port()) };
        let patience = Instant::now() + Duration::from_secs(30);
        while std::net::TcpStream::connect(address).is_err() {
            if bare.child.try_wait()?.is_some() || Instant::now() > patience {
                return Err("the bare handler does not start".into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(bare)
    }
}

/// Loads a service, and looks at what it takes.
fn load(
    service: &Service,
    folder: &Path,
    connections: usize,
    seconds: Duration,
    asks: &[Ask],
) -> Result<(Seen, Duration), Failure> {
    let before = processor_time(service.process())?;
    // A long answer of a program that is not optimised may need more time than it has.
    let seen = match wrk::start(folder, &service.url, connections, seconds, asks)?.seen_if_any()? {
        Some(seen) => seen,
        None => wrk::start(folder, &service.url, connections, PATIENCE.max(seconds), asks)?.seen()?,
    };
    let spent = processor_time(service.process())?.saturating_sub(before);
    Ok((seen, spent.div_f64(seen.answers as f64)))
}

impl Bench<'_> {
    pub(super) fn wanted(&self, name: &str) -> bool {
        self.scale.only.as_ref().is_none_or(|only| name.contains(only.as_str()))
    }

    /// Measures a row in all rounds.
    pub(super) fn row(
        &mut self,
        name: impl Into<String>,
        goal: Goal,
        mut round: impl FnMut(&mut Self) -> Result<Round, Failure>,
    ) -> Result<(), Failure> {
        let name = name.into();
        if !self.wanted(&name) {
            return Ok(());
        }
        let mut row = Row { name, goal, ratios: Vec::new(), seen: Vec::new() };
        for number in 1..=self.scale.rounds {
            progress(&format!("{} ({number}/{})", row.name, self.scale.rounds));
            let (ratio, seen) = round(self)?;
            row.ratios.push(ratio);
            row.seen.extend(seen);
        }
        self.table.rows.push(row);
        Ok(())
    }

    pub(super) fn small(&self) -> &(Site, Service) {
        &self.small
    }

    pub(super) fn large(&self) -> &(Site, Service) {
        &self.large
    }

    fn bare(&self, asks: &[Ask]) -> Result<Seen, Failure> {
        wrk::start(self.large.0.path(), &self.bare.url, FEW, self.scale.seconds, asks)?.seen()
    }

    pub(super) fn load(
        &self,
        (site, service): &(Site, Service),
        connections: usize,
        asks: &[Ask],
    ) -> Result<(Seen, Duration), Failure> {
        load(service, site.path(), connections, self.scale.seconds, asks)
    }

    fn views(&mut self) -> Result<(), Failure> {
        let view = |site: &Site| vec![Ask::get(format!("/v1/children/{}", site.children[0]), &site.admin)];
        let users = self.scale.users;
        let mut of_size = |name: String, goal, pick: fn(&Self) -> &(Site, Service)| {
            self.row(name, goal, move |bench| {
                let asks = view(&pick(bench).0);
                let bare = bench.bare(&asks)?;
                let seen = bench.load(pick(bench), FEW, &asks)?;
                Ok((seen.0.rate / bare.rate, Some(seen)))
            })
        };
        of_size("view, 100 children, against the bare handler".to_owned(), Goal::None, |bench| &bench.small)?;
        of_size("view, 10000 children, against the bare handler".to_owned(), Goal::None, |bench| &bench.middle)?;
        of_size(format!("view, {users} children, against the bare handler"), Goal::AtLeast(0.4), |bench| &bench.large)?;
        self.row("views by many callers in turn, against the bare handler", Goal::AtLeast(0.33), |bench| {
            let Site { children, callers, .. } = &bench.large.0;
            let asks: Vec<_> = callers
                .iter()
                .zip(children.iter().cycle().step_by(7))
                .map(|(token, child)| Ask::get(format!("/v1/children/{child}"), token))
                .collect();
            let bare = bench.bare(&asks)?;
            let seen = bench.load(&bench.large, FEW, &asks)?;
            Ok((seen.0.rate / bare.rate, Some(seen)))
        })
    }

    fn lists(&mut self) -> Result<(), Failure> {
        self.row(
            "children?limit=100, against the same by SQLite, cipher and serde_json",
            Goal::AtLeast(0.6),
            |bench| {
                let bare = raw::pages(&bench.large.0, bench.scale.seconds)?;
                let seen =
                    bench.load(&bench.large, FEW, &[Ask::get("/v1/children?limit=100", &bench.large.0.admin)])?;
                Ok((seen.0.rate / bare, Some(seen)))
            },
        )?;
        let users = self.scale.users;
        let mut first_page = |name: String, path: fn(&Site) -> String| {
            self.row(name, Goal::AtMost(1.5), move |bench| {
                let ask = |site: &Site| [Ask::get(path(site), &site.admin)];
                let few = bench.load(&bench.middle, 1, &ask(&bench.middle.0))?;
                let seen = bench.load(&bench.large, 1, &ask(&bench.large.0))?;
                Ok((few.0.rate / seen.0.rate, Some(seen)))
            })
        };
        first_page(format!("first page of {users} children, time against that of 10000"), |_| {
            "/v1/children?limit=100".to_owned()
        })?;
        first_page(format!("first page of a school among {users} children, time against among 10000"), |site| {
            format!("/v1/children?limit=100&institution={}", site.institution)
        })?;
        let name =
            |users| format!("children?username=*BR00*&sort=username of {users}, time against decrypting all names");
        let mut search = |name: String, goal, pick: fn(&Self) -> &(Site, Service)| {
            self.row(name, goal, move |bench| {
                let (site, _) = pick(bench);
                let times = (0..SEARCHES).map(|_| raw::decrypt_all(site)).collect::<Result<Vec<_>, _>>()?;
                let bare = median(&times, Ord::cmp).unwrap_or_default();
                let asks = [Ask::get("/v1/children?username=*BR00*&sort=username", &site.admin)];
                let seen = bench.load(pick(bench), 1, &asks)?;
                Ok((1.0 / seen.0.rate / bare.as_secs_f64(), Some(seen)))
            })
        };
        search(name(10_000), Goal::AtMost(2.5), |bench| &bench.middle)?;
        search(name(users), Goal::None, |bench| &bench.large)?;
        self.row(
            "educators?limit=100, time of a nested child against a row of the children's list",
            Goal::AtMost(1.5),
            |bench| {
                let admin = bench.middle.0.admin.as_str();
                let page = bench.load(&bench.middle, 1, &[Ask::get("/v1/children?limit=100", admin)])?;
                let seen = bench.load(&bench.middle, 1, &[Ask::get("/v1/educators?limit=100", admin)])?;
                let nested = (100 * GROUPS * GROUP_CHILDREN) as f64;
                Ok((page.0.rate * 100.0 / (seen.0.rate * nested), Some(seen)))
            },
        )
    }

    fn log_ins(&mut self) -> Result<(), Failure> {
        fn asks(site: &Site) -> Vec<Ask> {
            (0..site.children.len().min(4096))
                .map(|number| Ask {
                    method: "POST",
                    path: "/v1/auth".to_owned(),
                    token: String::new(),
                    body: serde_json::json!({"username": format!("BR{number:05}"), "password": PASSWORD}).to_string(),
                })
                .collect()
        }
        self.row("log-ins, against argon2 alone on all cores", Goal::AtLeast(0.92), |bench| {
            let bare = raw::hashes(bench.scale.seconds)?;
            let seen = bench.load(&bench.large, 2 * FEW, &asks(&bench.large.0))?;
            Ok((seen.0.rate / bare, Some(seen)))
        })?;
        let name = format!("log-ins among {} children, against 100", self.scale.users);
        self.row(name, Goal::AtLeast(0.97), |bench| {
            let few = bench.load(&bench.small, 2 * FEW, &asks(&bench.small.0))?;
            let seen = bench.load(&bench.large, 2 * FEW, &asks(&bench.large.0))?;
            Ok((seen.0.rate / few.0.rate, Some(seen)))
        })?;
        self.row("new children, against argon2 alone on all cores", Goal::AtLeast(0.9), |bench| {
            let bare = raw::hashes(bench.scale.seconds)?;
            let asks: Vec<_> = (0..bench.scale.seconds.as_secs() * 4096).map(|_| bench.new_child()).collect();
            let seen = bench.load(&bench.large, 2 * FEW, &asks)?;
            Ok((seen.0.rate / bare, Some(seen)))
        })
    }

    fn new_child(&mut self) -> Ask {
        self.fresh += 1;
        let body = serde_json::json!({
            "username": format!("new {}", self.fresh), "password": PASSWORD, "gender": "male", "age": 7,
            "institution": self.large.0.institution,
        });
        Ask {
            method: "POST",
            path: "/v1/children".to_owned(),
            token: self.large.0.admin.clone(),
            body: body.to_string(),
        }
    }

    /// Each child gets another name each time.
    pub(super) fn renames(site: &Site) -> Vec<Ask> {
        let children = || site.children.iter().enumerate().take(4096);
        let rename = |(number, child): (usize, &String), letter: char| Ask {
            method: "PATCH",
            path: format!("/v1/children/{child}"),
            token: site.admin.clone(),
            body: serde_json::json!({"username": format!("BR{number:05}{letter}")}).to_string(),
        };
        children().map(|child| rename(child, 'a')).chain(children().map(|child| rename(child, 'b'))).collect()
    }

    fn changes(&mut self) -> Result<(), Failure> {
        self.row("changes at 64 connections, against SQLite alone with 64 to a commit", Goal::AtLeast(0.4), |bench| {
            let copy = raw::Copy::of(&bench.large.0)?;
            let bare = raw::changes(&bench.large.0, &copy, MANY, bench.scale.seconds)?;
            drop(copy);
            let seen = bench.load(&bench.large, MANY, &Self::renames(&bench.large.0))?;
            Ok((seen.0.rate / bare, Some(seen)))
        })?;
        self.row("changes one at a time, against SQLite alone with one to a commit", Goal::None, |bench| {
            let copy = raw::Copy::of(&bench.large.0)?;
            let bare = raw::changes(&bench.large.0, &copy, 1, bench.scale.seconds)?;
            drop(copy);
            let seen = bench.load(&bench.large, 1, &Self::renames(&bench.large.0))?;
            Ok((seen.0.rate / bare, Some(seen)))
        })?;
        self.row("changes at 64 connections, against one at a time", Goal::AtLeast(4.0), |bench| {
            let one = bench.load(&bench.large, 1, &Self::renames(&bench.large.0))?;
            let seen = bench.load(&bench.large, MANY, &Self::renames(&bench.large.0))?;
            Ok((seen.0.rate / one.0.rate, Some(seen)))
        })?;
        self.slow_disk()
    }

    fn slow_disk(&mut self) -> Result<(), Failure> {
        let name = "the same with 5 ms more for every sync";
        if !self.wanted(name) {
            return Ok(());
        }
        let slow = Site::new(10_000)?;
        match Service::start(slow.path(), Disk::Slow) {
            Ok(service) => {
                let slow = (slow, service);
                self.row(name, Goal::AtLeast(20.0), |bench| {
                    let one = bench.load(&slow, 1, &Self::renames(&slow.0))?;
                    let seen = bench.load(&slow, MANY, &Self::renames(&slow.0))?;
                    Ok((seen.0.rate / one.0.rate, Some(seen)))
                })
            }
            Err(error) => {
                note(&format!("left out: {name}, which strace is needed for ({error})"));
                Ok(())
            }
        }
    }

    /// Views beside log-ins.
    fn beside(&mut self) -> Result<(), Failure> {
        self.row("p99 of a view while log-ins use all cores, against none", Goal::AtMost(4.0), |bench| {
            let (site, service) = &bench.large;
            let view = [Ask::get(format!("/v1/children/{}", site.children[0]), &site.admin)];
            let alone = bench.load(&bench.large, FEW, &view)?;
            let log_ins: Vec<_> = (0..1000)
                .map(|number| Ask {
                    method: "POST",
                    path: "/v1/auth".to_owned(),
                    token: String::new(),
                    body: serde_json::json!({"username": format!("educator {:05}", number % site.callers.len()), "password": PASSWORD}).to_string(),
                })
                .collect();
            let longer = bench.scale.seconds + Duration::from_secs(1);
            let beside = wrk::start(site.path(), &service.url, 2 * FEW, longer, &log_ins)?;
            let seen = bench.load(&bench.large, FEW, &view)?;
            beside.seen()?;
            Ok((seen.0.p99.as_secs_f64() / alone.0.p99.as_secs_f64(), Some(seen)))
        })
    }

    /// Backups beside a service that has nothing else to do.
    fn backups(&mut self) -> Result<(), Failure> {
        let name = format!("sealed backup of {} children, time against copying the database", self.scale.users);
        self.row(name, Goal::AtMost(3.0), |bench| {
            let (site, service) = &bench.large;
            let bare = raw::copy_and_sync(site)?;
            let start = Instant::now();
            service.back_up(site)?;
            Ok((start.elapsed().as_secs_f64() / bare.as_secs_f64(), None))
        })?;
        self.row("p99 of a change while sealed backups are made, against none", Goal::AtMost(2.0), |bench| {
            let (site, service) = &bench.large;
            let changes = Self::renames(site);
            let alone = bench.load(&bench.large, FEW, &changes)?;
            let going = AtomicBool::new(true);
            let (seen, made) = std::thread::scope(|scope| {
                let backups = scope.spawn(|| {
                    while going.load(Ordering::Relaxed) {
                        service.back_up(site).map_err(|error| error.to_string())?;
                    }
                    Ok::<_, String>(())
                });
                let seen = bench.load(&bench.large, FEW, &changes);
                going.store(false, Ordering::Relaxed);
                (seen, backups.join())
            });
            made.map_err(|_| "the backups ended in a panic")??;
            let seen = seen?;
            Ok((seen.0.p99.as_secs_f64() / alone.0.p99.as_secs_f64(), Some(seen)))
        })
    }
}

/// How long it takes from the start of the process to its first answer.
fn starts(scale: &Scale, table: &mut Table, large: &Site) -> Result<(), Failure> {
    let name = format!("start to first answer, {} children, against none", scale.users);
    if scale.only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
        return Ok(());
    }
    progress(&name);
    let empty = Site::new(0)?;
    let start = |site: &Site| -> Result<Duration, Failure> {
        let start = Instant::now();
        let service = Service::start(site.path(), Disk::AsItIs)?;
        let time = start.elapsed();
        service.stop()?;
        Ok(time)
    };
    let ratios = (0..scale.rounds * STARTS)
        .map(|_| {
            let none = start(&empty)?;
            Ok(start(large)?.as_secs_f64() / none.as_secs_f64())
        })
        .collect::<Result<_, Failure>>()?;
    table.rows.push(Row { name, goal: Goal::AtMost(1.5), ratios, seen: Vec::new() });
    Ok(())
}
