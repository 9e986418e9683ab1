//! Lists whose items nest others: read a batch at a time, so that no answer is in memory as a whole.

use std::collections::HashMap;

use crate::model::{Error, Id};
use crate::store::View;
use crate::store::engine::error::Translate;
use crate::store::engine::rows;

/// How many nested objects a batch of more than one item has at most.
const NESTED: usize = 2000;

/// Parts items into batches, in their order. `nested` says how many objects one nests.
pub(in crate::store) fn batches<T>(items: Vec<T>, nested: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let (mut batches, mut size) = (Vec::<Vec<T>>::new(), 0);
    for item in items {
        let more = nested(&item);
        match batches.last_mut() {
            Some(batch) if size + more <= NESTED => {
                size += more;
                batch.push(item);
            }
            _ => {
                size = more;
                batches.push(vec![item]);
            }
        }
    }
    batches
}

impl View<'_> {
    /// Runs a statement that counts for each of the ids in `?1`; those that it leaves out have none.
    pub(in crate::store) fn count_each<K>(
        &self,
        sql: &str,
        ids: impl IntoIterator<Item = Id<K>>,
    ) -> Result<HashMap<Id<K>, usize>, Error> {
        self.prepare(sql)?
            .query_map([rows::array(ids)], |row| Ok((rows::id(row, 0)?, row.get(1)?)))
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_keep_the_order_and_are_bounded_unless_they_are_one_item() {
        let parted = batches(vec![1000, 900, 200, 5000, 0, 0, 2000, 0], |item| *item);
        assert_eq!(parted, [vec![1000, 900], vec![200], vec![5000], vec![0, 0, 2000, 0]]);
        assert!(batches(Vec::new(), |item: &usize| *item).is_empty());
    }
}
