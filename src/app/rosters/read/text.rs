//! From bytes to letters.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The text of a file, its lines ended by a line feed alone, and how it was written. A mark at its start goes before
/// UTF-8, and UTF-8 before what was said; without a word it is Windows-1252, in which every file is something.
///
/// # Errors
/// What is wrong, and what to do.
pub(in crate::app::rosters) fn decoded(
    bytes: Vec<u8>,
    said: Option<&'static Encoding>,
) -> Result<(String, &'static str), String> {
    let (text, encoding) = match Encoding::for_bom(&bytes) {
        Some((encoding, mark)) => (strictly(&bytes[mark..], encoding)?, encoding),
        None => match String::from_utf8(bytes) {
            Ok(text) => (text, UTF_8),
            Err(other) => {
                let encoding = said.unwrap_or(WINDOWS_1252);
                (strictly(other.as_bytes(), encoding)?, encoding)
            }
        },
    };
    if text.contains('\0') {
        return Err("it is no text, or text in UTF-16 without the mark that says so: save it as CSV UTF-8".to_owned());
    }
    let mut text = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok((text, encoding.name()))
}

fn strictly(bytes: &[u8], encoding: &'static Encoding) -> Result<String, String> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    text.map(std::borrow::Cow::into_owned).ok_or_else(|| {
        let marked = [UTF_8, UTF_16LE, UTF_16BE].contains(&encoding);
        let remedy = if marked { "save it as CSV UTF-8 once more" } else { "say another one with --encoding" };
        format!("it holds bytes that are no letters in {}: {remedy}", encoding.name())
    })
}
