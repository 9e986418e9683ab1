//! Who asks: the bearer token, checked before anything else of a request is looked at.

use std::marker::PhantomData;

use poem::http::header;
use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaSecurityScheme, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use crate::api::Context;
use crate::app::policy::Operation;
use crate::app::{App, Caller, Origin, Permit};
use crate::model::Error;

/// The name of the security scheme in the document.
pub(in crate::api) const SCHEME: &str = "bearer";

/// A caller whose token is valid and holds a scope of `O`. Handlers put it first: what comes before a request's
/// token is checked must not be told (contract, section 2.1).
pub(in crate::api) struct Auth<O> {
    caller: Caller,
    origin: Origin,
    operation: PhantomData<fn() -> O>,
}

impl<O: Operation> Auth<O> {
    /// Asks whether this caller may do `O` to the target.
    pub(in crate::api) fn permit(self, app: &App, target: O::Target) -> Result<Permit<O>, Error> {
        app.permit(self.caller, self.origin, target)
    }
}

impl<'a, O: Operation> ApiExtractor<'a> for Auth<O> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        registry.create_security_scheme(
            SCHEME,
            MetaSecurityScheme {
                ty: "http",
                description: Some("The `access_token` that `POST /auth` answers with, alone: without its quotation marks, and without \
                     `Bearer` before it. To go on as somebody else, press *Logout* and paste another one."),
                name: None,
                key_in: None,
                scheme: Some("bearer"),
                bearer_format: Some("JWT"),
                flows: None,
                openid_connect_url: None,
            },
        );
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![SCHEME]
    }

    async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
        let Context { app, origin, .. } = Context::of(request)?;
        let caller = app.authenticate(bearer(request), O::ROW, origin)?;
        Ok(Self { caller, origin: origin.clone(), operation: PhantomData })
    }
}

/// What stands after `Bearer`, in any case (RFC 9110, section 11.1).
fn bearer(request: &Request) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
