//! What only SQLite has, and what all tables are read and written with: the writer, the cipher, lists, migrations.

pub(in crate::store) mod backup;
pub(in crate::store) mod batches;
pub(in crate::store) mod checkup;
pub(in crate::store) mod cipher;
pub(in crate::store) mod connection;
pub(in crate::store) mod copy;
pub(in crate::store) mod error;
pub(in crate::store) mod functions;
pub(in crate::store) mod journal;
pub(in crate::store) mod left_behind;
pub(in crate::store) mod matching;
pub(in crate::store) mod migrate;
pub(in crate::store) mod names;
pub(in crate::store) mod rows;
pub(in crate::store) mod select;
pub(in crate::store) mod sequence;
pub(in crate::store) mod succession;
pub(in crate::store) mod token_cipher;
pub(in crate::store) mod writer;
