//! Series and nested objects as a few bytes: the form's number, then numbers as LEB128, seven bits a byte.

use rusqlite::types::{FromSqlError, FromSqlResult};

/// Numbers in the making of a blob.
pub(super) struct Packer(Vec<u8>);

impl Packer {
    /// A blob of this form.
    pub(super) fn new(form: u8) -> Self {
        Self(vec![form])
    }

    pub(super) fn put(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads the numbers of a blob.
pub(super) struct Unpacker<'b>(&'b [u8]);

impl<'b> Unpacker<'b> {
    /// The numbers behind this form's; there is no other one yet.
    pub(super) fn new(blob: &'b [u8], form: u8) -> FromSqlResult<Self> {
        match blob.split_first() {
            Some((first, rest)) if *first == form => Ok(Self(rest)),
            _ => Err(FromSqlError::InvalidType),
        }
    }

    pub(super) fn take(&mut self) -> FromSqlResult<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or(FromSqlError::InvalidType)?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                return Ok(number);
            }
        }
        Err(FromSqlError::InvalidType)
    }

    /// Whether there is nothing behind what was taken.
    pub(super) fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// There is nothing behind what was taken.
    pub(super) fn end(&self) -> FromSqlResult<()> {
        if self.is_over() { Ok(()) } else { Err(FromSqlError::InvalidType) }
    }
}

/// The number at a place of a blob of this form.
pub(super) fn nth(blob: &[u8], form: u8, place: usize) -> FromSqlResult<u64> {
    let mut numbers = Unpacker::new(blob, form)?;
    for _ in 0..place {
        numbers.take()?;
    }
    numbers.take()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_and_cut_blobs_do_not() {
        let numbers = [0, 1, 127, 128, 300, 60_000, u64::from(u32::MAX), u64::MAX];
        let mut packer = Packer::new(1);
        numbers.iter().for_each(|number| packer.put(*number));
        let blob = packer.finish();
        let mut unpacker = Unpacker::new(&blob, 1).unwrap();
        assert!(numbers.iter().all(|number| unpacker.take().unwrap() == *number));
        assert!(unpacker.end().is_ok() && unpacker.take().is_err());
        assert_eq!(nth(&blob, 1, 4).unwrap(), 300);
        assert!(Unpacker::new(&blob, 1).unwrap().end().is_err());
        assert!(Unpacker::new(&blob, 2).is_err() && Unpacker::new(&[], 1).is_err());
        assert!(Unpacker::new(&[1, 0x80], 1).unwrap().take().is_err());
        assert!(Unpacker::new(&[[1].as_slice(), &[0xff; 12]].concat(), 1).unwrap().take().is_err());
    }
}
