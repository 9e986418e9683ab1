//! What became of the items that one request brought.

use crate::app::audit::Made;
use crate::app::policy::DataOf;
use crate::model::{Child, Error, Kind, Unfit};
use crate::store::{TrackedChild, Tx};

/// For each item what was stored, in the order given; `None` where something of its time was there already.
#[derive(Debug)]
pub struct Stored<T>(pub Vec<Option<T>>);

/// What has an id in the audit trail.
pub(in crate::app) trait Part {
    /// The id.
    fn part(&self) -> [u8; 12];
}

impl<T: Part> Made for Stored<T> {
    /// That of a single item; of many, the trail names the child alone.
    fn id(&self) -> Option<[u8; 12]> {
        match self.0.as_slice() {
            [Some(item)] => Some(item.part()),
            _ => None,
        }
    }
}

/// Stores items of a child, one after another.
///
/// # Errors
/// `Invalid` if there is no such child any more, or what `insert` returns.
pub(super) fn store<N, T>(
    tx: &Tx<'_>,
    child: &DataOf<Child>,
    items: &[N],
    insert: impl Fn(TrackedChild, &N) -> Result<Option<T>, Error>,
) -> Result<Stored<T>, Error> {
    let child = track(tx, child)?;
    each(items, |item| insert(child, item))
}

/// Stores items, one after another.
///
/// # Errors
/// What `insert` returns.
pub(super) fn each<N, T>(items: &[N], insert: impl Fn(&N) -> Result<Option<T>, Error>) -> Result<Stored<T>, Error> {
    items.iter().map(insert).collect::<Result<_, _>>().map(Stored)
}

/// The child of whom something is to be stored.
///
/// # Errors
/// `Invalid` if there is no such child any more.
pub(super) fn track(tx: &Tx<'_>, child: &DataOf<Child>) -> Result<TrackedChild, Error> {
    let unregistered = || Unfit::Unregistered(Kind::Child, child.given.clone());
    Ok(tx.track_child(child.id)?.ok_or_else(unregistered)?)
}
