//! What is read of an element: without names of people and devices.

use quick_xml::XmlVersion;
use quick_xml::events::BytesStart;
use quick_xml::events::attributes::Attribute;

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
    pub(super) energy: String,
    pub(super) energy_unit: String,
    pub(super) distance: String,
    pub(super) distance_unit: String,
}

/// What was made of a source and a device: nearly all elements in a row have the same.
#[derive(Default)]
pub(super) struct Lately {
    source: (String, i64),
    device: (String, Option<String>),
}

/// What `make` makes of an attribute as it stands, unless that was made of it last.
fn once<T: Clone>(last: &mut (String, T), attribute: &Attribute<'_>, make: fn(&str) -> T) -> Option<T> {
    let raw = attribute.value.as_ref();
    if last.0 != raw {
        *last = (raw.to_owned(), make(&attribute.normalized_value(XmlVersion::Implicit1_0).ok()?));
    }
    Some(last.1.clone())
}

impl Attributes {
    pub(super) fn of(element: &BytesStart<'_>, lately: &mut Lately) -> Self {
        let mut found = Self::default();
        for attribute in element.attributes().with_checks(false).flatten() {
            let slot = match attribute.key.as_ref() {
                "sourceName" => {
                    let source = once(&mut lately.source, &attribute, |name| key(&[b"source", name.as_bytes()]));
                    found.source = source.unwrap_or(found.source);
                    continue;
                }
                "device" => {
                    found.hardware = once(&mut lately.device, &attribute, hardware).flatten();
                    continue;
                }
                "unit" => &mut found.unit,
                "startDate" => &mut found.start,
                "endDate" => &mut found.end,
                "value" | "sum" => &mut found.value,
                "workoutActivityType" | "type" => &mut found.activity,
                "totalEnergyBurned" => &mut found.energy,
                "totalEnergyBurnedUnit" => &mut found.energy_unit,
                "totalDistance" => &mut found.distance,
                "totalDistanceUnit" => &mut found.distance_unit,
                _ => continue,
            };
            // One system wrote an attribute twice: the first counts.
            if slot.is_empty()
                && let Ok(value) = attribute.normalized_value(XmlVersion::Implicit1_0)
                && value.len() <= 100
            {
                value.as_ref().clone_into(slot);
            }
        }
        found
    }

    pub(super) fn number(&self) -> Option<f64> {
        number(&self.value)
    }

    pub(super) fn period(&self) -> Option<(i64, i64)> {
        let (start, end) = (instant(&self.start)?.0.as_millisecond(), instant(&self.end)?.0.as_millisecond());
        (end >= start).then_some((start, end))
    }
}

/// What is counted: nothing below zero.
pub(super) fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0)
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
