//! What is read of an element: without names of people and devices.

use quick_xml::XmlVersion;
use quick_xml::events::BytesStart;

use crate::app::wearables::gathering::key;
use crate::app::wearables::moments::instant;

/// What is read of a record or a workout. Names of people and devices are not kept.
#[derive(Default)]
pub(super) struct Attributes {
    /// Of the name of the source, a hash.
    pub(super) source: i64,
    /// Which hardware it is, if it is told in a few letters.
    pub(super) hardware: Option<String>,
    pub(super) unit: String,
    pub(super) start: String,
    pub(super) end: String,
    pub(super) value: String,
    pub(super) activity: String,
    pub(super) energy: Option<f64>,
    pub(super) energy_unit: String,
    pub(super) distance: Option<f64>,
    pub(super) distance_unit: String,
}

impl Attributes {
    pub(super) fn of(element: &BytesStart<'_>) -> Self {
        let mut found = Self::default();
        // One system wrote an attribute twice: the first counts.
        for attribute in element.attributes().with_checks(false).flatten() {
            let Ok(value) = attribute.normalized_value(XmlVersion::Implicit1_0) else { continue };
            let text = |slot: &mut String| {
                if slot.is_empty() && value.len() <= 100 {
                    value.as_ref().clone_into(slot);
                }
            };
            match attribute.key.as_ref() {
                "sourceName" => found.source = key(&[b"source", value.as_bytes()]),
                "device" => found.hardware = hardware(&value),
                "unit" => text(&mut found.unit),
                "startDate" => text(&mut found.start),
                "endDate" => text(&mut found.end),
                "value" | "sum" => text(&mut found.value),
                "workoutActivityType" | "type" => text(&mut found.activity),
                "totalEnergyBurned" => found.energy = value.parse().ok(),
                "totalEnergyBurnedUnit" => text(&mut found.energy_unit),
                "totalDistance" => found.distance = value.parse().ok(),
                "totalDistanceUnit" => text(&mut found.distance_unit),
                _ => {}
            }
        }
        found
    }

    pub(super) fn number(&self) -> Option<f64> {
        self.value.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0)
    }

    pub(super) fn period(&self) -> Option<(i64, i64)> {
        let (start, end) = (instant(&self.start)?.0.as_millisecond(), instant(&self.end)?.0.as_millisecond());
        (end >= start).then_some((start, end))
    }
}

/// `Watch6,2` of what is told about a device.
fn hardware(device: &str) -> Option<String> {
    let word = device.split_once("hardware:")?.1.split([',', '>']).take(2).collect::<Vec<_>>().join(",");
    let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b',');
    (plain && word.len() <= 20).then_some(word)
}

/// Kilocalories.
pub(super) fn kilocalories(value: f64, unit: &str) -> Option<f64> {
    match unit {
        "kcal" | "Cal" => Some(value),
        "kJ" => Some(value / 4.184),
        _ => None,
    }
}

pub(super) fn metres(value: f64, unit: &str) -> Option<f64> {
    let size = match unit {
        "m" => 1.0,
        "km" => 1000.0,
        "mi" => 1609.344,
        _ => return None,
    };
    Some((value * size * 100.0).round() / 100.0)
}

pub(super) fn kilograms(value: f64, unit: &str) -> Option<f64> {
    let size = match unit {
        "kg" => return Some(value),
        "lb" => 0.453_592_37,
        "g" => 0.001,
        "st" => 6.350_293_18,
        _ => return None,
    };
    Some((value * size * 1000.0).round() / 1000.0)
}
