//! What files are by their names and by their first bytes.

use crate::app::rosters::read::table;

/// The name of a file without its ending and without what stands between words, if it is a table in plain text by its
/// ending.
pub(in crate::app::rosters::read) fn table_name(name: &str) -> Option<String> {
    let (stem, ending) = name.rsplit_once('.')?;
    let known = ["csv", "tsv", "txt"].contains(&ending.to_ascii_lowercase().as_str());
    known.then(|| table::plain(stem))
}

/// What a file is by its first bytes, if it is no table in plain text.
pub(in crate::app::rosters::read) fn foreign(bytes: &[u8]) -> Option<String> {
    const WORKBOOKS: [&[u8]; 2] = [b"PK\x03\x04", &[0xd0, 0xcf, 0x11, 0xe0]];
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    if WORKBOOKS.iter().any(|magic| begins(magic)) {
        Some("this is a spreadsheet program's own file: save it as CSV UTF-8 there, and import that".to_owned())
    } else if begins(b"%PDF") {
        Some("this is a PDF: export the list as CSV UTF-8, and import that".to_owned())
    } else {
        None
    }
}
