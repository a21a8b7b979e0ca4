//! The list of all crash points. A place that is not in it has no name in the code, and a place of it that the code
//! never passes is a warning.

use std::future::Future;

use super::pass::pass;

/// Declares the three kinds of crash points, and the names of them all.
macro_rules! crash_points {
    (
        commits { $($step:ident = $step_name:literal,)* }
        calls { $($call:ident = $call_name:literal,)* }
        moments { $($moment:ident = $moment_name:literal,)* }
    ) => {
        /// A step that a commit makes durable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum CommitStep {
            $($step,)*
        }

        impl CommitStep {
            /// Returns the names of the crash points before and after the commit.
            const fn names(self) -> [&'static str; 2] {
                match self {
                    $(Self::$step => [
                        concat!($step_name, ".before-commit"),
                        concat!($step_name, ".committed"),
                    ],)*
                }
            }
        }

        /// An operation of a provider.
        #[cfg(feature = "failpoints")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum GatewayCall {
            $($call,)*
        }

        #[cfg(feature = "failpoints")]
        impl GatewayCall {
            /// Returns the names of the crash points before and after the call.
            const fn names(self) -> [&'static str; 2] {
                match self {
                    $(Self::$call => [
                        concat!($call_name, ".asked"),
                        concat!($call_name, ".answered"),
                    ],)*
                }
            }
        }

        /// A moment that is neither beside a commit nor beside a call.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Moment {
            $($moment,)*
        }

        impl Moment {
            const fn name(self) -> &'static str {
                match self {
                    $(Self::$moment => $moment_name,)*
                }
            }
        }

        /// The name of every crash point.
        #[cfg(feature = "failpoints")]
        pub const ALL: &[&str] = &[
            $(concat!($step_name, ".before-commit"), concat!($step_name, ".committed"),)*
            $(concat!($call_name, ".asked"), concat!($call_name, ".answered"),)*
            $($moment_name,)*
        ];
    };
}

crash_points! {
    commits {
        // The next step towards a payment URL is planned: a checkout is requested, its request is sent
        // again because the result is unknown, or neither.
        Request = "request",
        Resend = "resend",
        Plan = "plan",
        // The gateway's answer to the request is recorded: it made the checkout, refused it, or has
        // something else under its reference.
        Created = "created",
        Refused = "refused",
        Conflict = "conflict",
        // A checkout is ended: the gateway answers, does not know it, refuses every call, or has no status
        // API.
        End = "end",
        NotFound = "not-found",
        Unreachable = "unreachable",
        ByClock = "by-clock",
        // The end of a checkout has to wait, or is done.
        CancelWait = "cancel-wait",
        CancelDone = "cancel-done",
        // A payable is closed.
        Close = "close",
        // Fetched payments are posted.
        Reconcile = "reconcile",
        // A delivery arrives.
        Arrival = "arrival",
        Duplicate = "duplicate",
        // It is applied.
        Delivery = "delivery",
        // It has to wait, and what its checkout's gateway lists is posted.
        Wait = "wait",
        // Its lease is released until the next attempt.
        Postpone = "postpone",
        // It pays a payable in full on which another checkout can still be paid.
        Redundant = "redundant",
        // An operator records a payment, or writes an amount off.
        Manual = "manual",
        WriteOff = "write-off",
        // A customer is linked to a connection, or to none.
        Link = "link",
        Unlink = "unlink",
        // A connection is added, enabled or disabled, changed, deleted; secrets are encrypted with another key.
        Connection = "connection",
        Enabling = "enabling",
        Settings = "settings",
        Deletion = "deletion",
        KeyRotation = "key-rotation",
        // An operator parks a delivery, and makes it pending again.
        Park = "park",
        Replay = "replay",
        // The content of old deliveries is dropped, and their rows are removed.
        Drop = "drop",
        Remove = "remove",
        // The tables are created, and the installation gets its id.
        Tables = "tables",
        Installation = "installation",
        // The key of the hosts is recorded.
        InstallationKey = "installation-key",
    }
    calls {
        PrepareCheckout = "prepare-checkout",
        CreateCheckout = "create-checkout",
        FetchCheckout = "fetch-checkout",
        ListPayments = "list-payments",
        ListRefunds = "list-refunds",
        CancelCheckout = "cancel-checkout",
        LinkCustomer = "link-customer",
        CheckConnection = "check-connection",
        HandleWebhook = "handle-webhook",
    }
    moments {
        // A worker has leased a delivery.
        Leased = "delivery.leased",
        // Within a transaction: a decision is stored.
        Decided = "saving.1-decided",
        MergedSaved = "saving.2-merged",
        PayableSaved = "saving.3-payable",
        CheckoutsSaved = "saving.4-checkouts",
        PaymentsSaved = "saving.5-payments",
        RefundsSaved = "saving.6-refunds",
        HistorySaved = "saving.7-history",
        NamesSaved = "saving.8-names",
        // Within a transaction: the host's handler was notified.
        PostedHandled = "handler.1-posted",
        AttemptedHandled = "handler.2-attempted",
        RefundedHandled = "handler.3-refunded",
        ClosedHandled = "handler.4-closed",
        CheckoutHandled = "handler.5-checkout",
    }
}

impl CommitStep {
    /// Commits, with a crash point before that, and one after it if it succeeds.
    pub(crate) async fn around<T, E>(
        self,
        commit: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let [before, after] = self.names();
        pass(before);
        let done = commit.await?;
        pass(after);
        Ok(done)
    }
}

#[cfg(feature = "failpoints")]
impl GatewayCall {
    /// Makes the call, with a crash point before it and one after its answer, be it a result or an error.
    pub(super) async fn around<T>(self, call: impl Future<Output = T>) -> T {
        let [before, after] = self.names();
        pass(before);
        let answer = call.await;
        pass(after);
        answer
    }

    /// Makes a call that does not wait, as above.
    pub(super) fn around_sync<T>(self, call: impl FnOnce() -> T) -> T {
        let [before, after] = self.names();
        pass(before);
        let answer = call();
        pass(after);
        answer
    }
}

impl Moment {
    /// Passes the crash point.
    pub(crate) fn pass(self) {
        pass(self.name());
    }
}
