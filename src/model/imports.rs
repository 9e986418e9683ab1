//! Imports, whatever is imported: files that are uploaded, and what came of them.

use super::{Identified, Kind};

/// Marks ids of uploads, which clients make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upload {}

impl Identified for Upload {
    const KIND: Kind = Kind::Upload;
}

/// Marks what is about imports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Import {}
