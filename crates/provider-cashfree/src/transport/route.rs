payment_provider_http::routes! {
    /// An address of the API below its base, and the method it is called with.
    pub(crate) enum Route<'a> {
        CreateLink = POST "/links",
        FetchLink(link_id) = GET "/links/{link_id}",
        CancelLink(link_id) = POST "/links/{link_id}/cancel",
        LinkOrders(link_id) = GET "/links/{link_id}/orders",
        OrderPayments(order_id) = GET "/orders/{order_id}/payments",
    }
}
