//! JSON answers, compressed for clients that ask for it: on a bad line that is most of the wait.
//!
//! What answers a log-in is sent as it is: how long something compressed is tells of a secret in it, beside words that
//! somebody else chose.

use std::io::{self, Write};
use std::mem;
use std::sync::Arc;

use bytes::Bytes;
use flate2::write::GzEncoder;
use futures_util::{Stream, StreamExt, stream};
use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use hyper::body::Body as _;
use poem::http::{HeaderMap, HeaderValue, header};
use poem::{Body, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// As many bytes fit into one packet: fewer come no sooner compressed.
const WORTH: u64 = 1024;
/// How many answers are compressed while they are made, for that takes up to a megabyte each; others are sent as they are.
const STREAMS: usize = 16;
/// For answers that are made once and read once: the lightest levels.
const ZSTD_LEVEL: i32 = 1;
const GZIP_LEVEL: u32 = 1;
const BROTLI_LEVEL: u32 = 2;
/// The window of brotli, as a power of two of bytes: no page repeats what lies further back.
const BROTLI_WINDOW: u32 = 18;

/// How an answer is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Zstd,
    Brotli,
    Gzip,
}

impl Coding {
    /// Those that there are, the lightest first.
    const ALL: [Self; 3] = [Self::Zstd, Self::Brotli, Self::Gzip];

    /// What HTTP calls it.
    const fn word(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// The lightest that a client reads, if it reads any.
    pub(super) fn of(request: &HeaderMap) -> Option<Self> {
        Self::ALL.into_iter().find(|coding| accepts(request, coding.word()))
    }
}

/// Whether `Accept-Encoding` names a coding, and does not refuse it (RFC 9110, section 12.5.3).
pub(in crate::api) fn accepts(request: &HeaderMap, coding: &str) -> bool {
    let accepted = request.get_all(header::ACCEPT_ENCODING).into_iter();
    let mut codings = accepted.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    codings.any(|given| {
        let mut parts = given.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        named && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

/// What compresses answers.
pub(super) struct Compression(Arc<Semaphore>);

impl Compression {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(STREAMS)))
    }

    /// A response as a client is to get it that reads this coding, if any: compressed if it is JSON and long.
    ///
    /// # Errors
    /// If there is no memory left.
    pub(super) async fn compressed(&self, mut response: Response, coding: Option<Coding>) -> io::Result<Response> {
        if !is_json(&response) {
            return Ok(response);
        }
        let body = BoxBody::from(response.take_body());
        let whole = body.size_hint().exact();
        if whole.is_some_and(|length| length < WORTH) {
            response.set_body(Body::from(body));
            return Ok(response);
        }
        response.headers_mut().append(header::VARY, HeaderValue::from_name(header::ACCEPT_ENCODING));
        let streams = || Arc::clone(&self.0).try_acquire_owned().ok();
        let (body, coding) = match (coding, whole) {
            (Some(coding), Some(length)) => (Body::from(pack(coding, length, body).await?), Some(coding)),
            (Some(coding), None) => match streams() {
                Some(permit) => (Body::from_bytes_stream(packed(coding, body, permit)?), Some(coding)),
                None => (Body::from(body), None),
            },
            (None, _) => (Body::from(body), None),
        };
        if let Some(coding) = coding {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.word()));
        }
        response.set_body(body);
        Ok(response)
    }
}

fn is_json(response: &Response) -> bool {
    let found = response.headers().get(header::CONTENT_TYPE).and_then(|found| found.to_str().ok());
    found.is_some_and(|found| found.split(';').next() == Some("application/json"))
        && !response.headers().contains_key(header::CONTENT_ENCODING)
}

/// Packs an answer that is there.
async fn pack(coding: Coding, length: u64, body: BoxBody<Bytes, io::Error>) -> io::Result<Vec<u8>> {
    let mut encoder = Encoder::new(coding, Some(length))?;
    encoder.write_all(&body.collect().await?.to_bytes())?;
    encoder.finish()
}

/// Packs an answer while it is made. One that is cut off is cut off packed.
fn packed(
    coding: Coding,
    body: BoxBody<Bytes, io::Error>,
    permit: OwnedSemaphorePermit,
) -> io::Result<impl Stream<Item = io::Result<Bytes>> + Send + 'static> {
    let (body, encoder) = (Body::from(body).into_bytes_stream(), Encoder::new(coding, None)?);
    let state = (Box::pin(body), Some(encoder), permit);
    Ok(stream::unfold(state, |(mut body, mut encoder, permit)| async move {
        while let Some(mut packing) = encoder.take() {
            let part = match body.next().await {
                Some(part) => part.and_then(|part| packing.write_all(&part)).map(|()| {
                    let part = packing.take();
                    encoder = Some(packing);
                    part
                }),
                None => packing.finish(),
            };
            match part {
                Ok(part) if part.is_empty() => {}
                part => return Some((part.map(Bytes::from), (body, encoder, permit))),
            }
        }
        None
    }))
}

