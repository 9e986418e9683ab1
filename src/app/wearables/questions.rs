//! What files may leave open, and what can be answered.

use jiff::tz::TimeZone;

use crate::app::wearables::reading::Answers;
use crate::model::{Error, Invalid};

/// A question that a plan may ask.
#[derive(Debug)]
pub struct Question {
    /// Its name, which is that of the verb's option without the dashes.
    pub name: &'static str,
    /// What can be answered; empty, if it is the name of a time zone.
    pub choices: &'static [&'static str],
}

/// Every one.
pub const QUESTIONS: [Question; 4] = [
    Question { name: "zone", choices: &[] },
    Question { name: "weight-unit", choices: &["kg", "lb"] },
    Question { name: "date-order", choices: &["dmy", "mdy"] },
    Question { name: "exercise-times", choices: &["utc", "local"] },
];

/// Whether these answer questions that there are, with what can be answered.
///
/// # Errors
/// `Invalid` for the first that does not.
pub(in crate::app::wearables) fn check(answers: &Answers) -> Result<(), Error> {
    for (name, answer) in answers {
        let Some(question) = QUESTIONS.iter().find(|question| question.name == name) else {
            let names: Vec<_> = QUESTIONS.iter().map(|question| question.name).collect();
            return Err(wrong(format!("one of the answers answers nothing: the questions are {}", names.join(", "))));
        };
        if question.choices.is_empty() && TimeZone::get(answer).is_err() {
            return Err(wrong(
                "there is no such time zone: name the continent and the town, such as Europe/Athens".to_owned(),
            ));
        }
        if !question.choices.is_empty() && !question.choices.contains(&answer.as_str()) {
            return Err(wrong(format!("{name} can be answered with {}", question.choices.join(" or "))));
        }
    }
    Ok(())
}

pub(in crate::app::wearables) fn wrong(message: String) -> Error {
    Invalid::Import(message).into()
}
