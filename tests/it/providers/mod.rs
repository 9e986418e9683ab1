//! What others are asked over the internet: on real sockets, against stand-ins.

mod fitbit;
mod google;
mod http;

use jiff::civil::{Date, date};

use crate::support::TestClock;

/// The day on which the clock of tests starts.
const TODAY: Date = date(2026, 3, 1);

fn clock() -> ocariot_users::model::Clock {
    TestClock::new().as_clock()
}
