use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

pub fn raw(status: u16, body: impl Into<Bytes>) -> Response<Bytes> {
    let response = Response::builder().status(status);
    response.body(body.into()).unwrap()
}

fn of(status: u16, body: &Value) -> Response<Bytes> {
    let mut response = raw(status, body.to_string());
    let json = "application/json".parse().unwrap();
    response.headers_mut().insert("content-type", json);
    response
}

pub fn ok(body: &Value) -> Response<Bytes> {
    of(200, body)
}

/// Returns a refusal in the form of payment links, whose `metadata` is a list.
pub fn bad(description: &str) -> Response<Bytes> {
    of(
        400,
        &json!({"error": {"code": "BAD_REQUEST_ERROR", "description": description, "reason": null,
            "source": null, "step": null, "metadata": []}}),
    )
}

/// Returns a refusal in the form of orders and customers.
pub fn bad_without_list(description: &str) -> Response<Bytes> {
    of(
        400,
        &json!({"error": {"code": "BAD_REQUEST_ERROR", "description": description, "reason": "NA",
            "source": "NA", "step": "NA", "metadata": {}}}),
    )
}

/// Returns a refusal of the credentials. In live mode (`bare`) it has no source, step and reason.
pub fn unauthorized(bare: bool) -> Response<Bytes> {
    if bare {
        return of(401, &json!({"error": "Unauthorized"}));
    }
    of(
        401,
        &json!({"error": {"code": "BAD_REQUEST_ERROR", "description": "Authentication failed"}}),
    )
}

pub fn too_many(retry_after: Option<&str>) -> Response<Bytes> {
    let body = json!({"error": {"code": "BAD_REQUEST_ERROR", "description": "Too many requests"}});
    let mut response = of(429, &body);
    if let Some(wait) = retry_after {
        let wait = wait.parse().unwrap();
        response.headers_mut().insert("retry-after", wait);
    }
    response
}

pub fn quota() -> Response<Bytes> {
    of(
        429,
        &json!({"error": {"code": "RATE_LIMIT_EXCEEDED", "description": "limit of test mode reached"}}),
    )
}
