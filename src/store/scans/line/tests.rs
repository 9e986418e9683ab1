use super::*;
use crate::model::Id;

const LIMITS: Limits = Limits { running: 2, begun: 6, waiting: 10, waiting_each: 8, bytes: 400 };

fn user(number: u8) -> Asker {
    Asker::User(Id::from_bytes([number; 12]))
}

fn line() -> Line<&'static str> {
    Line::new(LIMITS)
}

fn ask(line: &mut Line<&'static str>, asker: Asker, job: &'static str) -> u64 {
    assert!(line.reserve(asker));
    line.wait(asker, job)
}

fn begun(line: &mut Line<&'static str>) -> Vec<&'static str> {
    line.choose();
    std::iter::from_fn(|| line.next().map(|(_, _, job)| job)).collect()
}

#[test]
fn the_line_is_bounded_and_nobody_fills_it_alone() {
    let mut line = line();
    for _ in 0..8 {
        assert!(line.reserve(user(1)));
    }
    assert!(!line.reserve(user(1)), "his part is full");
    assert!(line.reserve(user(2)) && line.reserve(user(3)));
    assert!(!line.reserve(user(4)), "all of it is");
    line.give_back(user(1));
    assert!(line.reserve(user(4)));
}

#[test]
fn whoever_ran_the_shortest_time_is_next() {
    let mut line = line();
    let [first, ..] = ["a1", "a2", "a3", "a4"].map(|job| ask(&mut line, user(1), job));
    assert_eq!(begun(&mut line), ["a1", "a2"]);
    line.charge(user(1), Duration::from_millis(30));
    let other = ask(&mut line, user(2), "b1");
    line.charge(user(1), Duration::from_millis(30));
    line.end(user(1), first);
    assert_eq!(begun(&mut line), ["b1"], "although he came last");
    line.charge(user(2), Duration::from_millis(50));
    line.end(user(2), other);
    assert_eq!(begun(&mut line), ["a3"]);
}

#[test]
fn a_running_scan_gives_way_to_those_who_ran_less_and_to_nobody_else() {
    let mut line = line();
    let first = ask(&mut line, user(1), "a1");
    ask(&mut line, user(1), "a2");
    ask(&mut line, user(1), "a3");
    begun(&mut line);
    line.charge(user(1), Duration::from_millis(10));
    assert!(!line.should_give_way(user(1)), "only his own wait");
    let other = ask(&mut line, user(2), "b1");
    line.charge(user(1), Duration::from_millis(10));
    assert!(line.should_give_way(user(1)));
    line.pause(user(1), first);
    assert_eq!(begun(&mut line), ["b1"]);
    assert!(!line.resumes(first));
    line.end(user(2), other);
    line.choose();
    assert!(line.resumes(first), "before his others, which have not begun");
}

#[test]
fn nobody_has_more_than_half_of_what_has_begun() {
    let mut line = line();
    for job in ["a1", "a2", "a3", "a4"] {
        let number = ask(&mut line, user(1), job);
        if begun(&mut line) == [job] {
            line.stall(number, Instant::now());
        }
    }
    ask(&mut line, user(2), "b1");
    assert_eq!(begun(&mut line), ["b1"], "and not a4");
}

/// Six scans of six users whose clients take nothing, the first the longest.
fn stalled(line: &mut Line<&'static str>, since: Instant) -> Vec<u64> {
    let stall = |number: u8| {
        let scan = ask(line, user(number), "slow");
        begun(line);
        line.stall(scan, since + Duration::from_millis(number.into()));
        scan
    };
    (1..=6).map(stall).collect()
}

#[test]
fn the_slowest_client_makes_room_when_a_thread_is_needed_and_not_before() {
    let (mut line, long_ago) = (line(), Instant::now());
    let now = long_ago + Duration::from_secs(10);
    let numbers = stalled(&mut line, long_ago);
    assert!(!line.makes_room(numbers[0], now), "nobody needs it");
    ask(&mut line, user(7), "new");
    assert!(begun(&mut line).is_empty());
    assert!(!line.makes_room(numbers[1], now), "the first is slower");
    line.note_progress(numbers[0], now);
    assert!(!line.makes_room(numbers[0], now) && line.makes_room(numbers[1], now));
    line.unstall(user(2), numbers[1]);
    line.choose();
    assert!(line.resumes(numbers[1]));
    line.end(user(2), numbers[1]);
    assert_eq!(begun(&mut line), ["new"]);
}

#[test]
fn one_makes_room_for_one_however_long_he_takes_to_leave() {
    let (mut line, long_ago) = (line(), Instant::now());
    let now = long_ago + Duration::from_secs(10);
    let numbers = stalled(&mut line, long_ago);
    ask(&mut line, user(7), "new");
    assert!(line.makes_room(numbers[0], now));
    line.unstall(user(1), numbers[0]);
    assert!(!line.makes_room(numbers[1], now), "another does already");
    line.choose();
    assert!(line.resumes(numbers[0]));
    line.end(user(1), numbers[0]);
    assert_eq!(begun(&mut line), ["new"]);
    ask(&mut line, user(8), "newer");
    assert!(line.makes_room(numbers[1], now), "for one more");
}

#[test]
fn bytes_have_a_budget_of_which_nobody_holds_more_than_a_quarter() {
    let mut line = line();
    for number in 1..=5 {
        assert!(line.reserve(user(number)));
    }
    assert!(line.hold(user(1), 100, 0) && !line.hold(user(1), 1, 100));
    assert!(line.hold(user(1), 50, 0), "an answer whose client took all before always gets on");
    for number in 2..=3 {
        assert!(line.hold(user(number), 100, 1));
    }
    assert!(!line.hold(user(4), 51, 1), "all that there is");
    line.release(user(1), 50);
    assert!(line.hold(user(4), 100, 1));
}

#[test]
fn who_has_nothing_is_forgotten() {
    let mut line = line();
    let number = ask(&mut line, user(1), "a");
    line.withdraw(user(1), number);
    line.withdraw(user(1), number);
    assert!(line.shares.is_empty() && line.waiting == 0);
}
