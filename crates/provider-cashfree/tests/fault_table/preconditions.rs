//! The state of the gateway before a case.

use cashfree_simulator::{
    ApiFault, ApiFaultRule, ApiOperation as Api, PaymentAttempt, RefundStatus,
};

use super::case::{Factories, Fixture, connect};
use super::proxy::letter;
use super::wire_faults::WireFault;
use crate::support::Seen;

impl Fixture {
    /// Returns the idempotency key of a creation, taken from a request that does not reach the
    /// gateway.
    pub(crate) async fn first_key(&self, factories: &Factories) -> String {
        self.own_request(factories)
            .await
            .header("x-idempotency-key")
            .unwrap()
            .to_owned()
    }

    /// Returns the provider's request for a creation. The request does not reach the gateway.
    async fn own_request(&self, factories: &Factories) -> Seen {
        self.proxy.break_next('P', WireFault::CutBeforeCommit, 1);
        self.proxy.break_next('G', WireFault::CutBeforeCommit, 1);
        let provider = connect(&factories.one_try, &self.proxy.base_url);
        let lost = provider.create_checkout(&self.prepared).await;
        assert!(lost.is_err());
        self.proxy.mend();
        let seen = self.proxy.take_requests();
        seen.into_iter()
            .find(|request| letter(request) == 'P')
            .unwrap()
    }

    /// Establishes the state before the case.
    pub(crate) async fn prepare(&mut self, before: &str, factories: &Factories) {
        let simulator = self.simulator.simulator().clone();
        let mut own = self.own_request(factories).await;
        match before {
            "nothing" => return,
            "link" | "paid" | "refunded" | "expired" | "tried" => {}
            "keyless" => forget_key(&mut own),
            "keyless_400" => {
                forget_key(&mut own);
                simulator.update_settings(|settings| settings.duplicate_link_status = 400);
            }
            "other_amount" => change(&mut own, "200.12", "200.13"),
            "other_note" => change(
                &mut own,
                self.prepared.fingerprint.as_str(),
                &"B".repeat(26),
            ),
            "other_currency" => {
                simulator.update_settings(|settings| {
                    settings.enabled_currencies.push("USD".to_owned());
                });
                change(&mut own, "\"INR\"", "\"USD\"");
            }
            // The key was used with other bytes.
            "key_elsewhere" => change_under_key(&mut own, "\"inv-1\"", "\"inv-2\""),
            "key_for_other" => change_under_key(&mut own, "200.12", "200.13"),
            "stored_500" => {
                let fault = ApiFaultRule::once(Api::CreateLink, ApiFault::Error500Stored);
                simulator.inject_fault(fault);
            }
            "stored_500_made" => {
                let fault = ApiFaultRule::once(Api::CreateLink, ApiFault::Error500AfterCommit);
                simulator.inject_fault(fault);
            }
            other => panic!("no such state before: {other}"),
        }
        self.proxy.send(&own).await;
        match before {
            "paid" | "refunded" => {
                simulator.fail("inv-1", PaymentAttempt::new()).unwrap();
                simulator
                    .leave_pending("inv-1", PaymentAttempt::new())
                    .unwrap();
                let paid = simulator.pay("inv-1", PaymentAttempt::new()).unwrap();
                if before == "refunded" {
                    let id = &paid.cf_payment_id;
                    let refund = simulator.auto_refund(id, None, "twice").unwrap();
                    let done = RefundStatus::Success;
                    simulator
                        .complete_refund(&refund.cf_refund_id, done)
                        .unwrap();
                }
            }
            "tried" => {
                simulator.fail("inv-1", PaymentAttempt::new()).unwrap();
                simulator
                    .leave_pending("inv-1", PaymentAttempt::new())
                    .unwrap();
            }
            "expired" => {
                simulator.expire("inv-1", None).unwrap();
            }
            _ => {}
        }
    }
}

fn forget_key(request: &mut Seen) {
    request
        .headers
        .retain(|(name, _)| name != "x-idempotency-key");
}

/// Changes the content of a request, as another caller's request would differ.
fn change(request: &mut Seen, from: &str, to: &str) {
    forget_key(request);
    change_under_key(request, from, to);
}

fn change_under_key(request: &mut Seen, from: &str, to: &str) {
    let body = String::from_utf8(request.body.clone()).unwrap();
    assert!(body.contains(from), "{from}: {body}");
    let body = body.replace(from, to);
    for (name, value) in &mut request.headers {
        if name == "content-length" {
            *value = body.len().to_string();
        }
    }
    request.body = body.into_bytes();
}
