//! Turns what happened into deliveries.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use url::Url;

use super::delivery::{Delivery, DeliveryState};
use super::{link_event, payment_event};
use crate::endpoint::{EventType, target};
use crate::version::WebhookVersion;
use crate::world::{Place, World};

/// Signs when signatures are to be wrong.
const NOBODYS_KEY: &str = "a key that no merchant has";

/// Something a merchant is told about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Occurrence {
    /// A link changed, by a payment or without one.
    Link(usize, Option<Place>),
    /// A payment attempt ended.
    Payment(Place),
}

/// The deliveries of one change: for each address, in the order they are first sent.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) targets: Vec<Vec<u64>>,
}

struct Target {
    url: Url,
    version: WebhookVersion,
    events: Vec<EventType>,
}

impl World {
    /// Makes the deliveries for what happened to a link.
    pub(crate) fn announce(
        &mut self,
        link: usize,
        occurrences: &[Occurrence],
        now: OffsetDateTime,
    ) {
        let mut batch = Batch::default();
        for target in self.targets(link) {
            let mut ids = Vec::new();
            for occurrence in occurrences {
                let event_type = self.type_of(*occurrence);
                if event_type.is_some_and(|event_type| target.events.contains(&event_type)) {
                    ids.extend(self.prepare(link, *occurrence, &target, now));
                }
            }
            if !ids.is_empty() && !self.settings.webhooks.drop {
                batch.targets.push(ids);
            }
        }
        if !batch.targets.is_empty() {
            self.outbox.push(batch);
        }
    }

    /// The addresses for a link's events: its own and the merchant's, each address and version once.
    fn targets(&self, link: usize) -> Vec<Target> {
        let Some(link) = self.links.get(link) else {
            return Vec::new();
        };
        let own = link
            .asked
            .meta
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
            .filter(|endpoint| endpoint.merchant == link.merchant)
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

    fn type_of(&self, occurrence: Occurrence) -> Option<EventType> {
        match occurrence {
            Occurrence::Link(..) => Some(EventType::PaymentLink),
            Occurrence::Payment(place) => self
                .at(place)
                .map(|(_, _, payment)| payment_event::event_type(payment.status)),
        }
    }

    fn prepare(
        &mut self,
        link: usize,
        occurrence: Occurrence,
        target: &Target,
        now: OffsetDateTime,
    ) -> Vec<u64> {
        let (event_type, body) = match occurrence {
            Occurrence::Link(link, cause) => (
                EventType::PaymentLink,
                link_event::body(self, link, cause, now),
            ),
            Occurrence::Payment(place) => match self.at(place) {
                Some((_, _, payment)) => (
                    payment_event::event_type(payment.status),
                    payment_event::body(self, place, target.version, now),
                ),
                None => return Vec::new(),
            },
        };
        let (Some(Ok(body)), Some(link)) = (body, self.links.get(link)) else {
            tracing::error!(%event_type, "an event could not be written");
            return Vec::new();
        };
        let webhooks = &self.settings.webhooks;
        let mut delivery = Delivery {
            id: 0,
            event_type,
            link_id: link.link_id.clone(),
            merchant: link.merchant.clone(),
            url: target.url.clone(),
            version: target.version,
            state: if webhooks.drop {
                DeliveryState::Dropped
            } else {
                DeliveryState::Pending
            },
            attempts: Vec::new(),
            begun: 0,
            duplicate: false,
            event_key: STANDARD.encode(Sha256::digest(body.as_bytes())),
            body,
            timestamp: String::new(),
            signature: String::new(),
        };
        let copies = if webhooks.duplicate { 2 } else { 1 };
        delivery.seal(self.webhook_key(&delivery.merchant), now);
        (0..copies)
            .map(|copy| {
                let id = u64::try_from(self.deliveries.len())
                    .unwrap_or(u64::MAX)
                    .saturating_add(1);
                self.deliveries.push(Delivery {
                    id,
                    duplicate: copy > 0,
                    ..delivery.clone()
                });
                id
            })
            .collect()
    }

    /// The key webhooks of a merchant are signed with now.
    pub(crate) fn webhook_key(&self, merchant: &str) -> &str {
        if self.settings.webhooks.wrong_signature {
            NOBODYS_KEY
        } else {
            self.merchant(merchant)
                .map_or(NOBODYS_KEY, |merchant| merchant.signing_secret())
        }
    }

    /// The delivery with this number.
    pub(crate) fn delivery_mut(&mut self, id: u64) -> Option<&mut Delivery> {
        let index = usize::try_from(id).ok()?.checked_sub(1)?;
        self.deliveries.get_mut(index)
    }
}
