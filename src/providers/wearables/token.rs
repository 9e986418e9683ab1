//! Tokens: what Fitbit's say of themselves, and what an answer must have to be one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::app::wearables::provider::Said;
use crate::model::wearables::{Features, Secret};

/// The most characters of a token.
const MOST: usize = 4096;

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: f64,
    #[serde(default)]
    scopes: Value,
}

/// What a token says of itself, if it is a JWT that says it. Whether it was signed is not looked at.
pub(super) fn said_by(access: &Secret) -> Option<Said> {
    let mut parts = access.expose().split('.');
    let (Some(_), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    let features = features(claims.scopes.as_str().unwrap_or_default(), |scope| match scope {
        "rwei" => Some(Feature::Weights),
        "ract" => Some(Feature::Activities),
        "rsle" => Some(Feature::Sleep),
        _ => None,
    });
    Some(Said { subject: claims.sub, ends: instant(claims.exp), features })
}

/// What lets be read what.
pub(super) enum Feature {
    Weights,
    Activities,
    Sleep,
}

/// The features of scopes with blanks between.
pub(super) fn features(scopes: &str, feature: impl Fn(&str) -> Option<Feature>) -> Features {
    let mut features = Features::default();
    for feature in scopes.split_ascii_whitespace().filter_map(feature) {
        match feature {
            Feature::Weights => features.weights = true,
            Feature::Activities => features.activities = true,
            Feature::Sleep => features.sleep = true,
        }
    }
    features
}

/// An instant in seconds, the first or last there is if it is beyond them.
fn instant(seconds: f64) -> Timestamp {
    #[expect(clippy::cast_possible_truncation, reason = "a number beyond all integers is the nearest of them")]
    let whole = seconds as i64;
    let end = if seconds < 0.0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(whole).unwrap_or(end)
}

/// A token that can be kept and sent again: visible ASCII.
pub(super) fn usable(text: String) -> Option<Secret> {
    let fits = !text.is_empty() && text.len() <= MOST && text.bytes().all(|byte| byte.is_ascii_graphic());
    let token = Secret::new(text);
    fits.then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(claims: &str) -> Option<Said> {
        said_by(&Secret::new(format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims))))
    }

    #[test]
    fn a_token_of_three_parts_says_whose_it_is_and_what_for() {
        let found = said(r#"{"sub":"1A2B3","exp":1790000000,"scopes":"rpro rwei  rsle","iss":"x"}"#).unwrap();
        let features = Features { weights: true, activities: false, sleep: true };
        let ends = "2026-09-21T14:13:20Z".parse().unwrap();
        assert_eq!(found, Said { subject: "1A2B3".into(), ends, features });
        assert_eq!(said(r#"{"sub":"","exp":1e300,"scopes":["rwei"]}"#).unwrap().features, Features::default());
        assert_eq!(said(r#"{"sub":"","exp":1e300}"#).unwrap().ends, Timestamp::MAX);
        assert_eq!(said(r#"{"sub":"","exp":-1e300}"#).unwrap().ends, Timestamp::MIN);
        for none in ["[]", "{}", r#"{"sub":1,"exp":1}"#, r#"{"sub":"a","exp":"1"}"#, r#"{"sub":"a"}"#, "x"] {
            assert_eq!(said(none), None, "{none}");
        }
        let right = URL_SAFE_NO_PAD.encode(r#"{"sub":"a","exp":1}"#);
        for none in [format!("e30.{right}"), format!("e30.{right}.x.y"), "e30.+.x".into(), "..".into(), String::new()] {
            assert_eq!(said_by(&Secret::new(none.clone())), None, "{none}");
        }
        assert!(said_by(&Secret::new(format!("e30.{right}=.x"))).is_some(), "padding does no harm");
    }

    #[test]
    fn a_token_is_visible_ascii() {
        assert!(usable("a".repeat(4096)).is_some());
        for none in [String::new(), "a".repeat(4097), "a b".into(), "a\n".into(), "é".into()] {
            assert!(usable(none).is_none());
        }
    }
}
