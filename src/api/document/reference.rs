//! Swagger UI at `/v1/reference`: a small page of our own around the copy of Swagger UI that poem-openapi carries.
//!
//! That copy comes as one page with everything inline. Script and style are cut out of it once, and served as files,
//! so that the page needs no inline script and browsers keep what they have.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{Endpoint, IntoResponse, Request, Response};
use poem_openapi::{OpenApi, OpenApiService};

use crate::model::Error;

/// Nothing but this server's own files.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// The page and its files, each with its path.
///
/// # Errors
/// If script and style cannot be found in the framework's page, which a test excludes.
pub(in crate::api) fn files() -> Result<Vec<(&'static str, File)>, Error> {
    let (style, script) = swagger_ui().ok_or_else(|| Error::internal("Swagger UI is not as expected"))?;
    let text = |content: &str| content.to_owned();
    let javascript = "text/javascript; charset=utf-8";
    Ok(vec![
        ("/v1/reference", File::new("text/html; charset=utf-8", text(include_str!("reference/page.html")))),
        ("/v1/reference/swagger-ui.css", File::new("text/css; charset=utf-8", style)),
        ("/v1/reference/swagger-ui-bundle.js", File::new(javascript, script)),
        ("/v1/reference/start.js", File::new(javascript, text(include_str!("reference/start.js")))),
        ("/v1/reference/icon.svg", File::new("image/svg+xml", text(include_str!("reference/icon.svg")))),
    ])
}

/// The style and the script inside the framework's page.
fn swagger_ui() -> Option<(String, String)> {
    struct Empty;
    #[OpenApi]
    impl Empty {}
    let page = OpenApiService::new(Empty, "", "").swagger_ui_html();
    let (_, rest) = page.split_once("<style charset=\"UTF-8\">")?;
    let (style, rest) = rest.split_once("</style>\n    <script charset=\"UTF-8\">")?;
    let (script, _) = rest.split_once("</script>\n</head>")?;
    Some((style.to_owned(), script.to_owned()))
}

/// A file that is served from memory, and only once to a browser that keeps it.
pub(in crate::api) struct File {
    content_type: &'static str,
    content: Bytes,
    tag: String,
}

impl File {
    fn new(content_type: &'static str, content: String) -> Self {
        // Tells versions of the file apart; nothing secret depends on it.
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        let tag = format!("\"{:016x}\"", hasher.finish());
        Self { content_type, content: content.into(), tag }
    }
}

impl Endpoint for File {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let known = request.headers().get(header::IF_NONE_MATCH).is_some_and(|tag| tag == self.tag.as_str());
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Response::builder().header(header::CONTENT_TYPE, self.content_type).body(self.content.clone())
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        if let Ok(tag) = HeaderValue::from_str(&self.tag) {
            headers.insert(header::ETAG, tag);
        }
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_and_style_are_found_whole() {
        let (style, script) = swagger_ui().unwrap();
        assert!(style.starts_with(".swagger-ui") || style.contains(".swagger-ui{"));
        assert!(script.contains("SwaggerUIBundle") && script.len() > 1_000_000);
        assert!(!style.contains("<script") && !script.contains("</script>\n</head>"));
    }
}
