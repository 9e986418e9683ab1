//! The console at `/`: pages for people, made of files that `src/console` is built into.
//!
//! Script and style bear the hash of what they hold in their names, so that browsers keep them for good and never mix
//! versions; they are stored compressed. The page itself is small and asked for each time.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;

use bytes::Bytes;
use flate2::read::GzDecoder;
use poem::http::{HeaderMap, HeaderValue, StatusCode, header};
use poem::{Endpoint, IntoResponse, Request, Response};

use crate::api::http::compression::accepts;
use crate::model::Error;

/// Nothing but this server's own files, no inline script or style, and no text that becomes markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

/// Whether the console is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Console {
    /// At `/`, which otherwise leads to Swagger UI.
    On,
    /// It is left out.
    Off,
}

/// The page and its files, each with its path.
///
/// # Errors
/// If a file cannot be unpacked, which a test excludes.
pub(in crate::api) fn files() -> Result<Vec<(String, File)>, Error> {
    let script = File::packed(
        "text/javascript; charset=utf-8",
        include_bytes!("../console/built/console.js.br"),
        include_bytes!("../console/built/console.js.gz"),
    )?;
    let style = File::packed(
        "text/css; charset=utf-8",
        include_bytes!("../console/built/console.css.br"),
        include_bytes!("../console/built/console.css.gz"),
    )?;
    let icon = File::plain("image/svg+xml", Keep::ForEver, include_str!("../console/icon.svg").to_owned());
    let [script_path, style_path, icon_path] = [(&script, "js"), (&style, "css"), (&icon, "svg")]
        .map(|(file, extension)| format!("/console/{}.{extension}", file.hash));
    let page = include_str!("../console/page.html");
    let page = page.replace("{script}", &script_path).replace("{style}", &style_path).replace("{icon}", &icon_path);
    Ok(vec![
        ("/".to_owned(), File::plain("text/html; charset=utf-8", Keep::AskEachTime, page)),
        (script_path, script),
        (style_path, style),
        (icon_path, icon),
    ])
}

/// How long a browser may keep a file.
#[derive(Clone, Copy)]
enum Keep {
    /// As long as it likes: another content has another name.
    ForEver,
    /// Until it is told that there is another.
    AskEachTime,
}

/// A file that is served from memory.
pub(in crate::api) struct File {
    content_type: &'static str,
    keep: Keep,
    hash: String,
    content: Content,
}

enum Content {
    Plain(Bytes),
    /// Twice, for whoever unpacks the one or the other.
    Packed {
        brotli: &'static [u8],
        gzip: &'static [u8],
    },
}

impl File {
    fn plain(content_type: &'static str, keep: Keep, content: String) -> Self {
        Self { content_type, keep, hash: hash(content.as_bytes()), content: Content::Plain(content.into()) }
    }

    fn packed(content_type: &'static str, brotli: &'static [u8], gzip: &'static [u8]) -> Result<Self, Error> {
        let hash = hash(&unpacked(gzip)?);
        Ok(Self { content_type, keep: Keep::ForEver, hash, content: Content::Packed { brotli, gzip } })
    }

    /// The content in a form that the client reads, and the name of that form.
    fn content(&self, headers: &HeaderMap) -> Result<(Bytes, Option<&'static str>), Error> {
        Ok(match &self.content {
            Content::Plain(content) => (content.clone(), None),
            Content::Packed { brotli, .. } if accepts(headers, "br") => (Bytes::from_static(brotli), Some("br")),
            Content::Packed { gzip, .. } if accepts(headers, "gzip") => (Bytes::from_static(gzip), Some("gzip")),
            Content::Packed { gzip, .. } => (unpacked(gzip)?.into(), None),
        })
    }
}

/// Tells contents apart; nothing secret depends on it.
fn hash(content: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn unpacked(gzip: &[u8]) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    GzDecoder::new(gzip).read_to_end(&mut content).map_err(Error::internal)?;
    Ok(content)
}

impl Endpoint for File {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let tag = format!("\"{}\"", self.hash);
        let known = request.headers().get(header::IF_NONE_MATCH).is_some_and(|given| given == tag.as_str());
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let (content, coding) = self.content(request.headers())?;
            let response = Response::builder().header(header::CONTENT_TYPE, self.content_type);
            match coding {
                Some(coding) => response.header(header::CONTENT_ENCODING, coding).body(content),
                None => response.body(content),
            }
        };
        let headers = response.headers_mut();
        let keep = match self.keep {
            Keep::ForEver => "public, max-age=31536000, immutable",
            Keep::AskEachTime => "no-cache",
        };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, tag);
        }
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_the_files_that_are_there_and_holds_no_script_or_style_itself() {
        let files = files().unwrap();
        let page = files.iter().find(|(path, _)| path == "/").unwrap();
        let (content, coding) = page.1.content(&HeaderMap::new()).unwrap();
        let page = String::from_utf8(content.to_vec()).unwrap();
        assert_eq!(coding, None);
        for (path, _) in files.iter().filter(|(path, _)| path != "/") {
            assert!(page.contains(&format!("\"{path}\"")), "{path}");
        }
        assert!(!page.contains('{') && !page.contains("<style") && page.matches("<script").count() == 1);
    }

    #[test]
    fn a_client_gets_the_form_that_it_reads() {
        let files = files().unwrap();
        let script = &files.iter().find(|(path, _)| path.ends_with(".js")).unwrap().1;
        let asked = |accepted: &'static str| {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))]);
            script.content(&headers).unwrap()
        };
        let (plain, coding) = asked("identity");
        assert_eq!(coding, None);
        assert_eq!(hash(&plain), script.hash);
        for (accepted, expected) in [
            ("gzip, deflate, br, zstd", Some("br")),
            ("gzip", Some("gzip")),
            ("br;q=0, GZIP;q=0.5", Some("gzip")),
            ("", None),
        ] {
            let (content, coding) = asked(accepted);
            assert_eq!(coding, expected, "{accepted}");
            assert_eq!(coding.is_some(), content.len() < plain.len() / 2, "{accepted}");
        }
    }
}
