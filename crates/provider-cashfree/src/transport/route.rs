payment_provider_http::routes! {
    /// The routes of the API that this provider calls, relative to the base address, with their
    /// methods.
    pub(crate) enum Route<'a> {
        CreateLink = POST "/links",
        FetchLink(link_id) = GET "/links/{link_id}",
        CancelLink(link_id) = POST "/links/{link_id}/cancel",
        LinkOrders(link_id) = GET "/links/{link_id}/orders",
        OrderPayments(order_id) = GET "/orders/{order_id}/payments",
        OrderRefunds(order_id) = GET "/orders/{order_id}/refunds",
    }
}
