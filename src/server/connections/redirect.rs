//! What answers on the HTTP port: the same place over HTTPS.

use poem::http::uri::Authority;
use poem::http::{StatusCode, header};
use poem::{Endpoint, IntoResponse, Request, Response};

use crate::api::add_security_headers;

/// Sends every request to the same host over HTTPS, with 308.
pub(in crate::server) struct Redirect {
    /// The port of HTTPS.
    pub port: u16,
}

impl Endpoint for Redirect {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let mut response = match self.location(&request) {
            Some(location) => {
                Response::builder().status(StatusCode::PERMANENT_REDIRECT).header(header::LOCATION, location).finish()
            }
            None => StatusCode::BAD_REQUEST.into_response(),
        };
        add_security_headers(response.headers_mut());
        Ok(response)
    }
}

impl Redirect {
    /// The address over HTTPS; `None` if the request does not say which host it is for.
    fn location(&self, request: &Request) -> Option<String> {
        let host = request.headers().get(header::HOST)?.to_str().ok()?;
        let authority: Authority = host.parse().ok()?;
        // Whoever puts a user into the host wants to mislead.
        if authority.host().is_empty() || authority.as_str().contains('@') {
            return None;
        }
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let port = if self.port == 443 { String::new() } else { format!(":{}", self.port) };
        Some(format!("https://{}{port}{path}", authority.host()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(port: u16, host: Option<&str>, uri: &'static str) -> Option<String> {
        let mut request = Request::builder().uri_str(uri);
        if let Some(host) = host {
            request = request.header("host", host);
        }
        Redirect { port }.location(&request.finish())
    }

    #[test]
    fn a_request_is_sent_to_the_same_place_over_https() {
        let to = |host, uri| location(3001, Some(host), uri);
        assert_eq!(to("box:3000", "/v1/a?b=c").as_deref(), Some("https://box:3001/v1/a?b=c"));
        assert_eq!(to("[::1]:3000", "/").as_deref(), Some("https://[::1]:3001/"));
        assert_eq!(location(443, Some("box"), "/").as_deref(), Some("https://box/"));
        for bad in ["", "a b", "user@box", "box/x", "box\\x"] {
            assert_eq!(to(bad, "/"), None, "{bad:?}");
        }
        assert_eq!(location(3001, None, "/"), None);
    }
}
