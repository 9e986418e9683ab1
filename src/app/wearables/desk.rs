//! What lies on the desk: what operators sent of one file, until it is stored. It is in memory, so that nothing of it
//! outlives the program, and is forgotten when nobody asks for it any more.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::app::operator::refusal::Refusal;
use crate::app::wearables::reading::Reading;

/// How long something lies there untouched.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// The most bytes: ten years of a child have half of them.
const MOST: usize = 32 << 20;

/// The desk.
#[derive(Default)]
pub(in crate::app) struct ReadingDesk {
    state: Mutex<State>,
    /// One import is stored at a time.
    pub(in crate::app::wearables) storing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    upload: String,
    text: String,
    reading: Option<Arc<Reading>>,
    touched: Timestamp,
}

impl ReadingDesk {
    /// Takes the next part of an upload.
    pub(in crate::app::wearables) fn put(&self, now: Timestamp, upload: &str, part: &str) -> Result<(), Refusal> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.upload != upload {
            *state = State { upload: upload.to_owned(), ..State::default() };
        }
        state.touched = now;
        if state.text.len() + part.len() > MOST {
            return Err(Refusal(format!(
                "what the file says of this child is more than {} MiB, and nothing was changed: see that it is the file \
                 of one child",
                MOST >> 20
            )));
        }
        state.text.push_str(part);
        Ok(())
    }

    /// What was read, once all of it was sent.
    pub(in crate::app::wearables) fn reading(&self, now: Timestamp, upload: &str) -> Result<Arc<Reading>, Refusal> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.upload != upload || (state.text.is_empty() && state.reading.is_none()) {
            return Err(Refusal(
                "what was read is not there any more: another import began, or this one waited too long; start it \
                 again"
                    .to_owned(),
            ));
        }
        state.touched = now;
        if let Some(reading) = &state.reading {
            return Ok(Arc::clone(reading));
        }
        let text = std::mem::take(&mut state.text);
        let reading: Reading = serde_json::from_str(&text)
            .map_err(|_| Refusal("what was read arrived damaged: start the import again".to_owned()))?;
        let reading = Arc::new(reading);
        state.reading = Some(Arc::clone(&reading));
        Ok(reading)
    }

    /// Forgets what nobody asked for lately, or before the clock was set back. To be done about once a minute.
    pub(in crate::app) fn forget_old(&self, now: Timestamp) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(state.touched).abs() > FORGOTTEN_AFTER {
            *state = State { touched: state.touched, ..State::default() };
        }
    }
}
