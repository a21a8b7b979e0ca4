//! Changes to a genuine delivery, and the sides that accept each.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The secret of the connection.
pub(crate) const SECRET: &str = "cfsk_ma_test_simulator";

/// A secret that was replaced by `SECRET`, and still verifies.
pub(crate) const RETIRED: &str = "cfsk_ma_test_retired";

/// A delivery in the form in which a receiver verifies it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivery {
    pub(crate) signature: Option<String>,
    pub(crate) timestamp: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Delivery {
    /// Creates a delivery signed as Cashfree does, over the time stamp and the body.
    fn signed(secret: &str, timestamp: &str, body: Vec<u8>) -> Self {
        let mut message = timestamp.as_bytes().to_vec();
        message.extend_from_slice(&body);
        Self {
            signature: Some(STANDARD.encode(mac(secret, &message))),
            timestamp: Some(timestamp.to_owned()),
            body,
        }
    }

    fn with_signature(&self, signature: impl Into<String>) -> Self {
        Self {
            signature: Some(signature.into()),
            ..self.clone()
        }
    }

    fn with_body(&self, body: Vec<u8>) -> Self {
        Self {
            body,
            ..self.clone()
        }
    }

    fn with_timestamp(&self, timestamp: impl Into<String>) -> Self {
        Self {
            timestamp: Some(timestamp.into()),
            ..self.clone()
        }
    }

    fn raw_signature(&self) -> Vec<u8> {
        let signature = self.signature.as_deref().expect("a genuine delivery");
        STANDARD.decode(signature).expect("base64")
    }

    fn stamp(&self) -> String {
        self.timestamp.clone().expect("a genuine delivery")
    }

    fn with_bit_flipped(&self, position: usize, bit: u8) -> Self {
        let mut body = self.body.clone();
        body[position] ^= 1 << bit;
        self.with_body(body)
    }
}

fn mac(secret: &str, message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// The verdict of one side on a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Rejected,
    /// Accepted as genuine and current.
    Taken,
    /// Genuine, kept, but no reason to post a payment: only our provider gives this verdict.
    TakenAsStale,
    /// Genuine and kept, of a type that only the SDK passes on: only our provider gives this verdict.
    TakenUnrecognised,
    /// Genuine and kept, but its content cannot be read: only our provider gives this verdict.
    TakenUnreadable,
}

/// A change to a genuine delivery; `other` is a second genuine one. An unchanged delivery would show nothing.
type Change = fn(genuine: &Delivery, other: &Delivery) -> Delivery;

/// Changes after which no signer vouches for the delivery: the SDK and the provider both reject it.
pub(crate) const FORGERIES: &[(&str, Change)] = &[
    ("a bit of the first byte", |it, _| it.with_bit_flipped(0, 0)),
    ("a bit in the middle", |it, _| {
        it.with_bit_flipped(it.body.len() / 2, 0)
    }),
    ("a bit of the last byte", |it, _| {
        it.with_bit_flipped(it.body.len() - 1, 0)
    }),
    ("a bit that makes it no text", |it, _| {
        it.with_bit_flipped(it.body.len() / 2, 7)
    }),
    ("a body cut short", |it, _| {
        it.with_body(it.body[..it.body.len() - 1].to_vec())
    }),
    ("a line feed after the body", |it, _| {
        it.with_body([&it.body[..], b"\n"].concat())
    }),
    ("a body written again", |it, _| {
        // The same JSON to any parser, in other bytes.
        let text = String::from_utf8(it.body.clone()).expect("text");
        it.with_body(text.replacen(':', ": ", 1).into_bytes())
    }),
    ("no body", |it, _| it.with_body(Vec::new())),
    ("the body of another delivery", |it, other| {
        it.with_body(other.body.clone())
    }),
    ("the signature of another delivery", |it, other| Delivery {
        signature: other.signature.clone(),
        ..it.clone()
    }),
    ("signed with another secret", |it, _| {
        Delivery::signed("cfsk_ma_test_somebody", &it.stamp(), it.body.clone())
    }),
    ("signed with an empty secret", |it, _| {
        Delivery::signed("", &it.stamp(), it.body.clone())
    }),
    ("signed with a part of the secret", |it, _| {
        let part = &SECRET[..SECRET.len() - 1];
        Delivery::signed(part, &it.stamp(), it.body.clone())
    }),
    ("a later time stamp", |it, _| {
        let stamp: u64 = it.stamp().parse().expect("milliseconds");
        it.with_timestamp((stamp + 1).to_string())
    }),
    ("the time stamp in seconds", |it, _| {
        it.with_timestamp(&it.stamp()[..10])
    }),
    ("a zero before the time stamp", |it, _| {
        it.with_timestamp(format!("0{}", it.stamp()))
    }),
    ("an empty time stamp", |it, _| it.with_timestamp("")),
    ("no time stamp", |it, _| Delivery {
        timestamp: None,
        ..it.clone()
    }),
    ("no time stamp, and none signed", |it, _| Delivery {
        timestamp: None,
        ..Delivery::signed(SECRET, "", it.body.clone())
    }),
    ("no signature", |it, _| Delivery {
        signature: None,
        ..it.clone()
    }),
    ("no header at all", |it, _| Delivery {
        signature: None,
        timestamp: None,
        ..it.clone()
    }),
    ("an empty signature", |it, _| it.with_signature("")),
    ("hex for base64", |it, _| {
        it.with_signature(HEXLOWER.encode(&it.raw_signature()))
    }),
    ("base64 without padding", |it, _| {
        it.with_signature(STANDARD_NO_PAD.encode(it.raw_signature()))
    }),
    ("base64 for addresses", |it, _| {
        it.with_signature(URL_SAFE.encode(it.raw_signature()))
    }),
    ("base64 of base64", |it, _| {
        it.with_signature(STANDARD.encode(it.signature.as_deref().unwrap_or_default()))
    }),
    ("half of the signature", |it, _| {
        it.with_signature(STANDARD.encode(&it.raw_signature()[..16]))
    }),
    ("the signature twice", |it, _| {
        it.with_signature(STANDARD.encode(it.raw_signature().repeat(2)))
    }),
    ("the other case", |it, _| {
        let signature = it.signature.as_deref().unwrap_or_default();
        it.with_signature(signature.to_ascii_lowercase())
    }),
    ("the body signed alone", |it, _| {
        it.with_signature(STANDARD.encode(mac(SECRET, &it.body)))
    }),
    ("a dot between time stamp and body", |it, _| {
        let message = [it.stamp().as_bytes(), b".", &it.body].concat();
        it.with_signature(STANDARD.encode(mac(SECRET, &message)))
    }),
    ("a digest without a key", |it, _| {
        let message = [it.stamp().as_bytes(), &it.body].concat();
        it.with_signature(STANDARD.encode(Sha256::digest(message)))
    }),
];

