//! The content of the deliveries that a paid link causes, read in one pass.

use payment_provider_http::json_fields;

use crate::payments::{Attempt, ErrorDetails};
use crate::wire::{Nested, Raw};

json_fields! {
    /// The fields of link events and of payment events. The type of a delivery, which decides which of
    /// them count, may stand after them.
    pub(super) struct Data<'a> {
        pub(super) cf_link_id: Raw<'a>,
        pub(super) link_id: Raw<'a>,
        pub(super) link_status: Raw<'a>,
        pub(super) link_currency: Raw<'a>,
        pub(super) link_amount: Raw<'a>,
        pub(super) link_amount_paid: Raw<'a>,
        pub(super) order: Nested<Order<'a>>,
        pub(super) payment: Nested<Attempt<'a>>,
        pub(super) error_details: Nested<ErrorDetails<'a>>,
    }

    /// The order of a link event, or of a payment event.
    pub(super) struct Order<'a> {
        pub(super) order_id: Raw<'a>,
        pub(super) order_amount: Raw<'a>,
        /// In payment events only.
        pub(super) order_currency: Raw<'a>,
        /// In payment events only.
        pub(super) order_tags: Nested<Tags<'a>>,
        /// In link events only.
        pub(super) transaction_id: Raw<'a>,
        /// In link events only.
        pub(super) transaction_status: Raw<'a>,
    }

    /// The order tags that name the payment link.
    pub(super) struct Tags<'a> {
        pub(super) cf_link_id: Raw<'a>,
        pub(super) link_id: Raw<'a>,
    }
}
