//! Which operation a method and an address mean.

use http::Method;

use super::answer::ApiError;
use crate::faults::Operation;

/// A call of the merchant API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Call {
    CreateLink,
    FetchLink(String),
    CancelLink(String),
    ListOrders {
        link_id: String,
        paid_only: bool,
    },
    FetchOrder(String),
    ListPayments(String),
    FetchPayment {
        order_id: String,
        cf_payment_id: String,
    },
}

impl Call {
    pub(super) const fn operation(&self) -> Operation {
        match self {
            Self::CreateLink => Operation::CreateLink,
            Self::FetchLink(_) => Operation::FetchLink,
            Self::CancelLink(_) => Operation::CancelLink,
            Self::ListOrders { .. } => Operation::ListOrders,
            Self::FetchOrder(_) => Operation::FetchOrder,
            Self::ListPayments(_) => Operation::ListPayments,
            Self::FetchPayment { .. } => Operation::FetchPayment,
        }
    }

    /// Reads the method, path and query of a request. A slash at the end of the path is one too many but does no
    /// harm; an empty part inside makes it an unknown address, which is refused with the status `unknown`.
    pub(super) fn read(
        method: &Method,
        path: &str,
        query: Option<&str>,
        unknown: u16,
    ) -> Result<Self, ApiError> {
        let path = path.strip_prefix("/pg/").unwrap_or_default();
        let path = path.strip_suffix('/').unwrap_or(path);
        let segments: Vec<String> = path.split('/').map(decoded).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        if segments.contains(&"") {
            return Err(ApiError::unknown_route(unknown));
        }
        let (wanted, call) = match *segments.as_slice() {
            ["links"] => (Method::POST, Self::CreateLink),
            ["links", link_id] => (Method::GET, Self::FetchLink(link_id.to_owned())),
            ["links", link_id, "cancel"] => (Method::POST, Self::CancelLink(link_id.to_owned())),
            ["links", link_id, "orders"] => {
                let paid_only = if method == Method::GET {
                    paid_only(query)?
                } else {
                    true
                };
                (
                    Method::GET,
                    Self::ListOrders {
                        link_id: link_id.to_owned(),
                        paid_only,
                    },
                )
            }
            ["orders", order_id] => (Method::GET, Self::FetchOrder(order_id.to_owned())),
            ["orders", order_id, "payments"] => {
                (Method::GET, Self::ListPayments(order_id.to_owned()))
            }
            ["orders", order_id, "payments", cf_payment_id] => (
                Method::GET,
                Self::FetchPayment {
                    order_id: order_id.to_owned(),
                    cf_payment_id: cf_payment_id.to_owned(),
                },
            ),
            _ => return Err(ApiError::unknown_route(unknown)),
        };
        if wanted == *method {
            Ok(call)
        } else {
            Err(ApiError::method_not_allowed())
        }
    }
}

fn paid_only(query: Option<&str>) -> Result<bool, ApiError> {
    let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let status = pairs
        .filter(|(name, _)| name == "status")
        .last()
        .map(|(_, value)| value.into_owned());
    match status.as_deref() {
        None | Some("PAID") => Ok(true),
        Some("ALL") => Ok(false),
        Some(_) => Err(ApiError::request(
            400,
            "status_invalid",
            "status: must be ALL or PAID",
        )),
    }
}

/// A path segment without its percent escapes. Escapes that are none are left as they are.
fn decoded(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = (first == b'%').then(|| after.get(..2)).flatten();
        let value = escaped
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(value) = value {
            bytes.push(value);
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_mean_operations() {
        let read = |method: Method, path: &str, query| {
            Call::read(&method, path, query, 400).map_err(|error| error.code)
        };
        assert_eq!(read(Method::POST, "/pg/links", None), Ok(Call::CreateLink));
        assert_eq!(
            read(Method::GET, "/pg/links/a%2Db", None),
            Ok(Call::FetchLink("a-b".to_owned()))
        );
        assert_eq!(
            read(Method::GET, "/pg/links/a/orders", Some("status=ALL")),
            Ok(Call::ListOrders {
                link_id: "a".to_owned(),
                paid_only: false
            })
        );
        assert_eq!(
            read(Method::GET, "/pg/links/a/orders", Some("status=X")),
            Err("status_invalid".into())
        );
        assert_eq!(read(Method::POST, "/pg/links/", None), Ok(Call::CreateLink));
        for unknown in [
            "/pg",
            "/pg/",
            "/pg//",
            "/pg//links",
            "/pg/links//",
            "/pg/links//a",
            "/pg/nothing",
        ] {
            assert_eq!(
                read(Method::POST, unknown, None),
                Err("request_failed".into())
            );
        }
        assert!(read(Method::DELETE, "/pg/links/a", None).is_err());
    }

    #[test]
    fn escapes_that_are_none_stay() {
        assert_eq!(decoded("%zz%4"), "%zz%4");
        assert_eq!(decoded("%+1%e2%82%ac"), "%+1€");
        assert_eq!(decoded("%ff"), "\u{fffd}");
    }
}
