//! What is measured of what is tracked.

use std::time::{Duration, Instant};

use jiff::civil::Date;

use super::plan::{Bench, FEW, Round};
use super::school::{DAY, instant};
use super::site::{Disk, Service, Site, memory};
use super::table::{Goal, progress};
use super::wrk::{self, Ask};
use super::{Failure, raw_tracking};

/// A school, of which some children are tracked for a year.
const CHILDREN: usize = 600;
const WEARERS: usize = 30;
/// As many as a watch brings that is seen for the first time.
const ITEMS: i64 = 100;
const LEAP_YEAR: (Date, Date) = (Date::constant(2020, 1, 1), Date::constant(2020, 12, 31));
/// How many children with years of data are deleted in a second, at most.
const DELETED: usize = 20;
const YEARS_OF_DELETED: usize = 5;
/// When what is posted begins, behind what is there.
const POSTED: i64 = 1_735_689_600_000;

type School = (Site, Service);

/// Arrays to post, at times that were not there before.
struct Posts(i64);

impl Posts {
    fn activities(&mut self) -> String {
        let items = (0..ITEMS).map(|n| {
            let at = POSTED + (self.0 * ITEMS + n) * DAY / 4;
            let zone = |min: u64, max: u64| serde_json::json!({"min": min, "max": max, "duration": 300_000 + max});
            let level = |name| serde_json::json!({"name": name, "duration": 300_000 + n});
            let levels = ["sedentary", "lightly", "fairly", "very"].map(level);
            serde_json::json!({
                "start_time": instant(at).to_string(), "end_time": instant(at + 1_200_000).to_string(),
                "duration": 1_200_000, "name": "walk", "calories": 100 + n, "steps": 1000 + n, "distance": 800,
                "levels": levels,
                "heart_rate": {"average": 107, "out_of_range_zone": zone(30, 91), "fat_burn_zone": zone(91, 127),
                    "cardio_zone": zone(127, 154), "peak_zone": zone(154, 220)},
            })
        });
        let body = serde_json::Value::Array(items.collect()).to_string();
        self.0 += 1;
        body
    }
}

/// Totals of a year, twice, each day with another value.
fn totals() -> [String; 2] {
    [7, 8].map(|add| {
        let days = LEAP_YEAR.0.series(jiff::ToSpan::days(1)).take_while(|day| *day <= LEAP_YEAR.1);
        let days = days.map(|day| serde_json::json!({"date": day.to_string(), "value": 1000 * day.day() as i64 + add}));
        serde_json::Value::Array(days.collect()).to_string()
    })
}

