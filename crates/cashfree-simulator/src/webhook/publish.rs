//! Creates deliveries from events.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use url::Url;

use super::envelope;
use super::event::{Event, EventObject};
use crate::control_error::ControlError;
use crate::endpoint::{EventType, target};
use crate::state::{Delivery, DeliveryBatch, GatewayState, WebhookDeliveryState};
use crate::version::WebhookVersion;
use crate::webhook_faults::WebhookFlaws;

/// Signs webhooks that must have a wrong signature.
const WRONG_KEY: &str = "a key that no merchant has";

struct Target {
    url: Url,
    version: WebhookVersion,
    events: Vec<EventType>,
}

impl GatewayState {
    /// Creates the deliveries for the events of one change.
    pub(crate) fn publish(&mut self, events: &[Event], now: Timestamp) {
        let mut batch = DeliveryBatch::default();
        let first = events.first().and_then(|first| self.event_object(*first));
        let targets = first.map_or_else(Vec::new, |object| self.targets(&object));
        for target in targets {
            let mut sent = Vec::new();
            for event in events {
                let event_type = self.event_type(*event);
                let wanted = event_type.filter(|wanted| target.events.contains(wanted));
                if let Some(event_type) = wanted {
                    let body = self.event_body(*event, event_type, target.version, now);
                    let object = self.event_object(*event);
                    let (Some(Ok(body)), Some(object)) = (body, object) else {
                        tracing::error!(%event_type, "an event could not be serialized");
                        continue;
                    };
                    let flaws = self.webhook_flaws(event_type);
                    batch.reordered |= flaws.reordered;
                    let about = (event_type, body);
                    sent.extend(self.prepare(object, about, &target, flaws, now));
                }
            }
            if !sent.is_empty() {
                batch.targets.push(sent);
            }
        }
        if !batch.targets.is_empty() {
            self.outbox.push(batch);
        }
    }

    /// Sends the test event to an endpoint, whatever events it subscribes to. Returns the number of the delivery.
    pub(crate) fn ping(&mut self, endpoint: u64, now: Timestamp) -> Result<u64, ControlError> {
        let endpoint = self
            .endpoints
            .iter()
            .find(|known| known.id == endpoint)
            .ok_or_else(|| ControlError::not_found("id"))?;
        let target = Target {
            url: endpoint.url.clone(),
            version: endpoint.version,
            events: Vec::new(),
        };
        let object = EventObject {
            merchant: endpoint.merchant.clone(),
            link_id: None,
            order_id: None,
            notify_url: None,
        };
        // Three strings and a time: serializing cannot fail.
        let body = envelope::test_ping(now).unwrap_or_default();
        let flaws = self.webhook_flaws(EventType::Ping);
        let first = self.next_delivery;
        let sent = self.prepare(object, (EventType::Ping, body), &target, flaws, now);
        if !sent.is_empty() {
            self.outbox.push(DeliveryBatch {
                targets: vec![sent],
                reordered: flaws.reordered,
            });
        }
        Ok(first)
    }

    /// Returns the addresses of an event: its object's `notify_url` and the merchant's endpoints, each address and
    /// version once.
    fn targets(&self, object: &EventObject) -> Vec<Target> {
        let own = object
            .notify_url
            .as_deref()
            .and_then(target)
            .map(|url| Target {
                url,
                version: self.settings.notify_url_version,
                events: EventType::ALL.to_vec(),
            });
        let registered = self
            .endpoints
            .iter()
            .filter(|endpoint| endpoint.merchant == object.merchant)
            .map(|endpoint| Target {
                url: endpoint.url.clone(),
                version: endpoint.version,
                events: endpoint.events.clone(),
            });
        let mut targets: Vec<Target> = Vec::new();
        for candidate in own.into_iter().chain(registered) {
            let same = targets
                .iter_mut()
                .find(|known| known.url == candidate.url && known.version == candidate.version);
            match same {
                Some(known) => known.events.extend(candidate.events),
                None => targets.push(candidate),
            }
        }
        targets
    }

    /// Records one or two deliveries, and returns those to send with their delays.
    fn prepare(
        &mut self,
        object: EventObject,
        (event_type, body): (EventType, String),
        target: &Target,
        flaws: WebhookFlaws,
        now: Timestamp,
    ) -> Vec<(u64, Duration)> {
        let mut delivery = Delivery {
            id: 0,
            event_type,
            link_id: object.link_id,
            order_id: object.order_id,
            merchant: object.merchant,
            url: target.url.clone(),
            version: target.version,
            state: if flaws.dropped {
                WebhookDeliveryState::Dropped
            } else {
                WebhookDeliveryState::Pending
            },
            attempts: Vec::new(),
            attempts_started: 0,
            duplicate: false,
            wrong_signature: flaws.wrong_signature,
            timestamp_age: flaws.timestamp_age,
            event_key: STANDARD.encode(Sha256::digest(body.as_bytes())),
            body,
            timestamp: String::new(),
            signature: String::new(),
        };
        let copies = if flaws.duplicated { 2 } else { 1 };
        delivery.sign_body(self.webhook_key(&delivery), now);
        let ids: Vec<u64> = (0..copies)
            .map(|copy| {
                self.add_delivery(Delivery {
                    duplicate: copy > 0,
                    ..delivery.clone()
                })
            })
            .collect();
        let sent = ids.into_iter().filter(|_| !flaws.dropped);
        sent.map(|id| (id, flaws.delay)).collect()
    }

    /// Returns the key that signs the next attempt of a delivery. The setting can change between two attempts; a
    /// fault of the delivery stays.
    pub(crate) fn webhook_key(&self, delivery: &Delivery) -> &str {
        if delivery.wrong_signature || self.settings.webhooks.wrong_signature {
            WRONG_KEY
        } else {
            self.merchant(&delivery.merchant)
                .map_or(WRONG_KEY, |merchant| merchant.signing_secret())
        }
    }
}
