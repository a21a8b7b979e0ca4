//! Links created, cancelled and expired.

use std::time::Duration;

use jiff::Timestamp;

use crate::clock::later;
use crate::money::Paise;
use crate::state::{GatewayState, Link, LinkStatus, NewLink, ScheduledTask};
use crate::webhook::Event;

const DEFAULT_LINK_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// Delay of a late payment after the end of its link.
const LATE_PAYMENT_DELAY: Duration = Duration::from_secs(1);

/// The merchant already has a link with this id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DuplicateLink;

/// The link is not in a state that can be cancelled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CancelError(pub(crate) LinkStatus);

impl GatewayState {
    /// Creates a link.
    pub(crate) fn create_link(
        &mut self,
        merchant: &str,
        request: NewLink,
        now: Timestamp,
    ) -> Result<usize, DuplicateLink> {
        let link_id = match &request.link_id {
            Some(link_id) => link_id.clone(),
            None => format!("link_{}", self.rng.code(16)),
        };
        let key = (merchant.to_owned(), link_id.clone());
        if self.by_link_id.contains_key(&key) {
            return Err(DuplicateLink);
        }
        let code = self.rng.code(12);
        let link = Link {
            merchant: merchant.to_owned(),
            link_id,
            cf_link_id: self.next_cf_link_id(),
            code: code.clone(),
            status: LinkStatus::Active,
            amount_paid: Paise::ZERO,
            created_at: now,
            visible_from: now,
            expires_at: request
                .expires_at
                .unwrap_or_else(|| later(now, DEFAULT_LINK_LIFETIME)),
            orders: Vec::new(),
            request,
        };
        let position = self.links.len();
        self.by_link_id.insert(key, position);
        self.by_code.insert(code, position);
        self.schedule
            .insert((link.expires_at, ScheduledTask::ExpireLink(position)));
        self.links.push(link);
        Ok(position)
    }

    /// Cancels a payable link.
    pub(crate) fn cancel(&mut self, link: usize, now: Timestamp) -> Result<(), CancelError> {
        let Some(owner) = self.links.get_mut(link) else {
            return Err(CancelError(LinkStatus::Cancelled));
        };
        if !owner.status.is_payable() {
            return Err(CancelError(owner.status));
        }
        owner.status = LinkStatus::Cancelled;
        self.publish(&[Event::Link(link, None)], now);
        self.roll_and_schedule_late_payment(link, now);
        Ok(())
    }

    /// Expires a link if it is payable. Returns true if it was.
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
        let event_delay_ms = self.settings.expired_event_delay_ms;
        if event_delay_ms == 0 {
            self.publish(&[Event::Link(link, None)], now);
        } else {
            let at = later(now, Duration::from_millis(event_delay_ms));
            self.schedule
                .insert((at, ScheduledTask::PublishExpiry(link)));
        }
        self.roll_and_schedule_late_payment(link, now);
        true
    }

    /// Schedules a late payment if the chaos profile decides so.
    fn roll_and_schedule_late_payment(&mut self, link: usize, now: Timestamp) {
        if self.roll_late_payment() {
            self.late_payment(link, now);
        }
    }

    /// Schedules a late payment on a link that has ended.
    pub(crate) fn late_payment(&mut self, link: usize, now: Timestamp) {
        self.schedule.insert((
            later(now, LATE_PAYMENT_DELAY),
            ScheduledTask::LatePayment(link),
        ));
    }
}