enum Encoder {
    Zstd(zstd::Encoder<'static, Vec<u8>>),
    Brotli(Box<brotli::CompressorWriter<Vec<u8>>>),
    Gzip(GzEncoder<Vec<u8>>),
}

impl Encoder {
    /// For so many bytes, if that is known: for few it takes less memory.
    fn new(coding: Coding, length: Option<u64>) -> io::Result<Self> {
        const BUFFER: usize = 4096;
        Ok(match coding {
            Coding::Zstd => {
                let mut encoder = zstd::Encoder::new(Vec::new(), ZSTD_LEVEL)?;
                encoder.set_pledged_src_size(length)?;
                Self::Zstd(encoder)
            }
            Coding::Brotli => {
                Self::Brotli(Box::new(brotli::CompressorWriter::new(Vec::new(), BUFFER, BROTLI_LEVEL, BROTLI_WINDOW)))
            }
            Coding::Gzip => Self::Gzip(GzEncoder::new(Vec::new(), flate2::Compression::new(GZIP_LEVEL))),
        })
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Zstd(encoder) => encoder.write_all(bytes),
            Self::Brotli(encoder) => encoder.write_all(bytes),
            Self::Gzip(encoder) => encoder.write_all(bytes),
        }
    }

    /// What is ready.
    fn take(&mut self) -> Vec<u8> {
        mem::take(match self {
            Self::Zstd(encoder) => encoder.get_mut(),
            Self::Brotli(encoder) => encoder.get_mut(),
            Self::Gzip(encoder) => encoder.get_mut(),
        })
    }

    /// What is left.
    fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Zstd(encoder) => encoder.finish(),
            Self::Brotli(encoder) => Ok(encoder.into_inner()),
            Self::Gzip(encoder) => encoder.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streamed(parts: impl IntoIterator<Item = io::Result<&'static str>, IntoIter: Send + 'static>) -> Response {
        let body = Body::from_bytes_stream(stream::iter(parts));
        Response::builder().header(header::CONTENT_TYPE, "application/json").body(body)
    }

    #[tokio::test]
    async fn of_answers_that_are_made_while_they_are_sent_a_few_are_compressed_at_a_time() {
        let compression = Compression::new();
        let mut open = Vec::new();
        for _ in 0..STREAMS {
            let response = compression.compressed(streamed([Ok("[]")]), Some(Coding::Brotli)).await.unwrap();
            assert_eq!(response.headers()[header::CONTENT_ENCODING], "br");
            open.push(response);
        }
        let plain = compression.compressed(streamed([Ok("[]")]), Some(Coding::Brotli)).await.unwrap();
        assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
        assert_eq!(plain.into_body().into_string().await.unwrap(), "[]");
        open.pop().unwrap().into_body().into_vec().await.unwrap();
        let next = compression.compressed(streamed([Ok("[]")]), Some(Coding::Gzip)).await.unwrap();
        assert_eq!(next.headers()[header::CONTENT_ENCODING], "gzip");
    }

    #[tokio::test]
    async fn what_is_compressed_part_by_part_is_unpacked_the_same() {
        use std::io::Read;
        const PART: &str = r#"{"username":"BR0001","gender":"female"},"#;
        for coding in Coding::ALL {
            let parts = (0..20_000).map(|_| Ok(PART));
            let response = Compression::new().compressed(streamed(parts), Some(coding)).await.unwrap();
            let packed = response.into_body().into_vec().await.unwrap();
            let mut unpacked = String::new();
            match coding {
                Coding::Zstd => zstd::Decoder::new(&*packed).unwrap().read_to_string(&mut unpacked),
                Coding::Brotli => brotli::Decompressor::new(&*packed, 4096).read_to_string(&mut unpacked),
                Coding::Gzip => flate2::read::GzDecoder::new(&*packed).read_to_string(&mut unpacked),
            }
            .unwrap();
            assert!(unpacked == PART.repeat(20_000), "{coding:?}");
            assert!(packed.len() * 20 < unpacked.len(), "{coding:?}: {}", packed.len());
        }
    }

    #[tokio::test]
    async fn an_answer_that_is_cut_off_is_cut_off_compressed() {
        for coding in Coding::ALL {
            let parts = [Ok("[1,"), Err(io::Error::other("cut off"))];
            let response = Compression::new().compressed(streamed(parts), Some(coding)).await.unwrap();
            response.into_body().into_vec().await.unwrap_err();
        }
    }
}
