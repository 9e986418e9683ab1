//! Bodies that are files: taken a piece at a time, and never in memory as a whole.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use tokio::time::{Instant, timeout_at};

use crate::api::http::body::Incoming;
use crate::api::http::failure::HttpFault;
use crate::model::Invalid;

/// So many bytes a second are to arrive, once the time for any body is over.
const SLOWEST: usize = 4 << 10;

/// Nothing may come for as many times as long as any body may take: a bad line is quiet for a while, and who gave up
/// holds nothing for hours.
const QUIET: u32 = 3;

/// A body of any kind that has not arrived yet.
pub(in crate::api) struct FileBody(Incoming);

impl FileBody {
    /// The body's pieces, of at most so many bytes in all.
    ///
    /// # Errors
    /// 413 if it says itself that it is longer.
    pub(in crate::api) fn pieces(self, limit: usize) -> poem::Result<Pieces> {
        if self.0.declared_length.is_some_and(|length| length > limit as u64) {
            return Err(HttpFault::BodyTooLarge(limit).into());
        }
        let stream = self.0.body.into_bytes_stream().boxed();
        Ok(Pieces { stream, began: Instant::now(), patience: self.0.limits.body_timeout, limit, arrived: 0 })
    }
}

/// Such a body on its way.
pub(in crate::api) struct Pieces {
    stream: BoxStream<'static, Result<Bytes, std::io::Error>>,
    began: Instant,
    patience: Duration,
    limit: usize,
    arrived: usize,
}

impl Pieces {
    /// The next piece; nothing behind the last. A long file may take longer than other bodies, as long as it goes on.
    ///
    /// # Errors
    /// 413 or 408 (contract, section 2).
    pub(in crate::api) async fn next(&mut self) -> poem::Result<Option<Bytes>> {
        let earned = Duration::from_secs((self.arrived / SLOWEST) as u64);
        let quiet = Instant::now() + self.patience * QUIET;
        let next = timeout_at(quiet.min(self.began + self.patience + earned), self.stream.next()).await;
        let Some(piece) = next.map_err(|_| HttpFault::TooSlow(self.patience))? else { return Ok(None) };
        // If the connection broke, nobody reads what is answered.
        let piece = piece.map_err(|_| Invalid::Syntax)?;
        self.arrived += piece.len();
        if self.arrived > self.limit {
            return Err(HttpFault::BodyTooLarge(self.limit).into());
        }
        Ok(Some(piece))
    }
}

impl<'a> ApiExtractor<'a> for FileBody {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn request_meta() -> Option<MetaRequest> {
        let schema = MetaSchemaRef::Inline(Box::new(MetaSchema::new_with_format("string", "binary")));
        let content = vec![MetaMediaType { content_type: "application/octet-stream", schema }];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        Ok(Self(Incoming::of(request, body)?))
    }
}
