//! Turns what happened into deliveries.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use url::Url;

use super::delivery::{Delivery, DeliveryState};
use super::envelope;
use super::occurrence::{Occurrence, Subject};
use crate::control_error::ControlError;
use crate::endpoint::{EventType, target};
use crate::version::WebhookVersion;
use crate::webhook_faults::Flaws;
use crate::world::World;

/// Signs when signatures are to be wrong.
const NOBODYS_KEY: &str = "a key that no merchant has";

/// The deliveries of one change: for each address, in the order they are first sent, and how long each is held back.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) targets: Vec<Vec<(u64, Duration)>>,
    /// Whether all wait for those of the next change.
    pub(crate) reordered: bool,
}

struct Target {
    url: Url,
    version: WebhookVersion,
    events: Vec<EventType>,
}

impl World {
    /// Makes the deliveries for what happened in one change.
    pub(crate) fn announce(&mut self, occurrences: &[Occurrence], now: Timestamp) {
        let mut batch = Batch::default();
        let first = occurrences.first().and_then(|first| self.subject(*first));
        let targets = first.map_or_else(Vec::new, |subject| self.targets(&subject));
        for target in targets {
            let mut sent = Vec::new();
            for occurrence in occurrences {
                let told = self.type_of(*occurrence);
                if let Some(event_type) = told.filter(|told| target.events.contains(told)) {
                    let body = self.body_of(*occurrence, event_type, target.version, now);
                    let subject = self.subject(*occurrence);
                    let (Some(Ok(body)), Some(subject)) = (body, subject) else {
                        tracing::error!(%event_type, "an event could not be written");
                        continue;
                    };
                    let flaws = self.flaws(event_type);
                    batch.reordered |= flaws.reordered;
                    let about = (event_type, body);
                    sent.extend(self.prepare(subject, about, &target, flaws, now));
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

    /// Sends an endpoint the event that tries it out, whatever events it is for. Answers with the delivery's number.
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
        let subject = Subject {
            merchant: endpoint.merchant.clone(),
            link_id: None,
            order_id: None,
            notify_url: None,
        };
        // Three words and a time: writing them cannot fail.
        let body = envelope::test_ping(now).unwrap_or_default();
        let flaws = self.flaws(EventType::Ping);
        let first = self.next_delivery;
        let sent = self.prepare(subject, (EventType::Ping, body), &target, flaws, now);
        if !sent.is_empty() {
            self.outbox.push(Batch {
                targets: vec![sent],
                reordered: flaws.reordered,
            });
        }
        Ok(first)
    }

    /// The addresses for an event: its object's own and the merchant's, each address and version once.
    fn targets(&self, subject: &Subject) -> Vec<Target> {
        let own = subject
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
            .filter(|endpoint| endpoint.merchant == subject.merchant)
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

    /// Records a delivery, or two, and says which are to be sent and how much later.
    fn prepare(
        &mut self,
        subject: Subject,
        (event_type, body): (EventType, String),
        target: &Target,
        flaws: Flaws,
        now: Timestamp,
    ) -> Vec<(u64, Duration)> {
        let mut delivery = Delivery {
            id: 0,
            event_type,
            link_id: subject.link_id,
            order_id: subject.order_id,
            merchant: subject.merchant,
            url: target.url.clone(),
            version: target.version,
            state: if flaws.dropped {
                DeliveryState::Dropped
            } else {
                DeliveryState::Pending
            },
            attempts: Vec::new(),
            begun: 0,
            duplicate: false,
            forged: flaws.forged,
            age: flaws.age,
            event_key: STANDARD.encode(Sha256::digest(body.as_bytes())),
            body,
            timestamp: String::new(),
            signature: String::new(),
        };
        let copies = if flaws.doubled { 2 } else { 1 };
        delivery.seal(self.webhook_key(&delivery), now);
        let ids: Vec<u64> = (0..copies)
            .map(|copy| {
                self.remember(Delivery {
                    duplicate: copy > 0,
                    ..delivery.clone()
                })
            })
            .collect();
        let sent = ids.into_iter().filter(|_| !flaws.dropped);
        sent.map(|id| (id, flaws.after)).collect()
    }

    /// The key a delivery is signed with now. The setting can be taken back before a further attempt, a
    /// fault of the one delivery stays.
    pub(crate) fn webhook_key(&self, delivery: &Delivery) -> &str {
        if delivery.forged || self.settings.webhooks.wrong_signature {
            NOBODYS_KEY
        } else {
            self.merchant(&delivery.merchant)
                .map_or(NOBODYS_KEY, |merchant| merchant.signing_secret())
        }
    }
}
