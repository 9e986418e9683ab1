//! The fields of bodies that the directory alone has.

use std::collections::HashSet;

use serde_json::Value;

use crate::api::http::body::Fields;
use crate::model::text::number_text;
use crate::model::{Age, AgeDate, Child, Fault, Field, Gender, Id, Invalid, MAX_CHILDREN, Text};

impl Fields {
    /// One of the two genders.
    pub(in crate::api) fn gender(&self) -> Result<Option<Gender>, Invalid> {
        match self.value(Field::Gender).map(Value::as_str) {
            None => Ok(None),
            Some(Some("male")) => Ok(Some(Gender::Male)),
            Some(Some("female")) => Ok(Some(Gender::Female)),
            Some(_) => Err(Invalid::Field(Field::Gender, Fault::NotGender)),
        }
    }

    /// A positive number, as a number or as text, or a date of birth.
    pub(in crate::api) fn age(&self) -> Result<Option<Age>, Invalid> {
        let given = match self.value(Field::Age) {
            None => return Ok(None),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => match number.as_f64() {
                Some(value) if number.is_f64() => number_text(value),
                _ => number.to_string(),
            },
            Some(_) => return Err(Invalid::Field(Field::Age, Fault::NotText)),
        };
        Age::new(&given, self.rules.today).map(Some)
    }

    /// The day on which the age was calculated.
    pub(in crate::api) fn age_calc_date(&self) -> Result<Option<AgeDate>, Invalid> {
        let given = self.string(Field::AgeCalcDate)?;
        given.map(|given| AgeDate::new(given, self.rules.today)).transpose()
    }

    /// The NFC tag to give to a child.
    pub(in crate::api) fn nfc_tag(&self) -> Result<Text, Invalid> {
        match self.value(Field::NfcTag).and_then(Value::as_str) {
            None | Some("") => Err(Invalid::NfcTag),
            Some(tag) => Text::new(tag, Text::MAX).map_err(|fault| Invalid::Field(Field::NfcTag, fault)),
        }
    }

    /// KIDS, steps 1 to 3: ids, or objects with an id; each once, in the given order.
    pub(in crate::api) fn children(&self) -> Result<Option<Vec<Id<Child>>>, Invalid> {
        let fault = |fault| Invalid::Field(Field::Children, fault);
        let items = match self.value(Field::Children) {
            None => return Ok(None),
            Some(Value::Array(items)) if items.len() > MAX_CHILDREN => {
                return Err(fault(Fault::TooManyItems(MAX_CHILDREN)));
            }
            Some(Value::Array(items)) => items,
            Some(_) => return Err(fault(Fault::NotArray)),
        };
        let given = items.iter().map(|item| item.get("id").unwrap_or(item).as_str().filter(|id| !id.is_empty()));
        let given: Vec<&str> = given.collect::<Option<_>>().ok_or(fault(Fault::ItemWithoutId))?;
        let bad: Vec<_> =
            given.iter().filter(|id| Id::<Child>::parse(id).is_none()).map(|id| (*id).to_owned()).collect();
        if !bad.is_empty() {
            return Err(Invalid::ChildIds(bad));
        }
        let mut seen = HashSet::new();
        Ok(Some(given.into_iter().filter_map(Id::parse).filter(|id| seen.insert(*id)).collect()))
    }
}