impl Bench<'_> {
    pub(super) fn tracking(&mut self) -> Result<(), Failure> {
        progress("Making a school in which children are tracked");
        let site = Site::tracked(CHILDREN, WEARERS, 1)?;
        self.sizes(&site)?;
        let service = Service::start(site.path(), Disk::AsItIs)?;
        let school = (site, service);
        self.posts(&school)?;
        self.reads(&school)?;
        drop(school);
        self.deletions()?;
        match self.scale.school_years {
            Some(years) => self.years(years),
            None => Ok(()),
        }
    }

    fn sizes(&mut self, site: &Site) -> Result<(), Failure> {
        let totals = "SELECT count(steps) + count(calories) + count(active_minutes) + count(lightly_active_minutes)
                      + count(sedentary_minutes) FROM day_totals";
        for (name, goal, table, count) in [
            ("a day total", 40.0, "day_totals", totals),
            ("an activity with levels and zones", 260.0, "physical_activity", "SELECT count(*) FROM physical_activity"),
            ("a night of 40 entries", 420.0, "sleep", "SELECT count(*) FROM sleep"),
            ("an environment with 5 measurements", 170.0, "environment", "SELECT count(*) FROM environment"),
        ] {
            let bytes = raw_tracking::bytes_of_each(site, table, count)?;
            self.row(format!("bytes on disk of {name}"), Goal::AtMost(goal), |_| Ok((bytes, None)))?;
        }
        Ok(())
    }

    fn posts(&mut self, school: &School) -> Result<(), Failure> {
        let (site, application) = (&school.0, &school.0.application);
        let mut posts = Posts(0);
        let name = "POST of 100 activities as one array, one at a time, against SQLite and serde_json alone";
        self.row(name, Goal::AtLeast(0.6), |bench| {
            let bodies = [posts.activities(), posts.activities(), posts.activities(), posts.activities()];
            let bare = raw_tracking::activities(site, &bodies[0], bench.scale.seconds)?;
            let of_all = |body: &String| {
                let ask = |child| Ask::post(format!("/v1/children/{child}/physicalactivities"), application, body);
                site.children.iter().map(ask).collect::<Vec<_>>()
            };
            let asks: Vec<_> = bodies.iter().flat_map(of_all).collect();
            let seen = bench.load(school, 1, &asks)?;
            Ok((seen.0.rate / bare, Some(seen)))
        })?;
        let name = "POST of a year of one day total, one at a time, against SQLite and serde_json alone";
        self.row(name, Goal::AtLeast(0.6), |bench| {
            let bodies = totals();
            let bare = raw_tracking::logs(site, &bodies, bench.scale.seconds)?;
            let ask = |body: &String| {
                let ask = |child: &String| Ask::post(format!("/v1/children/{child}/logs/steps"), application, body);
                site.children.iter().map(ask).collect::<Vec<_>>()
            };
            let asks: Vec<_> = bodies.iter().flat_map(ask).collect();
            let seen = bench.load(school, 1, &asks)?;
            Ok((seen.0.rate / bare, Some(seen)))
        })
    }

    fn reads(&mut self, school: &School) -> Result<(), Failure> {
        let site = &school.0;
        let child = &site.children[0];
        self.row(
            "GET of a year of all five totals, against SQLite and serde_json alone",
            Goal::AtLeast(0.6),
            |bench| {
                let bare = raw_tracking::year(site, LEAP_YEAR.0, LEAP_YEAR.1, bench.scale.seconds)?;
                let seen = bench.load(school, FEW, &[year(child, &site.admin)])?;
                Ok((seen.0.rate / bare, Some(seen)))
            },
        )?;
        self.nights(school)?;
        let weight = raw_tracking::newest_weight(site, child)?;
        let name = "view of a weight by an educator through a group, against by an administrator";
        self.row(name, Goal::AtLeast(0.9), |bench| {
            let view = |token: &str| [Ask::get(format!("/v1/children/{child}/weights/{weight}"), token)];
            let by_admin = bench.load(school, FEW, &view(&site.admin))?;
            let seen = bench.load(school, FEW, &view(&site.callers[0]))?;
            Ok((seen.0.rate / by_admin.0.rate, Some(seen)))
        })
    }

    fn nights(&mut self, school: &School) -> Result<(), Failure> {
        let (site, service) = school;
        let name = "a page of 100 nights of 40 entries, against SQLite and serde_json alone";
        self.row(name, Goal::AtLeast(0.6), |bench| {
            let bare = raw_tracking::nights(site, bench.scale.seconds)?;
            let pages = [Ask::get(format!("/v1/children/{}/sleep?limit=100", site.children[0]), &site.admin)];
            let before = memory(service.process())?;
            let seen = bench.load(school, FEW, &pages)?;
            let after = memory(service.process())?;
            bench.table.fact("memory before and after pages of nights", format!("{before:.1} MiB, {after:.1} MiB"));
            Ok((seen.0.rate / bare, Some(seen)))
        })
    }

    /// Single posts while children are deleted, one after another.
    fn deletions(&mut self) -> Result<(), Failure> {
        let name = format!("p99 of other writes while children with {YEARS_OF_DELETED} years of data are deleted");
        if !self.wanted(&name) {
            return Ok(());
        }
        let seconds = usize::try_from(self.scale.seconds.as_secs())?;
        let rounds = self.scale.rounds;
        let leaving = (DELETED * seconds * rounds).min(CHILDREN - WEARERS) / rounds;
        let site = Site::new(CHILDREN)?;
        site.track(WEARERS..WEARERS + leaving * rounds, YEARS_OF_DELETED, 0)?;
        let service = Service::start(site.path(), Disk::AsItIs)?;
        let school = (site, service);
        let (site, service) = &school;
        let mut first = WEARERS;
        let mut posted = 0;
        self.row(name, Goal::AtMost(5.0), |bench| {
            let mut writes = || {
                posted += 1;
                site.children[..WEARERS]
                    .iter()
                    .cycle()
                    .zip(0..)
                    .take(4096 * seconds)
                    .map(|(child, n)| {
                        let at = instant(POSTED + (posted * 100_000 + n) * 60_000);
                        let body =
                            serde_json::json!({"timestamp": at.to_string(), "value": 30, "unit": "kg"}).to_string();
                        Ask::post(format!("/v1/children/{child}/weights"), &site.application, &body)
                    })
                    .collect::<Vec<_>>()
            };
            let alone = bench.load(&school, FEW, &writes())?;
            let deletions: Vec<_> = site.children[first..first + leaving]
                .iter()
                .map(|child| Ask { method: "DELETE", ..Ask::get(format!("/v1/users/{child}"), &site.admin) })
                .collect();
            first += leaving;
            let deleting = wrk::start(site.path(), &service.url, 1, bench.scale.seconds, &deletions)?;
            let seen = bench.load(&school, FEW, &writes())?;
            let deleted = deleting.seen()?;
            bench.table.fact("deleting a child with five years of data", format!("{:.1?}", deleted.p50));
            Ok((seen.0.p99.as_secs_f64() / alone.0.p99.as_secs_f64(), Some(seen)))
        })
    }

    /// What years of data make slower.
    fn years(&mut self, years: usize) -> Result<(), Failure> {
        let open = |years| -> Result<School, Failure> {
            let site = Site::tracked(CHILDREN, CHILDREN, years)?;
            let service = Service::start(site.path(), Disk::AsItIs)?;
            Ok((site, service))
        };
        let (one, many) = (open(1)?, open(years)?);
        let idle = memory(many.1.process())?;
        self.table.fact("memory of a service with years of data when idle", format!("{idle:.1} MiB (40 hoped for)"));
        let pages = |site: &Site| {
            let child = &site.children[0];
            let of_child = ["physicalactivities", "sleep", "weights", "bodyfats"]
                .map(|list| format!("/v1/children/{child}/{list}"));
            let environments = format!("/v1/institutions/{}/environments", site.institution);
            of_child.into_iter().chain([environments]).map(|path| vec![Ask::get(path, &site.admin)]).collect::<Vec<_>>()
        };
        for (at, asks) in pages(&one.0).into_iter().enumerate() {
            let list = asks[0].path.rsplit('/').next().unwrap_or_default().to_owned();
            let ask = move |site: &Site| pages(site).swap_remove(at);
            self.of_years(&format!("first page of {list}"), years, (&one, &many), ask)?;
        }
        let totals = |site: &Site| vec![year(&site.children[0], &site.admin)];
        self.of_years("a year of totals", years, (&one, &many), totals)?;
        let mut posted = 0;
        let post = |site: &Site| {
            posted += 1;
            let body = |n: i64| {
                let at = instant(POSTED + (posted * 1_000_000 + n) * 60_000);
                serde_json::json!({"timestamp": at.to_string(), "value": 30, "unit": "kg"}).to_string()
            };
            let ask = |(child, n)| Ask::post(format!("/v1/children/{child}/weights"), &site.application, &body(n));
            site.children.iter().cycle().zip(0..16_384).map(ask).collect()
        };
        self.of_years("a POST", years, (&one, &many), post)?;
        let (one, many) = ((one.1.stop(), one.0).1, (many.1.stop(), many.0).1);
        let name = format!("start to first answer, a school with {years} years of data against one year");
        self.row(name, Goal::AtMost(1.2), |_| {
            let start = |site: &Site| -> Result<Duration, Failure> {
                let start = Instant::now();
                let service = Service::start(site.path(), Disk::AsItIs)?;
                let time = start.elapsed();
                service.stop()?;
                Ok(time)
            };
            let one = start(&one)?;
            Ok((start(&many)?.as_secs_f64() / one.as_secs_f64(), None))
        })
    }

    /// The time of an answer where there are many years against where there is one.
    fn of_years(
        &mut self,
        what: &str,
        years: usize,
        (one, many): (&School, &School),
        mut asks: impl FnMut(&Site) -> Vec<Ask>,
    ) -> Result<(), Failure> {
        let name = format!("time of {what}, a school with {years} years of data against one year");
        self.row(name, Goal::AtMost(1.2), |bench| -> Result<Round, Failure> {
            let of_one = bench.load(one, FEW, &asks(&one.0))?;
            let seen = bench.load(many, FEW, &asks(&many.0))?;
            Ok((of_one.0.rate / seen.0.rate, Some(seen)))
        })
    }
}

fn year(child: &str, token: &str) -> Ask {
    let (first, last) = LEAP_YEAR;
    Ask::get(format!("/v1/children/{child}/logs/date/{first}/{last}"), token)
}
