use payment_provider_http::routes;

routes! {
    /// The routes of Razorpay's API that this provider calls.
    pub(crate) enum Razorpay<'a> {
        /// Creates a payment link:
        /// <https://razorpay.com/docs/api/payments/payment-links/create-standard/>.
        CreateLink = POST "/payment_links",
        /// Lists payment links, by reference or all:
        /// <https://razorpay.com/docs/api/payments/payment-links/fetch-all-standard/>.
        ListLinks = GET "/payment_links",
        /// Fetches a payment link:
        /// <https://razorpay.com/docs/api/payments/payment-links/fetch-id-standard/>.
        FetchLink(link_id) = GET "/payment_links/{link_id}",
        /// Changes a payment link that is still payable:
        /// <https://razorpay.com/docs/api/payments/payment-links/update-standard/>.
        UpdateLink(link_id) = PATCH "/payment_links/{link_id}",
        /// Cancels a payment link on which nothing is paid:
        /// <https://razorpay.com/docs/api/payments/payment-links/cancel-standard/>.
        CancelLink(link_id) = POST "/payment_links/{link_id}/cancel",
        /// Lists all attempts to pay the order of a link:
        /// <https://razorpay.com/docs/api/orders/fetch-payments/>.
        OrderPayments(order_id) = GET "/orders/{order_id}/payments",
        /// Lists all refunds of a payment:
        /// <https://razorpay.com/docs/api/refunds/fetch-multiple-refund-payment/>.
        PaymentRefunds(payment_id) = GET "/payments/{payment_id}/refunds",
        /// Creates a customer, or finds the one with the same phone number or e-mail address:
        /// <https://razorpay.com/docs/api/customers/create/>.
        CreateCustomer = POST "/customers",
    }
}
