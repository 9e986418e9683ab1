//! From files to documents: JSON as lines, as a list, or just one after another; BSON; and archives of `mongodump`.

use std::collections::BTreeSet;

use bson::raw::RawDocument;
use serde_json::error::Category;

use super::value::{self, Fields};

/// What an archive begins with.
pub(super) const ARCHIVE: [u8; 4] = [0x6d, 0xe2, 0x99, 0x81];
/// What ends the documents of one collection in an archive.
const END: [u8; 4] = [0xff; 4];
/// The most bytes of a document: the database takes no more, but for what it adds itself.
const LARGEST: usize = (16 << 20) + (16 << 10);

/// Reads documents of a text one after another, with or without brackets around them and commas between them.
///
/// # Errors
/// Why the next one cannot be read, and what to do; what `take` fails with.
pub(super) fn of_text(text: &str, mut take: impl FnMut(Fields) -> Result<(), String>) -> Result<(), String> {
    let (mut rest, mut count, mut brackets) = (text, 0_usize, Brackets::None);
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        match (rest.as_bytes().first(), brackets) {
            (None, Brackets::Open) => return Err(cut_off(count)),
            (None, _) => return Ok(()),
            (Some(b'['), Brackets::None) if count == 0 => (rest, brackets) = (&rest[1..], Brackets::Open),
            (Some(b']'), Brackets::Open) => (rest, brackets) = (&rest[1..], Brackets::Closed),
            (Some(_), Brackets::Closed) => return Err("it goes on behind its list: export it anew".to_owned()),
            (Some(_), _) => {
                let mut documents = serde_json::Deserializer::from_str(rest).into_iter::<Fields>();
                match documents.next() {
                    Some(Ok(document)) => take(document)?,
                    Some(Err(error)) => return Err(unread(&error, rest, count)),
                    None => return Ok(()),
                }
                rest = &rest[documents.byte_offset()..];
                count += 1;
            }
        }
    }
}

/// What stands around the documents.
#[derive(Clone, Copy)]
enum Brackets {
    None,
    Open,
    Closed,
}

fn cut_off(count: usize) -> String {
    format!("it ends in the middle, behind {count} documents: it was cut off, so export it anew")
}

/// Why a document is none, without any of it: it is somebody's.
fn unread(error: &serde_json::Error, rest: &str, count: usize) -> String {
    let of_shell = ["ObjectId(", "ISODate(", "NumberLong("].iter().any(|word| rest.contains(word));
    match error.classify() {
        Category::Eof => cut_off(count),
        _ if of_shell => {
            "it was written by the database's shell, which is no JSON: export the collection with mongoexport"
                .to_owned()
        }
        _ => format!("document {} is no JSON object: export the collection anew with mongoexport", count + 1),
    }
}

/// Reads documents of BSON that stand one after another.
///
/// # Errors
/// As [`of_text`].
pub(super) fn of_binary(bytes: &[u8], mut take: impl FnMut(Fields) -> Result<(), String>) -> Result<(), String> {
    let (mut rest, mut count) = (bytes, 0);
    while !rest.is_empty() {
        let document = next(&mut rest, count)?;
        take(value::of_bson(document).map_err(|_| damaged(count))?)?;
        count += 1;
    }
    Ok(())
}

fn damaged(count: usize) -> String {
    format!("document {} is damaged: dump the database anew", count + 1)
}

/// Takes the next document off.
fn next<'b>(rest: &mut &'b [u8], count: usize) -> Result<&'b RawDocument, String> {
    let ended =
        || format!("it ends in the middle of document {}: it was cut off, so dump the database anew", count + 1);
    let length = rest.first_chunk().map(|length| i32::from_le_bytes(*length)).ok_or_else(ended)?;
    let length = usize::try_from(length).ok().filter(|length| (5..=LARGEST).contains(length));
    let (document, behind) = rest.split_at_checked(length.ok_or_else(|| damaged(count))?).ok_or_else(ended)?;
    *rest = behind;
    RawDocument::from_bytes(document).map_err(|_| damaged(count))
}

/// Reads an archive: what there is of each collection, in pieces of any order. `take` gets the collection's database
/// and name.
///
/// # Errors
/// As [`of_text`].
pub(super) fn of_archive(
    bytes: &[u8],
    mut take: impl FnMut((&str, &str), Fields) -> Result<(), String>,
) -> Result<(), String> {
    let mut rest = bytes.strip_prefix(&ARCHIVE).unwrap_or_default();
    // What tools and collections there are.
    while !ends(&mut rest) {
        next(&mut rest, 0)?;
    }
    let mut open = BTreeSet::new();
    let mut count = 0;
    while !rest.is_empty() {
        let head = next(&mut rest, count)?;
        let (Ok(database), Ok(collection)) = (head.get_str("db"), head.get_str("collection")) else {
            return Err(damaged(count));
        };
        let whole = head.get_bool("EOF").unwrap_or(false);
        let name = (database.to_owned(), collection.to_owned());
        open.remove(&name);
        while !ends(&mut rest) {
            let document = next(&mut rest, count)?;
            take((database, collection), value::of_bson(document).map_err(|_| damaged(count))?)?;
            count += 1;
        }
        if !whole {
            open.insert(name);
        }
    }
    // A collection says where it ends.
    if open.is_empty() { Ok(()) } else { Err(cut_off(count)) }
}

/// Takes off what ends a piece, if it is next. What is cut off there ends too, and is found out by what follows.
fn ends(rest: &mut &[u8]) -> bool {
    match rest.strip_prefix(&END) {
        Some(behind) => {
            *rest = behind;
            true
        }
        None => false,
    }
}
