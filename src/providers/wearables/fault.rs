//! Answers that are refusals (contract of Fitbit's groups, section 4, "Errors").

use serde::Deserialize;

use crate::app::wearables::provider::Fault;
use crate::model::wearables::Secret;
use crate::providers::http::Answer;

/// The most characters of what somebody says.
const MOST: usize = 256;
/// The most bytes of a refusal that is looked at.
const LONGEST: usize = 64 << 10;

/// What a refusal says, whichever form it has.
#[derive(Default, PartialEq, Eq, Debug)]
struct Refusal {
    /// What kind it is, in one word.
    word: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    /// Fitbit's old form.
    Errors { errors: Vec<OldError> },
    /// Google's data.
    Status { error: Status },
    /// Tokens (RFC 6749, section 5.2).
    Word {
        error: String,
        #[serde(default)]
        error_description: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OldError {
    #[serde(default)]
    error_type: String,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    status: String,
    #[serde(default)]
    message: String,
}

impl Refusal {
    fn read(body: &[u8]) -> Option<Self> {
        let body = Some(body).filter(|body| body.len() <= LONGEST)?;
        Some(match serde_json::from_slice(body).ok()? {
            Body::Errors { errors } => {
                let first = errors.into_iter().next()?;
                Self { word: first.error_type, text: first.message }
            }
            Body::Status { error } => Self { word: error.status, text: error.message },
            Body::Word { error, error_description } => Self { word: error, text: error_description },
        })
    }
}

/// The answer, if it grants what was asked. Secrets that were sent are shortened wherever it repeats them.
///
/// # Errors
/// What else it says; `Unreachable` if it is neither a grant nor a refusal.
pub(super) fn granted(answer: Answer, sent: &[&Secret]) -> Result<Answer, Fault> {
    match answer.status {
        200..=299 => Ok(answer),
        429 => Err(Fault::Limited(answer.retry_after)),
        400..=599 => Err(refused(&answer, sent)),
        _ => Err(Fault::Unreachable),
    }
}

fn refused(answer: &Answer, sent: &[&Secret]) -> Fault {
    let Refusal { word, text } = Refusal::read(&answer.body).unwrap_or_default();
    let said = [&text, &word].into_iter().map(|said| told(said, sent)).find(|said| !said.is_empty());
    let text = said.unwrap_or_else(|| format!("HTTP {}", answer.status));
    if answer.status >= 500 {
        return Fault::Failed { text, retry_after: answer.retry_after };
    }
    match word.as_str() {
        "expired_token" => Fault::ExpiredToken,
        "invalid_token" => Fault::InvalidToken,
        "invalid_grant" => Fault::InvalidGrant,
        "invalid_client" => Fault::InvalidClient,
        "system" => Fault::Limited(answer.retry_after),
        "internal_error" => Fault::Failed { text, retry_after: answer.retry_after },
        _ => Fault::Refused(text),
    }
}

/// What they say, as far as others may hear it.
fn told(said: &str, sent: &[&Secret]) -> String {
    let sent = sent.iter().filter(|secret| !secret.expose().is_empty());
    let shortened = sent.fold(said.to_owned(), |said, secret| said.replace(secret.expose(), &secret.shortened()));
    shortened.chars().filter(|c| !c.is_control()).take(MOST).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(status: u16, body: &str) -> Fault {
        let answer = Answer { status, retry_after: Some(std::time::Duration::from_secs(7)), body: body.into() };
        let (token, secret) = (Secret::new("0123456789abcdefgh".into()), Secret::new("short".into()));
        granted(answer, &[&token, &secret]).err().unwrap()
    }

    fn old(kind: &str) -> String {
        format!(r#"{{"errors":[{{"errorType":"{kind}","message":"said"}},{{"errorType":"x"}}],"success":false}}"#)
    }

    #[test]
    fn each_refusal_is_what_the_contract_calls_it() {
        let wait = Some(std::time::Duration::from_secs(7));
        let failed = |text: &str| Fault::Failed { text: text.into(), retry_after: wait };
        for (status, body, expected) in [
            (401, old("expired_token"), Fault::ExpiredToken),
            (401, old("invalid_token"), Fault::InvalidToken),
            (400, old("invalid_grant"), Fault::InvalidGrant),
            (401, old("invalid_client"), Fault::InvalidClient),
            (429, old("system"), Fault::Limited(wait)),
            (429, "<html>".into(), Fault::Limited(wait)),
            (400, old("system"), Fault::Limited(wait)),
            (500, old("internal_error"), failed("said")),
            (503, "<html>".into(), failed("HTTP 503")),
            (403, old("insufficient_scope"), Fault::Refused("said".into())),
            (404, r#"{"errors":[]}"#.into(), Fault::Refused("HTTP 404".into())),
            (403, String::new(), Fault::Refused("HTTP 403".into())),
            (400, format!("{}{}", old("invalid_grant"), " ".repeat(LONGEST)), Fault::Refused("HTTP 400".into())),
            (301, String::new(), Fault::Unreachable),
            (
                400,
                r#"{"error":"invalid_grant","error_description":"Token has been revoked."}"#.into(),
                Fault::InvalidGrant,
            ),
            (401, r#"{"error":"invalid_client"}"#.into(), Fault::InvalidClient),
            (400, r#"{"error":"invalid_request"}"#.into(), Fault::Refused("invalid_request".into())),
            (
                400,
                r#"{"error":{"code":400,"message":"no profile","status":"FAILED_PRECONDITION","details":[{}]}}"#.into(),
                Fault::Refused("no profile".into()),
            ),
            (503, r#"{"error":{"code":503,"message":"later","status":"UNAVAILABLE"}}"#.into(), failed("later")),
        ] {
            let found = fault(status, &body);
            assert!(found == expected, "{status} {body}: {found:?}");
        }
    }

    #[test]
    fn what_they_say_is_cut_and_tells_no_secret() {
        let long = format!("\\u0007the 0123456789abcdefgh of short{}", "é".repeat(300));
        let Fault::Refused(text) = fault(403, &format!(r#"{{"errors":[{{"errorType":"x","message":"{long}"}}]}}"#))
        else {
            panic!("it is refused");
        };
        assert!(text.starts_with("the 0123... of ...éé"), "{text}");
        assert_eq!(text.chars().count(), 256);
        assert_eq!(format!("{:?}", Fault::Refused(text)), "Fault(the service refused)");
    }
}
