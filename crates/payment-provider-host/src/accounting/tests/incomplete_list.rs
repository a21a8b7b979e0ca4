//! The end of a list of which a part was recorded before.

use std::sync::Arc;

use super::histories::{inbox, payments};
use super::inbox::CHECKOUT;
use crate::accounting::fetched::{Fetched, FetchedRefunds};
use crate::accounting::fetched_report::fetched;
use crate::accounting::portion::Answer;

#[test]
fn a_fetch_that_is_no_part_of_the_list_ends_it_only_with_the_refunds() {
    for (refunds, is_ended) in [
        (FetchedRefunds::NotFetched, false),
        (FetchedRefunds::NotAskable, true),
        (FetchedRefunds::Listed(Vec::new()), true),
    ] {
        let mut inbox = inbox(true, payments(&["55.00"], false));
        let mut account = inbox.account.take().expect("an account");
        account.checkouts[0].edit().list_begun_at = Some(1);
        let found = inbox.gateway.fetch(2).expect("a gateway that is asked");
        let answer = Answer::from(Arc::new(Fetched {
            refunds: refunds.clone(),
            ..Fetched::clone(&found)
        }));
        let decision = fetched(vec![account], CHECKOUT, &answer, 3).expect("a decision");
        let checkout = &decision.accounts[0].checkouts[0];
        assert_eq!(!checkout.has_incomplete_list(), is_ended, "{refunds:?}");
        assert_eq!(checkout.posted, 5_500, "its payments are posted");
    }
}
