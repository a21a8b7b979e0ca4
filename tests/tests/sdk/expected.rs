//! The expected result of every step of the script, for all versions of SDK and API.

/// The steps with links, the orders created for them, payments, and rejections.
pub(crate) const LINKS: &[&str] = &[
    "create: POST /links 200 LinkEntity ACTIVE 0.0",
    "fetch active: GET /links/* 200 LinkEntity ACTIVE 0.0",
    "no orders yet: GET /links/*/orders 200 []",
    "fetch partly paid: GET /links/* 200 LinkEntity PARTIALLY_PAID 55.0",
    "fetch paid: GET /links/* 200 LinkEntity PAID 200.12",
    "all orders: GET /links/*/orders 200 PaymentLinkOrderEntity [ACTIVE 100.0, PAID 55.0, PAID 145.12]",
    "paid orders: GET /links/*/orders 200 PaymentLinkOrderEntity [PAID 55.0, PAID 145.12]",
    "order: GET /orders/* 200 OrderEntity ACTIVE 100.0",
    "payments: GET /orders/*/payments 200 PaymentEntity [FAILED card 100.0]",
    "payment: GET /orders/*/payments/* 200 PaymentEntity FAILED card 100.0",
    "order: GET /orders/* 200 OrderEntity PAID 55.0",
    "payments: GET /orders/*/payments 200 PaymentEntity [SUCCESS upi 55.0]",
    "payment: GET /orders/*/payments/* 200 PaymentEntity SUCCESS upi 55.0",
    "order: GET /orders/* 200 OrderEntity PAID 145.12",
    "payments: GET /orders/*/payments 200 PaymentEntity [SUCCESS netbanking 145.12]",
    "payment: GET /orders/*/payments/* 200 PaymentEntity SUCCESS netbanking 145.12",
    "duplicate: POST /links 409 ApiException ApiError409 link_post_failed invalid_request_error",
    "cancel paid: POST /links/*/cancel 409 ApiException ApiError409 link_cannot_be_cancelled invalid_request_error",
    "create with a key: POST /links 200 LinkEntity ACTIVE 0.0",
    "create again with the key: POST /links 200 LinkEntity ACTIVE 0.0",
    "key of another body: POST /links 422 ApiException IdempotencyError request_invalid idempotency_error",
    "open orders: GET /links/*/orders 200 PaymentLinkOrderEntity [ACTIVE 200.12, ACTIVE 200.12]",
    "open payments: GET /orders/*/payments 200 PaymentEntity [USER_DROPPED upi 200.12]",
    "open payments: GET /orders/*/payments 200 PaymentEntity [PENDING card 200.12]",
    "cancel: POST /links/*/cancel 200 LinkEntity CANCELLED 0.0",
    "cancel again: POST /links/*/cancel 409 ApiException ApiError409 link_cannot_be_cancelled invalid_request_error",
    "unknown link: GET /links/* 404 NotFoundException ApiError404 link_get_not_found invalid_request_error",
    "unknown link: POST /links/*/cancel 404 NotFoundException ApiError404 link_get_not_found invalid_request_error",
    "unknown link: GET /links/*/orders 404 NotFoundException ApiError404 link_get_not_found invalid_request_error",
    "unknown order: GET /orders/* 404 NotFoundException ApiError404 order_not_found invalid_request_error",
    "unknown order: GET /orders/*/payments 404 NotFoundException ApiError404 order_not_found invalid_request_error",
    "wrong secret: GET /links/* 401 UnauthorizedException AuthenticationError request_failed authentication_error",
    "wrong id: GET /links/* 401 UnauthorizedException AuthenticationError request_failed authentication_error",
    "wrong version: GET /links/* 400 BadRequestException BadRequestError version_invalid invalid_request_error",
    "no version: GET /links/* 400 BadRequestException BadRequestError version_missing invalid_request_error",
    "rate_limited: GET /links/* 429 ApiException RateLimitError request_failed rate_limit_error",
    "error_500: GET /links/* 500 ServiceException ApiError internal_error api_error",
    "html_502: GET /links/* 502 ServiceException unreadable",
    "wrong amount: POST /links 400 BadRequestException BadRequestError link_amount_invalid invalid_request_error",
    // The models reject these responses, which shows that they validate at all.
    "old version: GET /links/* 200 refused (upi_intent: Input should be a valid string)",
    "old version: GET /orders/* 200 refused (cf_order_id: Input should be a valid string)",
    "old version: GET /orders/*/payments 200 refused (cf_payment_id: Input should be a valid string)",
];

/// The step without an id: from 2026-01-01 a link needs neither id nor purpose.
pub(crate) const WITHOUT_ID: &str = "create without id: POST /links 200 LinkEntity ACTIVE 0.0";

/// The steps with orders without a link.
pub(crate) const ORDERS: &[&str] = &[
    "order new: POST /orders 200 OrderEntity ACTIVE 300.5",
    "order made: GET /orders/* 200 OrderEntity ACTIVE 300.5",
    "order again: POST /orders 409 ApiException ApiError409 order_already_exists invalid_request_error",
    "no payments yet: GET /orders/*/payments 200 []",
    "terminate: PATCH /orders/* 200 OrderEntity TERMINATED 300.5",
    "order: POST /orders 200 OrderEntity ACTIVE 300.5",
    "order paid: GET /orders/* 200 OrderEntity PAID 300.5",
    "payments of the order: GET /orders/*/payments 200 PaymentEntity [SUCCESS card 300.5]",
];

/// The steps with refunds of an instalment of 55.00.
pub(crate) const REFUNDS: &[&str] = &[
    "no refunds yet: GET /orders/*/refunds 200 []",
    "refund: POST /orders/*/refunds 200 RefundEntity PENDING 20.5",
    "refund again: POST /orders/*/refunds 400 BadRequestException BadRequestError refund_id_invalid invalid_request_error",
    "refund too much: POST /orders/*/refunds 400 BadRequestException BadRequestError refund_post_failed invalid_request_error",
    "refund the rest: POST /orders/*/refunds 200 RefundEntity PENDING 34.5",
    "refund begun: GET /orders/*/refunds/* 200 RefundEntity PENDING 20.5",
    "refund done: GET /orders/*/refunds/* 200 RefundEntity SUCCESS 20.5",
    "all refunds: GET /orders/*/refunds 200 RefundEntity [SUCCESS 20.5, SUCCESS 34.5]",
    "unpaid order: POST /orders/*/refunds 400 BadRequestException BadRequestError order_id_not_paid invalid_request_error",
    "unknown refund: GET /orders/*/refunds/* 404 NotFoundException ApiError404 refund_get_not_found invalid_request_error",
];