/// Changes made with a secret of the connection, with the verdicts of the SDK and of the provider. Where the two
/// differ, the comment gives the reason why that is right.
pub(crate) const SIGNED: &[(&str, Change, Verdict, Verdict)] = &[
    (
        "nothing",
        |it, _| it.clone(),
        Verdict::Taken,
        Verdict::Taken,
    ),
    (
        "signed again",
        |it, _| Delivery::signed(SECRET, &it.stamp(), it.body.clone()),
        Verdict::Taken,
        Verdict::Taken,
    ),
    // The SDK checks no clock; for the provider a replay of an old event is a reason to ask the gateway, no more.
    (
        "signed long ago",
        |it, _| Delivery::signed(SECRET, "1546300800000", it.body.clone()),
        Verdict::Taken,
        Verdict::TakenAsStale,
    ),
    (
        "a time stamp that is none",
        |it, _| Delivery::signed(SECRET, "yesterday", it.body.clone()),
        Verdict::Taken,
        Verdict::TakenAsStale,
    ),
    (
        "an empty time stamp, signed",
        |it, _| Delivery::signed(SECRET, "", it.body.clone()),
        Verdict::Taken,
        Verdict::TakenAsStale,
    ),
    // The SDK has one secret; during a rotation the provider has both.
    (
        "the retired secret",
        |it, _| Delivery::signed(RETIRED, &it.stamp(), it.body.clone()),
        Verdict::Rejected,
        Verdict::Taken,
    ),
    // The SDK raises any error of its parser, and the delivery is lost; the provider keeps it for a person to read.
    (
        "no JSON",
        |it, _| Delivery::signed(SECRET, &it.stamp(), b"moved".to_vec()),
        Verdict::Rejected,
        Verdict::TakenUnreadable,
    ),
    (
        "no type",
        |it, _| Delivery::signed(SECRET, &it.stamp(), b"{\"data\":{}}".to_vec()),
        Verdict::Rejected,
        Verdict::TakenUnreadable,
    ),
    (
        "an unknown type",
        |it, _| Delivery::signed(SECRET, &it.stamp(), b"{\"type\":\"NEWS\"}".to_vec()),
        Verdict::Taken,
        Verdict::TakenUnrecognised,
    ),
    (
        "no text",
        |it, _| Delivery::signed(SECRET, &it.stamp(), b"{\"type\":\"\xff\"}".to_vec()),
        Verdict::Rejected,
        Verdict::TakenUnreadable,
    ),
    // The signed text does not mark the end of the time stamp. Neither side accepts this as an event.
    (
        "a byte moved from the body to the time stamp",
        |it, _| Delivery {
            timestamp: Some(format!("{}{{", it.stamp())),
            body: it.body[1..].to_vec(),
            ..it.clone()
        },
        Verdict::Rejected,
        Verdict::TakenAsStale,
    ),
];
