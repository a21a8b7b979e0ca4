//! Authentication by API key.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::access::{self, Denied, Source};
use crate::problem::Problem;
use crate::state::App;

/// Rejects requests without an accepted API key. The others carry the [`Access`](access::Access) of their key.
pub(super) async fn require_key(
    State(app): State<App>,
    source: Source,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(key) = bearer_token(request.headers()) else {
        return unauthorized();
    };
    match access::authenticate(&app, source, key).await {
        Ok(access) => {
            request.extensions_mut().insert(access);
            next.run(request).await
        }
        Err(Denied::WrongKey) => unauthorized(),
        Err(Denied::TooManyFailures { wait }) => Denied::too_many_failures(wait).into_response(),
        Err(Denied::Failed(problem)) => problem.into_response(),
    }
}

fn unauthorized() -> Response {
    let detail = "the header `authorization: Bearer <api key>` is required";
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail);
    ([(header::WWW_AUTHENTICATE, "Bearer")], problem).into_response()
}

/// Returns the token of the request, if it has exactly one `authorization` header and the scheme is
/// `Bearer`.
fn bearer_token(headers: &HeaderMap) -> Option<&[u8]> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, token) = value.as_bytes().split_at_checked("bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"bearer ").then_some(token)
}
