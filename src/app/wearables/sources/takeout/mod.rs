//! Fitbit's archive of Google Takeout: as Fitbit's own (until 2025), as Google Health's (2026), and as Fitbit gave it out
//! before that. Whole, split over several zips, or a folder of it. Folders are called in the owner's language, files in
//! English: files are told by their names. Most of an archive is of no use here, and is not unpacked.

mod google;
mod json;
mod minutes;
mod nights;

use super::Source;
use crate::app::operator::refusal::Refusal;
use crate::app::wearables::files::{Entry, Files};
use crate::app::wearables::gathering::{DaySums, Gathering};
use crate::app::wearables::reading::{ActivityRead, BodyFatRead, NightRead, WeightRead};

pub(super) struct Takeout;

/// The most bytes of one file: a month of minutes has three MiB.
const MOST: u64 = 32 << 20;

/// What was found of each kind, with its day, its origin and how long it was.
#[derive(Default)]
struct Found {
    sums: DaySums,
    nights: Vec<(i64, String, u64, NightRead)>,
    activities: Vec<(i64, String, u64, ActivityRead)>,
    weights: Vec<(i64, String, u64, WeightRead)>,
    body_fats: Vec<(i64, String, u64, BodyFatRead)>,
}

impl Source for Takeout {
    fn word(&self) -> &'static str {
        "fitbit_takeout"
    }

    fn title(&self) -> &'static str {
        "a Fitbit or Google Health archive of Google Takeout"
    }

    fn version(&self) -> u32 {
        1
    }

    fn cannot_say(&self) -> &'static str {
        "the unit of weights in Fitbit's own files; the zone of the times of activities there"
    }

    fn detect(&self, files: &mut Files) -> Result<bool, Refusal> {
        Ok(files.entries().iter().any(|entry| json::kind(entry).is_some() || google::kind(entry).is_some()))
    }

    fn read(&self, files: &mut Files, into: &mut Gathering) -> Result<(), Refusal> {
        let entries = files.entries();
        let said = zone_of_profile(files, &entries)?;
        let zone = into.zone(said.as_deref())?;
        let (mut found, mut bytes) = (Found::default(), Vec::new());
        let rows = json::read(files, &entries, zone.as_ref(), (&mut found, into, &mut bytes))?;
        if let Some(zone) = &zone {
            google::read(files, &entries, zone, (&mut found, into, &mut bytes))?;
        }
        match said {
            Some(said) => into.ask_unless_said("zone", said, "the zone is that of the profile in the archive", &rows),
            None => into.ask_zone("the archive holds no profile with a zone", &rows),
        }
        found.sums.round();
        into.take_days(found.sums);
        into.reading.nights = into.take_things("sleep", found.nights);
        into.reading.activities = into.take_things("physicalactivities", found.activities);
        into.reading.weights = into.take_things("weights", found.weights);
        into.reading.body_fats = into.take_things("bodyfats", found.body_fats);
        Ok(())
    }
}

/// The zone of the profile, of which nothing else is looked at.
fn zone_of_profile(files: &mut Files, entries: &[Entry]) -> Result<Option<String>, Refusal> {
    let Some(entry) = entries.iter().find(|entry| entry.name().eq_ignore_ascii_case("Profile.csv")) else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    files.bytes(entry, 64 << 10, &mut bytes)?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes.as_slice());
    let headers = reader.headers().cloned().unwrap_or_default();
    let plain = |text: &str| text.to_ascii_lowercase().replace([' ', '_', '\u{feff}'], "");
    let Some(at) = headers.iter().position(|header| plain(header) == "timezone") else { return Ok(None) };
    let row = reader.into_records().next().and_then(Result::ok);
    // Whatever else stands there is no zone, and is not repeated.
    let is_zone = |text: &str| jiff::tz::TimeZone::get(text).is_ok();
    Ok(row.and_then(|row| row.get(at).map(|zone| zone.trim().to_owned())).filter(|zone| is_zone(zone)))
}
