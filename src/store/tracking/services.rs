//! What is known of a child at wearable services, for whoever has to tell all of it.

use crate::model::{Child, Error, Id};
use crate::store::View;
use crate::store::engine::error::Translate;

/// What is known of a child at a wearable service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownService {
    /// The service.
    pub service: String,
    /// What it thinks of the child's tokens, if there are some.
    pub status: Option<String>,
    /// How many ids of its last lists are remembered.
    pub ids: usize,
}

impl View<'_> {
    /// The wearable services of which something is known of a child.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn wearable_services(&self, child: Id<Child>) -> Result<Vec<KnownService>, Error> {
        self.prepare(
            "SELECT p.provider, w.status,
                    (SELECT count(*) FROM wearable_seen s WHERE s.child_id = ?1 AND s.provider = p.provider)
             FROM (SELECT provider FROM wearable_account WHERE child_id = ?1
                   UNION SELECT provider FROM wearable_seen WHERE child_id = ?1) p
             LEFT JOIN wearable_account w ON w.child_id = ?1 AND w.provider = p.provider ORDER BY p.provider",
        )?
        .query_map([child.as_bytes()], |row| {
            Ok(KnownService { service: row.get(0)?, status: row.get(1)?, ids: row.get(2)? })
        })
        .translate()?
        .collect::<rusqlite::Result<_>>()
        .translate()
    }
}
