//! The runtime configuration.

use std::time::Duration;

use payment_provider_core::reexport::url::Url;

/// The runtime configuration.
///
/// # Examples
/// ```
/// use std::time::Duration;
///
/// use payment_provider_host::prelude::*;
///
/// let mut config = HostConfig::default();
/// config.public_url = Some("https://billing.example".parse()?);
/// config.checkout_lifetime = Duration::from_hours(72);
/// assert_eq!(config.reference_label, "pay");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HostConfig {
    /// The URL under which gateways reach this host. Without it, checkouts name no webhook URL, and
    /// only webhooks that are configured at the gateway arrive.
    pub public_url: Option<Url>,
    /// The lifetime of a new checkout. Default: 24 hours.
    pub checkout_lifetime: Duration,
    /// The remaining lifetime below which a checkout is replaced when its URL is requested again. Default:
    /// 10 minutes.
    pub min_remaining_lifetime: Duration,
    /// The prefix of every checkout reference: at most 12 of `A-Z a-z 0-9 _`. Default: `pay`.
    pub reference_label: String,
    /// The number of failed attempts after which a delivery is parked for an operator; at least one.
    /// An attempt in which the gateway's list lags behind is no failure; see
    /// [`listing_timeout`](Self::listing_timeout).
    /// Default: 25, which is about an hour.
    pub delivery_attempts: u32,
    /// The limit of the verified deliveries that one process accepts for one connection. Beyond it a
    /// delivery is not stored, and the gateway is asked to send it again later. Requests that do not
    /// verify have a limit of their own. Default: 200 a second, and 20 000 at once.
    pub intake_limit: IntakeLimit,
    /// The time for which a delivery waits for the gateway to list the money or the refund that it
    /// reports, counted in waits between two queries. After it the delivery is parked for an
    /// operator. Default: 24 hours.
    pub listing_timeout: Duration,
    /// The duration of a lease on a delivery, from one second to five minutes. A worker renews its
    /// lease every third of this while it works, for up to
    /// [`attempt_timeout`](Self::attempt_timeout). It is the maximum delay before another worker
    /// takes over after a crash. It should be several times the difference between the clocks of
    /// the processes; otherwise two workers apply one delivery, and the work of one of them is
    /// lost. Default: 30 seconds.
    pub delivery_lease: Duration,
    /// The time limit of one attempt to apply a delivery, from a
    /// [`delivery_lease`](Self::delivery_lease) to an hour. After it, other workers may lease the
    /// delivery. After the same time again and one lease, the attempt is abandoned and counts as
    /// failed, so that an attempt that hangs does not keep a worker from all other deliveries.
    /// Default: 5 minutes.
    pub attempt_timeout: Duration,
    /// The time for which a connection is kept after the end of its last checkout, and after its
    /// latest payment, because late money, refunds and disputes are reported through it. Default:
    /// 180 days.
    pub deletion_grace: Duration,
    /// The time for which the body and the events of a delivery are kept after it was applied or ignored;
    /// at least a day. Then they are dropped, and the delivery cannot be applied again, unless the gateway
    /// sends it again. Default: 30 days.
    pub applied_retention: Duration,
    /// The same for a delivery that matches nothing or is parked. A dropped delivery does not keep its
    /// connection from being deleted. Default: 180 days.
    pub unapplied_retention: Duration,
    /// The time for which the row of a delivery with its key is kept after the delivery ended, at least
    /// as long as its content. A copy that arrives later counts as new: it may cause one more request to
    /// the gateway, and posts nothing twice. Default: 400 days.
    pub delivery_key_retention: Duration,
}

impl Default for HostConfig {
    fn default() -> Self {
        Self {
            public_url: None,
            checkout_lifetime: Duration::from_hours(24),
            min_remaining_lifetime: Duration::from_mins(10),
            reference_label: "pay".to_owned(),
            delivery_attempts: 25,
            intake_limit: IntakeLimit::new(200, 20_000),
            listing_timeout: Duration::from_hours(24),
            delivery_lease: Duration::from_secs(30),
            attempt_timeout: Duration::from_mins(5),
            deletion_grace: Duration::from_hours(180 * 24),
            applied_retention: Duration::from_hours(30 * 24),
            unapplied_retention: Duration::from_hours(180 * 24),
            delivery_key_retention: Duration::from_hours(400 * 24),
        }
    }
}

/// A budget of deliveries for each connection: so many a second, and a reserve for bursts.
///
/// # Examples
/// ```
/// use payment_provider_host::IntakeLimit;
///
/// let limit = IntakeLimit::new(50, 5_000);
/// assert_eq!((limit.per_second, limit.burst), (50, 5_000));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct IntakeLimit {
    /// The number of deliveries a second that a connection may receive for any length of time.
    pub per_second: u32,
    /// The number of deliveries that it may receive at once.
    pub burst: u32,
}

impl IntakeLimit {
    /// Creates a limit. Both numbers count as at least 1.
    pub const fn new(per_second: u32, burst: u32) -> Self {
        Self { per_second, burst }
    }
}
