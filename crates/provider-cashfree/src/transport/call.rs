use bytes::Bytes;
use http::Method;
use payment_provider_core::Operation;
use uuid::Uuid;

/// An address of the API below its base, and the method it is called with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Route<'a> {
    CreateLink,
    FetchLink(&'a str),
    CancelLink(&'a str),
    LinkOrders(&'a str),
    OrderPayments(&'a str),
}

impl<'a> Route<'a> {
    pub(super) const fn method(self) -> Method {
        match self {
            Self::CreateLink | Self::CancelLink(_) => Method::POST,
            Self::FetchLink(_) | Self::LinkOrders(_) | Self::OrderPayments(_) => Method::GET,
        }
    }

    /// The path with names in place of ids: the same for all calls of a kind.
    pub(super) const fn template(self) -> &'static str {
        match self {
            Self::CreateLink => "/links",
            Self::FetchLink(_) => "/links/{link_id}",
            Self::CancelLink(_) => "/links/{link_id}/cancel",
            Self::LinkOrders(_) => "/links/{link_id}/orders",
            Self::OrderPayments(_) => "/orders/{order_id}/payments",
        }
    }

    const fn id(self) -> &'a str {
        match self {
            Self::CreateLink => "",
            Self::FetchLink(id)
            | Self::CancelLink(id)
            | Self::LinkOrders(id)
            | Self::OrderPayments(id) => id,
        }
    }

    /// The parts of the path, not encoded.
    pub(super) fn parts(self) -> impl Iterator<Item = &'a str> {
        let parts = self.template().split('/').skip(1);
        parts.map(move |part| {
            if part.starts_with('{') {
                self.id()
            } else {
                part
            }
        })
    }
}

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Call<'a> {
    pub(super) operation: Operation,
    pub(super) route: Route<'a>,
    pub(super) query: Option<(&'static str, &'static str)>,
    pub(super) body: Option<Bytes>,
    pub(super) idempotency_key: Option<Uuid>,
}

impl<'a> Call<'a> {
    pub(crate) const fn new(operation: Operation, route: Route<'a>) -> Self {
        Self {
            operation,
            route,
            query: None,
            body: None,
            idempotency_key: None,
        }
    }

    pub(crate) const fn with_query(mut self, name: &'static str, value: &'static str) -> Self {
        self.query = Some((name, value));
        self
    }

    /// Adds a body and the key under which the gateway takes it once.
    pub(crate) fn with_body(mut self, body: Bytes, idempotency_key: Uuid) -> Self {
        self.body = Some(body);
        self.idempotency_key = Some(idempotency_key);
        self
    }
}
