//! Which form of an answer a client wants.

use poem::Request;
use poem::http::header;

/// Whether the `Accept` of a request names a media type.
pub(in crate::api) fn names(request: &Request, media_type: &str) -> bool {
    let accepted = request.headers().get_all(header::ACCEPT).into_iter();
    let mut ranges = accepted.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    ranges.any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts.next().is_some_and(|given| given.eq_ignore_ascii_case(media_type));
        named && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}
