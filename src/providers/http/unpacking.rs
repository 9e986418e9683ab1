//! Answers, unpacked while they come and never larger than they may be.

use std::io::{self, Write};

use flate2::write::GzDecoder;
use hyper::header::HeaderValue;

use super::NoAnswer;

/// An answer that is coming.
pub(super) enum Unpacking {
    Plain(Bounded),
    Gzip(Box<GzDecoder<Bounded>>),
}

impl Unpacking {
    /// One that is encoded so, of at most so many bytes.
    pub(super) fn of(encoding: Option<&HeaderValue>, most: usize) -> Result<Self, NoAnswer> {
        let bounded = Bounded { bytes: Vec::new(), most };
        match encoding.map(HeaderValue::as_bytes) {
            None | Some(b"identity") => Ok(Self::Plain(bounded)),
            Some(b"gzip" | b"x-gzip") => Ok(Self::Gzip(Box::new(GzDecoder::new(bounded)))),
            Some(_) => Err(NoAnswer::Packed(io::ErrorKind::Unsupported.into())),
        }
    }

    /// Takes the next part.
    pub(super) fn take(&mut self, part: &[u8]) -> Result<(), NoAnswer> {
        match self {
            Self::Plain(bounded) => bounded.write_all(part),
            Self::Gzip(decoder) => decoder.write_all(part),
        }
        .map_err(|error| self.bounded().why(error))
    }

    /// All of it, once the last part was taken.
    pub(super) fn finish(self) -> Result<Vec<u8>, NoAnswer> {
        match self {
            Self::Plain(bounded) => Ok(bounded.bytes),
            Self::Gzip(mut decoder) => match decoder.try_finish() {
                Ok(()) => Ok(std::mem::take(&mut decoder.get_mut().bytes)),
                Err(error) => Err(decoder.get_ref().why(error)),
            },
        }
    }

    fn bounded(&self) -> &Bounded {
        match self {
            Self::Plain(bounded) => bounded,
            Self::Gzip(decoder) => decoder.get_ref(),
        }
    }
}

/// Bytes that come to an end.
pub(super) struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl Bounded {
    fn why(&self, error: io::Error) -> NoAnswer {
        match error.kind() {
            io::ErrorKind::FileTooLarge => NoAnswer::TooLong(self.most),
            _ => NoAnswer::Packed(error),
        }
    }
}

impl Write for Bounded {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + part.len() > self.most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(encoding: Option<&'static str>, bytes: &[u8], most: usize) -> Result<Vec<u8>, String> {
        let encoding = encoding.map(HeaderValue::from_static);
        let mut unpacking = Unpacking::of(encoding.as_ref(), most).map_err(|fault| fault.to_string())?;
        for part in bytes.chunks(7) {
            unpacking.take(part).map_err(|fault| fault.to_string())?;
        }
        unpacking.finish().map_err(|fault| fault.to_string())
    }

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn an_answer_is_unpacked_up_to_its_bound_and_not_beyond() {
        let long = vec![b'a'; 1000];
        for (encoding, bytes) in [(None, long.clone()), (Some("identity"), long.clone()), (Some("gzip"), packed(&long))]
        {
            assert_eq!(unpacked(encoding, &bytes, 1000), Ok(long.clone()), "{encoding:?}");
            let refused = unpacked(encoding, &bytes, 999).unwrap_err();
            assert_eq!(refused, "its answer has more than 999 bytes", "{encoding:?}");
        }
    }

    #[test]
    fn a_packed_answer_that_is_not_whole_or_packed_otherwise_is_none() {
        let whole = packed(b"whole");
        for (encoding, bytes) in [
            ("gzip", &whole[..whole.len() - 1]),
            ("gzip", &whole[..12]),
            ("gzip", b"".as_slice()),
            ("gzip", b"plain".as_slice()),
            ("br", whole.as_slice()),
            ("gzip, gzip", whole.as_slice()),
        ] {
            assert_eq!(
                unpacked(Some(encoding), bytes, 1000).unwrap_err(),
                "its answer cannot be unpacked",
                "{encoding}"
            );
        }
    }
}
