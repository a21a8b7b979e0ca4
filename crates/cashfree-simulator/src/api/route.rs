//! Maps method and path to a call.

use http::Method;

use super::error::ApiError;
use super::percent::decoded;
use crate::api_faults::ApiOperation;
use crate::version::ApiVersion;

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
    CreateOrder,
    FetchOrder(String),
    TerminateOrder(String),
    ListPayments(String),
    FetchPayment {
        order_id: String,
        cf_payment_id: String,
    },
    CreateRefund(String),
    ListRefunds(String),
    FetchRefund {
        order_id: String,
        refund_id: String,
    },
    CancelRefund {
        order_id: String,
        refund_id: String,
    },
    FetchSettlement(String),
    SimulatePayment,
    SimulateSettlement,
    FetchSimulation(String),
}

impl Call {
    pub(super) const fn operation(&self) -> ApiOperation {
        match self {
            Self::CreateLink => ApiOperation::CreateLink,
            Self::FetchLink(_) => ApiOperation::FetchLink,
            Self::CancelLink(_) => ApiOperation::CancelLink,
            Self::ListOrders { .. } => ApiOperation::ListOrders,
            Self::CreateOrder => ApiOperation::CreateOrder,
            Self::FetchOrder(_) => ApiOperation::FetchOrder,
            Self::TerminateOrder(_) => ApiOperation::TerminateOrder,
            Self::ListPayments(_) => ApiOperation::ListPayments,
            Self::FetchPayment { .. } => ApiOperation::FetchPayment,
            Self::CreateRefund(_) => ApiOperation::CreateRefund,
            Self::ListRefunds(_) => ApiOperation::ListRefunds,
            Self::FetchRefund { .. } => ApiOperation::FetchRefund,
            Self::CancelRefund { .. } => ApiOperation::CancelRefund,
            Self::FetchSettlement(_) => ApiOperation::FetchSettlement,
            Self::SimulatePayment | Self::SimulateSettlement => ApiOperation::Simulate,
            Self::FetchSimulation(_) => ApiOperation::FetchSimulation,
        }
    }

    /// Returns the first version that has the call.
    pub(super) const fn since(&self) -> ApiVersion {
        match self {
            Self::TerminateOrder(_) => ApiVersion::V2023_08_01,
            Self::CancelRefund { .. } | Self::SimulateSettlement => ApiVersion::V2026_01_01,
            _ => ApiVersion::V2021_05_21,
        }
    }

    /// Parses the method, path and query of a request. One trailing slash is ignored. An empty segment inside the
    /// path makes it an unknown address, which is refused with the status `unknown`.
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
        let calls = at(&segments);
        if calls.is_empty() {
            return Err(ApiError::unknown_route(unknown));
        }
        let call = calls.into_iter().find(|(wanted, _)| wanted == method);
        match call.ok_or_else(ApiError::method_not_allowed)?.1 {
            Self::ListOrders { link_id, .. } => Ok(Self::ListOrders {
                link_id,
                paid_only: paid_only(query)?,
            }),
            call => Ok(call),
        }
    }
}

/// Returns the calls at a path, one for each method.
fn at(segments: &[&str]) -> Vec<(Method, Call)> {
    let id = |id: &str| id.to_owned();
    match *segments {
        ["links"] => vec![(Method::POST, Call::CreateLink)],
        ["links", link] => vec![(Method::GET, Call::FetchLink(id(link)))],
        ["links", link, "cancel"] => vec![(Method::POST, Call::CancelLink(id(link)))],
        ["links", link, "orders"] => {
            let (link_id, paid_only) = (id(link), true);
            vec![(Method::GET, Call::ListOrders { link_id, paid_only })]
        }
        ["orders"] => vec![(Method::POST, Call::CreateOrder)],
        ["orders", order] => vec![
            (Method::GET, Call::FetchOrder(id(order))),
            (Method::PATCH, Call::TerminateOrder(id(order))),
        ],
        ["orders", order, "payments"] => vec![(Method::GET, Call::ListPayments(id(order)))],
        ["orders", order, "payments", payment] => {
            let (order_id, cf_payment_id) = (id(order), id(payment));
            let call = Call::FetchPayment {
                order_id,
                cf_payment_id,
            };
            vec![(Method::GET, call)]
        }
        ["orders", order, "refunds"] => vec![
            (Method::POST, Call::CreateRefund(id(order))),
            (Method::GET, Call::ListRefunds(id(order))),
        ],
        ["orders", order, "refunds", refund] => {
            let (order_id, refund_id) = (id(order), id(refund));
            let cancel = Call::CancelRefund {
                order_id: order_id.clone(),
                refund_id: refund_id.clone(),
            };
            let fetch = Call::FetchRefund {
                order_id,
                refund_id,
            };
            vec![(Method::GET, fetch), (Method::PUT, cancel)]
        }
        ["orders", order, "settlements"] => vec![(Method::GET, Call::FetchSettlement(id(order)))],
        ["simulate"] => vec![(Method::POST, Call::SimulatePayment)],
        ["simulate", "settlement"] => vec![(Method::POST, Call::SimulateSettlement)],
        ["simulate", simulation] | ["simulate", "settlement", simulation] => {
            vec![(Method::GET, Call::FetchSimulation(id(simulation)))]
        }
        _ => Vec::new(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_and_paths_map_to_calls() {
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
        assert_eq!(
            read(Method::PATCH, "/pg/orders/a", None),
            Ok(Call::TerminateOrder("a".to_owned()))
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
}
