//! Links are made, cancelled, and end when their time has come.

use std::time::Duration;

use jiff::Timestamp;

use super::World;
use super::due::Due;
use super::link::{Link, LinkStatus, NewLink};
use crate::clock::later;
use crate::money::Paise;
use crate::webhook::Occurrence;

const DEFAULT_LIFE: Duration = Duration::from_hours(30 * 24);

/// How much later a payment lands that was begun before its link was over.
const LATE: Duration = Duration::from_secs(1);

/// The merchant already has a link with this id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DuplicateLink;

/// The link is in no state that can be cancelled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CancelError(pub(crate) LinkStatus);

impl World {
    /// Makes a link.
    pub(crate) fn create_link(
        &mut self,
        merchant: &str,
        asked: NewLink,
        now: Timestamp,
    ) -> Result<usize, DuplicateLink> {
        let link_id = match &asked.link_id {
            Some(link_id) => link_id.clone(),
            None => format!("link_{}", self.dice.code(16)),
        };
        let key = (merchant.to_owned(), link_id.clone());
        if self.by_link_id.contains_key(&key) {
            return Err(DuplicateLink);
        }
        let code = self.dice.code(12);
        let link = Link {
            merchant: merchant.to_owned(),
            link_id,
            cf_link_id: self.next_link_number(),
            code: code.clone(),
            status: LinkStatus::Active,
            amount_paid: Paise::ZERO,
            created_at: now,
            seen_from: now,
            expires_at: asked.expires_at.unwrap_or_else(|| later(now, DEFAULT_LIFE)),
            orders: Vec::new(),
            asked,
        };
        let position = self.links.len();
        self.by_link_id.insert(key, position);
        self.by_code.insert(code, position);
        self.due
            .insert((link.expires_at, Due::LinkExpires(position)));
        self.links.push(link);
        Ok(position)
    }

    /// Cancels a link that can still be paid.
    pub(crate) fn cancel(&mut self, link: usize, now: Timestamp) -> Result<(), CancelError> {
        let Some(owner) = self.links.get_mut(link) else {
            return Err(CancelError(LinkStatus::Cancelled));
        };
        if !owner.status.is_payable() {
            return Err(CancelError(owner.status));
        }
        owner.status = LinkStatus::Cancelled;
        self.announce(&[Occurrence::Link(link, None)], now);
        self.late_payment_by_chance(link, now);
        Ok(())
    }

    /// Ends a link, if it can still be paid, and says whether it could.
    pub(crate) fn expire(&mut self, link: usize, now: Timestamp) -> bool {
        let Some(owner) = self
            .links
            .get_mut(link)
            .filter(|link| link.status.is_payable())
        else {
            return false;
        };
        owner.status = LinkStatus::Expired;
        owner.expires_at = owner.expires_at.min(now);
        let told_after = self.settings.expired_event_delay_ms;
        if told_after == 0 {
            self.announce(&[Occurrence::Link(link, None)], now);
        } else {
            let at = later(now, Duration::from_millis(told_after));
            self.due.insert((at, Due::ExpiryTold(link)));
        }
        self.late_payment_by_chance(link, now);
        true
    }

    /// Lets a payment land on a link that is over, if chance will have it so.
    fn late_payment_by_chance(&mut self, link: usize, now: Timestamp) {
        if self.late_payment_chance() {
            self.late_payment(link, now);
        }
    }

    /// Lets a payment land soon on a link that is over.
    pub(crate) fn late_payment(&mut self, link: usize, now: Timestamp) {
        self.due.insert((later(now, LATE), Due::PaymentLands(link)));
    }
}
