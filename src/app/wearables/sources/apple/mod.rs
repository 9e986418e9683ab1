//! What an iPhone exports of its health: a zip with one document of XML, called in the phone's language, that may have
//! gigabytes. It is read as a stream, element by element; entities are not looked up, wherever they lead.

mod attributes;
mod elements;
mod export;
mod nights;

use super::Source;
use crate::app::operator::refusal::Refusal;
use crate::app::wearables::files::{Entry, Files};
use crate::app::wearables::gathering::Gathering;
use attributes::{Attributes, Lately};
use elements::{Element, Kind, walk};
use export::Export;

pub(super) struct AppleHealth;

impl Source for AppleHealth {
    fn word(&self) -> &'static str {
        "apple_health"
    }

    fn title(&self) -> &'static str {
        "an export of Apple Health"
    }

    fn version(&self) -> u32 {
        1
    }

    fn cannot_say(&self) -> &'static str {
        "where the phone was, for most entries; minutes of activity; levels and heart-rate zones of activities"
    }

    fn detect(&self, files: &mut Files) -> Result<bool, Refusal> {
        Ok(document(files)?.is_some())
    }

    fn read(&self, files: &mut Files, into: &mut Gathering) -> Result<(), Refusal> {
        let Some(entry) = document(files)? else { return Ok(()) };
        let zone = into.zone(None)?;
        let mut rows = Vec::new();
        match zone {
            Some(zone) => {
                let mut export = Export::new(zone);
                files.read(&entry, |reader| walk(reader, &mut |element| export.element(element, into, &mut rows)))?;
                export.finish(into);
            }
            None => files.read(&entry, |reader| {
                walk(reader, &mut |element| {
                    if let Element::Start(Kind::Steps, attributes) = element {
                        note_row(&mut rows, &Attributes::of(attributes, &mut Lately::default()));
                    }
                    Ok(rows.len() < 3)
                })
            })?,
        }
        into.ask_zone(
            "days are those of a zone, and the file tells only that of the phone when it was exported",
            &rows,
        );
        Ok(())
    }
}

/// The entry that is the document, by what it begins with.
fn document(files: &mut Files) -> Result<Option<Entry>, Refusal> {
    for entry in files.entries().into_iter().filter(|entry| entry.name().to_ascii_lowercase().ends_with(".xml")) {
        let head = files.head(&entry)?;
        let head = String::from_utf8_lossy(&head);
        if head.contains("<!DOCTYPE HealthData") || head.contains("<HealthData") {
            return Ok(Some(entry));
        }
    }
    Ok(None)
}

fn note_row(rows: &mut Vec<String>, attributes: &Attributes) {
    if rows.len() < 3 {
        rows.push(format!("{} to {}: {} steps", attributes.start, attributes.end, attributes.value));
    }
}
