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

/// Most deliveries that are remembered, but for those under way.
const MOST_DELIVERIES: usize = 10_000;

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
                .and_then(|(_, _, payment)| payment_event::event_type(payment.status)),
        }
    }

    fn prepare(
        &mut self,
        link: usize,
        occurrence: Occurrence,
        target: &Target,
        now: OffsetDateTime,
    ) -> Vec<u64> {
        let Some(event_type) = self.type_of(occurrence) else {
            return Vec::new();
        };
        let body = match occurrence {
            Occurrence::Link(link, cause) => link_event::body(self, link, cause, now),
            Occurrence::Payment(place) => payment_event::body(self, place, target.version, now),
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
                let id = self.next_delivery;
                self.next_delivery = id.saturating_add(1);
                self.deliveries.push_back(Delivery {
                    id,
                    duplicate: copy > 0,
                    ..delivery.clone()
                });
                self.forget_deliveries_beyond(MOST_DELIVERIES);
                id
            })
            .collect()
    }

    /// Forgets the oldest finished deliveries while there are more than `most`.
    fn forget_deliveries_beyond(&mut self, most: usize) {
        while self.deliveries.len() > most {
            let mut all = self.deliveries.iter();
            let Some(oldest) = all.position(|delivery| delivery.state.is_settled()) else {
                return;
            };
            self.deliveries.remove(oldest);
        }
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
        let index = self
            .deliveries
            .binary_search_by_key(&id, |delivery| delivery.id);
        self.deliveries.get_mut(index.ok()?)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::merchant::Merchant;
    use crate::settings::Settings;

    #[test]
    fn the_oldest_finished_deliveries_are_forgotten_first() {
        let mut world = World::new(
            Settings::default(),
            vec![Merchant::default()],
            "http://127.0.0.1:3001".to_owned(),
            1,
        );
        let now = datetime!(2026-01-15 10:00 UTC);
        for id in 1..=5 {
            let mut delivery = Delivery {
                id,
                event_type: EventType::PaymentLink,
                link_id: String::new(),
                merchant: String::new(),
                url: "http://127.0.0.1/".parse().unwrap(),
                version: WebhookVersion::default(),
                state: DeliveryState::Delivered,
                attempts: Vec::new(),
                begun: 0,
                duplicate: false,
                body: String::new(),
                timestamp: String::new(),
                signature: String::new(),
                event_key: String::new(),
            };
            if id == 1 {
                delivery.state = DeliveryState::Retrying;
            }
            delivery.seal("key", now);
            world.deliveries.push_back(delivery);
        }
        world.forget_deliveries_beyond(3);
        let left: Vec<u64> = world.deliveries.iter().map(|left| left.id).collect();
        assert_eq!(left, [1, 4, 5]);
        assert_eq!(world.delivery_mut(4).map(|found| found.id), Some(4));
        assert!(world.delivery_mut(2).is_none());
    }
}
