//! The failures of the connection between provider and gateway.

use std::str::FromStr;

/// A failure of a request on its way, or of its response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum WireFault {
    /// No server listens at the address.
    Refused,
    /// The connection is reset before the request is read.
    ResetUnread,
    /// The request is read, then the connection is reset; the gateway receives nothing.
    CutBeforeCommit,
    /// The gateway carries the request out, then the connection is reset.
    CutAfterCommit,
    /// The request is read and never answered; the gateway receives nothing.
    HangBeforeCommit,
    /// The gateway carries the request out, but its response never arrives.
    HangAfterCommit,
    /// The request is held back until the caller has given up and fetched the link, and only then
    /// reaches the gateway.
    LateCommit,
    /// The gateway carries the request out; only a part of the response head arrives.
    HalfHead,
    /// The gateway carries the request out; half of the response body arrives, then the connection
    /// is closed.
    HalfBody,
    /// Like `HalfBody`, but the connection is reset.
    ResetMidBody,
    /// Like `HalfBody`, but the connection stays open without further data.
    StalledBody,
    /// The gateway carries the request out; the response arrives in small pieces, in time.
    SlowBody,
    /// The gateway carries the request out; the response exceeds the size limit.
    Oversized,
    /// An intermediary answers with a page and status 200.
    Html200,
    /// An intermediary answers with an empty body and status 200.
    Empty200,
    /// An intermediary answers with status 404.
    Html404,
    /// A firewall answers.
    Html403,
    /// An intermediary redirects the caller.
    Redirect307,
    /// The response is not HTTP.
    Garbage,
}

impl WireFault {
    pub(crate) const ALL: [(&str, Self); 19] = [
        ("refused", Self::Refused),
        ("reset_unread", Self::ResetUnread),
        ("cut_before_commit", Self::CutBeforeCommit),
        ("cut_after_commit", Self::CutAfterCommit),
        ("hang_before_commit", Self::HangBeforeCommit),
        ("hang_after_commit", Self::HangAfterCommit),
        ("late_commit", Self::LateCommit),
        ("half_head", Self::HalfHead),
        ("half_body", Self::HalfBody),
        ("reset_mid_body", Self::ResetMidBody),
        ("stalled_body", Self::StalledBody),
        ("slow_body", Self::SlowBody),
        ("oversized", Self::Oversized),
        ("html_200", Self::Html200),
        ("empty_200", Self::Empty200),
        ("html_404", Self::Html404),
        ("html_403", Self::Html403),
        ("redirect_307", Self::Redirect307),
        ("garbage", Self::Garbage),
    ];

    /// Returns true if the caller waits until its timeout.
    pub(crate) const fn hangs(self) -> bool {
        matches!(
            self,
            Self::HangBeforeCommit | Self::HangAfterCommit | Self::LateCommit | Self::StalledBody
        )
    }
}

impl FromStr for WireFault {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut all = Self::ALL.into_iter();
        all.find(|(name, _)| *name == text)
            .map(|(_, found)| found)
            .ok_or(())
    }
}
