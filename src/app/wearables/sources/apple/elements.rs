//! The elements of the document, met on the way through it.

use std::io::{self, BufRead, BufReader, Read};

use jiff::tz::TimeZone;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::app::operator::refusal::Refusal;

/// The most bytes of one element, and how deep they may lie in each other.
const LONGEST: usize = 1 << 20;
const DEEPEST: usize = 32;

/// Which elements are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Steps,
    ActiveEnergy,
    BasalEnergy,
    Sleep,
    Weight,
    BodyFat,
}

/// The types of records, without what all begin with.
const KINDS: [(&str, Kind); 6] = [
    ("HKQuantityTypeIdentifierStepCount", Kind::Steps),
    ("HKQuantityTypeIdentifierActiveEnergyBurned", Kind::ActiveEnergy),
    ("HKQuantityTypeIdentifierBasalEnergyBurned", Kind::BasalEnergy),
    ("HKCategoryTypeIdentifierSleepAnalysis", Kind::Sleep),
    ("HKQuantityTypeIdentifierBodyMass", Kind::Weight),
    ("HKQuantityTypeIdentifierBodyFatPercentage", Kind::BodyFat),
];

/// What is met on the way through the document.
pub(super) enum Element<'e> {
    /// A record of a type that is looked at.
    Start(Kind, &'e BytesStart<'e>),
    Workout(&'e BytesStart<'e>),
    /// What a workout comes to.
    Statistics(&'e BytesStart<'e>),
    /// More about the record or workout around it.
    Metadata(&'e BytesStart<'e>),
    /// The record or workout ends.
    End,
}

/// Hands on what is to be read of one element, and no more.
struct Metered<R> {
    inner: R,
    left: usize,
}

impl<R: BufRead> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::Error::other("an element is far too long"));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.left = self.left.saturating_sub(amount);
        self.inner.consume(amount);
    }
}

/// Goes through a document, until `take` wants no more.
pub(super) fn walk(
    source: &mut dyn Read,
    take: &mut dyn FnMut(Element<'_>) -> Result<bool, Refusal>,
) -> Result<(), Refusal> {
    let refused = |error: &dyn std::fmt::Display| {
        Refusal(format!("the export is damaged ({error}), and nothing was changed: have the phone export it once more"))
    };
    let metered = Metered { inner: BufReader::with_capacity(64 << 10, source), left: LONGEST };
    let mut reader = Reader::from_reader(metered);
    // Not told apart by name: no end is looked for.
    reader.config_mut().check_end_names = false;
    let (mut buffer, mut depth) = (Vec::new(), 0_usize);
    loop {
        buffer.clear();
        reader.get_mut().left = LONGEST;
        let event = reader.read_event_into(&mut buffer).map_err(|error| refused(&error))?;
        let go_on = match &event {
            Event::Start(start) => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(refused(&"its elements lie in each other without end"));
                }
                begin(start, take)?
            }
            Event::Empty(start) => begin(start, take)? && (!is_outer(start.name().as_ref()) || take(Element::End)?),
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                !is_outer(end.name().as_ref()) || take(Element::End)?
            }
            Event::Eof if depth > 0 => return Err(refused(&"it ends in its midst")),
            Event::Eof => return Ok(()),
            _ => true,
        };
        if !go_on {
            return Ok(());
        }
    }
}

fn is_outer(name: &str) -> bool {
    matches!(name, "Record" | "Workout")
}

fn begin(start: &BytesStart<'_>, take: &mut dyn FnMut(Element<'_>) -> Result<bool, Refusal>) -> Result<bool, Refusal> {
    match start.name().as_ref() {
        "Record" => match kind(start) {
            Some(kind) => take(Element::Start(kind, start)),
            None => Ok(true),
        },
        "Workout" => take(Element::Workout(start)),
        "WorkoutStatistics" => take(Element::Statistics(start)),
        "MetadataEntry" => take(Element::Metadata(start)),
        _ => Ok(true),
    }
}

/// The kind of a record: most are of none that is looked at, and are left at once.
fn kind(start: &BytesStart<'_>) -> Option<Kind> {
    let attributes = start.attributes_raw().trim_start();
    // It nearly always comes first.
    let first = attributes.strip_prefix("type=\"");
    let word = first.or_else(|| attributes.split_once("type=\"").map(|(_, behind)| behind))?;
    let is = |known: &str| word.strip_prefix(known).is_some_and(|behind| behind.starts_with('"'));
    KINDS.iter().find(|(known, _)| is(known)).map(|(_, kind)| *kind)
}

pub(super) fn told_zone(metadata: &BytesStart<'_>) -> Option<TimeZone> {
    let value = |name: &str| {
        let attribute = metadata.try_get_attribute(name).ok().flatten()?;
        attribute.normalized_value(XmlVersion::Implicit1_0).ok().map(|value| value.into_owned())
    };
    (value("key")? == "HKTimeZone").then(|| TimeZone::get(&value("value")?).ok()).flatten()
}
