//! Long answers as a ZIP archive of one file, made while they are read.

use std::io::{self, Write};
use std::marker::PhantomData;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::stream;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{Body, IntoResponse, Request, RequestBody, Response};
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions};
use zip::ZipWriter;
use zip::write::{SimpleFileOptions, StreamWriter};

use super::{accept, reply};
use crate::app::{AnswerBody, Form, Reading};
use crate::model::Error;

const ZIP: &str = "application/zip";

/// Whether a client wants an archive: the `Accept` of its request names `application/zip`.
pub(in crate::api) struct WantsZip(bool);

impl<'a> ApiExtractor<'a> for WantsZip {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::PoemExtractor];

    type ParamType = ();
    type ParamRawType = ();

    async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
        Ok(Self(accept::names(request, ZIP)))
    }
}

/// An object that is sent while it is read: as JSON or, to whom wants that, in an archive.
pub(in crate::api) struct JsonOrZip<T>(Response, PhantomData<fn() -> T>);

impl<T> JsonOrZip<T> {
    /// Reads pieces that look together like a `T`. In an archive it is a file of this name.
    pub(in crate::api) async fn put_out<M: 'static>(
        reading: Reading<M>,
        form: Form<M>,
        name: &str,
        WantsZip(wanted): WantsZip,
    ) -> poem::Result<Self> {
        let answer = reading.put_out(form).await?.body;
        let mut response = match wanted {
            false => reply::response(StatusCode::OK, answer),
            true => {
                let zipping = Zipping::begin(name, answer).map_err(Error::internal)?;
                let parts = stream::unfold(zipping, |mut zipping| async move {
                    let part = zipping.next().await.transpose()?;
                    Some((part.map(Bytes::from), zipping))
                });
                Response::builder().header(header::CONTENT_TYPE, ZIP).body(Body::from_bytes_stream(parts))
            }
        };
        response.headers_mut().insert(header::VARY, HeaderValue::from_name(header::ACCEPT));
        Ok(Self(response, PhantomData))
    }
}

impl<T: Send> IntoResponse for JsonOrZip<T> {
    fn into_response(self) -> Response {
        self.0
    }
}

impl<T: Type> ApiResponse for JsonOrZip<T> {
    fn meta() -> MetaResponses {
        let binary = MetaSchemaRef::Inline(Box::new(MetaSchema::new_with_format("string", "binary")));
        let response = MetaResponse {
            description: "This is it; in a ZIP archive, if `Accept` names that.",
            status: Some(200),
            status_range: None,
            content: vec![
                MetaMediaType { content_type: "application/json", schema: T::schema_ref() },
                MetaMediaType { content_type: ZIP, schema: binary },
            ],
            headers: Vec::new(),
        };
        MetaResponses { responses: vec![response] }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

/// An archive in the making.
struct Zipping {
    /// What it is made of.
    answer: AnswerBody,
    /// Until it is whole.
    zip: Option<ZipWriter<StreamWriter<Packed>>>,
    packed: Packed,
}

/// What has been packed and not been sent.
#[derive(Clone, Default)]
struct Packed(Arc<Mutex<Vec<u8>>>);

impl Packed {
    fn take(&self) -> Vec<u8> {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Packed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Zipping {
    /// An archive with one file of this name, which an answer becomes.
    fn begin(name: &str, answer: AnswerBody) -> io::Result<Self> {
        let packed = Packed::default();
        let mut zip = ZipWriter::new_stream(packed.clone());
        zip.start_file(name, SimpleFileOptions::default())?;
        Ok(Self { answer, zip: Some(zip), packed })
    }

    /// The next bytes of the archive, `None` after the last. If the answer is cut off, so is the archive.
    async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        while let Some(mut zip) = self.zip.take() {
            let part = match &mut self.answer {
                AnswerBody::Whole(bytes) => Some(mem::take(bytes)).filter(|bytes| !bytes.is_empty()),
                AnswerBody::Chunks(chunks) => chunks.next().await.transpose().map_err(io::Error::other)?,
            };
            match part {
                Some(part) => {
                    zip.write_all(&part)?;
                    self.zip = Some(zip);
                }
                None => {
                    zip.finish()?;
                }
            }
            let packed = self.packed.take();
            if !packed.is_empty() {
                return Ok(Some(packed));
            }
        }
        Ok(None)
    }
}
