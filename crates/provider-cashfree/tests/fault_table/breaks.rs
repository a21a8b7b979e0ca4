//! The ways in which a line can break.

use std::str::FromStr;

/// What can happen to a request on its way, or to its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Break {
    /// Nobody listens at the address.
    Refused,
    /// Reset while the request is still unread.
    ResetUnread,
    /// The request is read, then the connection is reset; the gateway hears nothing.
    CutBeforeCommit,
    /// The gateway acts, then the connection is reset.
    CutAfterCommit,
    /// The request is read and never answered; the gateway hears nothing.
    HangBeforeCommit,
    /// The gateway acts, and its answer never comes.
    HangAfterCommit,
    /// The request is held until the caller has given up and looked, and only then reaches the
    /// gateway.
    LateCommit,
    /// The gateway acts; of the answer's head only a part comes.
    HalfHead,
    /// The gateway acts; of the answer's body only a half comes, then the connection is closed.
    HalfBody,
    /// As above, and then the connection is reset.
    ResetMidBody,
    /// As above, and then nothing more comes.
    StalledBody,
    /// The gateway acts; the answer comes in small pieces, in time.
    SlowBody,
    /// The gateway acts; its answer is longer than what is read of one.
    Oversized,
    /// Something in between answers with a page, and as if all were well.
    Html200,
    /// Something in between answers with nothing, and as if all were well.
    Empty200,
    /// Something in between has no such page.
    Html404,
    /// A firewall answers.
    Html403,
    /// Something in between sends the caller elsewhere.
    Redirect307,
    /// What comes back is no HTTP.
    Garbage,
}

impl Break {
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

    /// Whether the caller has to wait until its time is up.
    pub(crate) const fn keeps_waiting(self) -> bool {
        matches!(
            self,
            Self::HangBeforeCommit | Self::HangAfterCommit | Self::LateCommit | Self::StalledBody
        )
    }
}

impl FromStr for Break {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut all = Self::ALL.into_iter();
        all.find(|(name, _)| *name == text)
            .map(|(_, found)| found)
            .ok_or(())
    }
}
