use payment_provider_core::{Capabilities, CurrencySupport, ProviderDescriptor};

use crate::harness::{HarnessAbilities, Transport};

/// A condition on a provider's declarations, or on its harness, under which a case applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Requirement {
    /// The transport is [`Transport::Http`].
    Http,
    /// The transport is [`Transport::InProcess`].
    InProcess,
    /// The provider's checkouts are kept by a gateway: its transport is HTTP, or it declares
    /// `status_inquiry`.
    Gateway,
    /// `status_inquiry` is declared.
    StatusInquiry,
    /// `status_inquiry` is not declared.
    NoStatusInquiry,
    /// `refund_inquiry` is declared.
    RefundInquiry,
    /// `refund_inquiry` is not declared.
    NoRefundInquiry,
    /// The model of the gateway can make refunds.
    RefundModel,
    /// `cancellation` is declared.
    Cancellation,
    /// `cancellation` is not declared.
    NoCancellation,
    /// `partial_payments` is declared.
    PartialPayments,
    /// `partial_payments` is not declared.
    NoPartialPayments,
    /// `notify_url` is declared.
    NotifyUrl,
    /// `notify_url` is not declared.
    NoNotifyUrl,
    /// `method_choice` is declared.
    MethodChoice,
    /// `method_choice` is not declared.
    NoMethodChoice,
    /// `payer_notification` is declared.
    PayerNotification,
    /// `payer_notification` is not declared.
    NoPayerNotification,
    /// `reminders` is declared.
    Reminders,
    /// `reminders` is not declared.
    NoReminders,
    /// `remote_customers` is declared.
    RemoteCustomers,
    /// `remote_customers` is not declared.
    NoRemoteCustomers,
    /// `signed_timestamps` is declared.
    SignedTimestamps,
    /// `signed_timestamps` is not declared.
    NoSignedTimestamps,
    /// `signed_returns` is declared.
    SignedReturns,
    /// `signed_returns` is not declared.
    NoSignedReturns,
    /// The provider declares a list of currencies.
    CurrencyList,
    /// The provider limits references to fewer characters than the contract allows.
    ShortReferences,
    /// The provider declares a minimum or maximum lifetime of checkouts.
    LimitedLife,
}

impl Requirement {
    /// Returns a description of the unmet condition, or `None` if it is met.
    pub(super) fn unmet(
        self,
        descriptor: &ProviderDescriptor,
        harness: HarnessAbilities,
    ) -> Option<&'static str> {
        let Capabilities {
            partial_payments,
            notify_url,
            remote_customers,
            cancellation,
            method_choice,
            payer_notification,
            reminders,
            status_inquiry,
            signed_timestamps,
            refund_inquiry,
            signed_returns,
            ..
        } = descriptor.capabilities;
        let http = harness.transport == Transport::Http;
        let limits = &descriptor.limits;
        let life = limits.shortest_life.is_some() || limits.longest_life.is_some();
        let list = matches!(descriptor.currencies, CurrencySupport::Only(_));
        let (met, otherwise) = match self {
            Self::Http => (http, "its transport is in-process"),
            Self::InProcess => (!http, "its transport is HTTP"),
            Self::Gateway => (
                http || status_inquiry,
                "its transport is in-process and status_inquiry is not declared",
            ),
            Self::StatusInquiry => (status_inquiry, "status_inquiry is not declared"),
            Self::NoStatusInquiry => (!status_inquiry, "status_inquiry is declared"),
            Self::RefundInquiry => (refund_inquiry, "refund_inquiry is not declared"),
            Self::NoRefundInquiry => (!refund_inquiry, "refund_inquiry is declared"),
            Self::RefundModel => (
                harness.refunds,
                "not run: the model of the gateway makes no refunds",
            ),
            Self::Cancellation => (cancellation, "cancellation is not declared"),
            Self::NoCancellation => (!cancellation, "cancellation is declared"),
            Self::PartialPayments => (partial_payments, "partial_payments is not declared"),
            Self::NoPartialPayments => (!partial_payments, "partial_payments is declared"),
            Self::NotifyUrl => (notify_url, "notify_url is not declared"),
            Self::NoNotifyUrl => (!notify_url, "notify_url is declared"),
            Self::MethodChoice => (method_choice, "method_choice is not declared"),
            Self::NoMethodChoice => (!method_choice, "method_choice is declared"),
            Self::PayerNotification => (payer_notification, "payer_notification is not declared"),
            Self::NoPayerNotification => (!payer_notification, "payer_notification is declared"),
            Self::Reminders => (reminders, "reminders is not declared"),
            Self::NoReminders => (!reminders, "reminders is declared"),
            Self::RemoteCustomers => (remote_customers, "remote_customers is not declared"),
            Self::NoRemoteCustomers => (!remote_customers, "remote_customers is declared"),
            Self::SignedTimestamps => (signed_timestamps, "signed_timestamps is not declared"),
            Self::NoSignedTimestamps => (!signed_timestamps, "signed_timestamps is declared"),
            Self::SignedReturns => (signed_returns, "signed_returns is not declared"),
            Self::NoSignedReturns => (!signed_returns, "signed_returns is declared"),
            Self::CurrencyList => (list, "any currency is declared"),
            Self::ShortReferences => (
                limits.reference_length < 50,
                "references of up to 50 characters are declared",
            ),
            Self::LimitedLife => (life, "no lifetime limit is declared"),
        };
        (!met).then_some(otherwise)
    }
}
