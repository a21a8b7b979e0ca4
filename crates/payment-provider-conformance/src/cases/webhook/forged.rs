//! Forged deliveries are rejected, all for the same reason.

use payment_provider_core::reexport::Bytes;
use payment_provider_core::reexport::http::HeaderValue;

use super::{rejected, signed_payment_delivery};
use crate::case::{Case, case, contract};
use crate::failure::{CaseResult, ensure};
use crate::fixture::Fixture;
use crate::harness::{DeliveryTimestamp, MerchantAccount};

pub(super) const CASES: &[Case] = &[
    case!(
        "webhook.body-bit-flip-is-rejected",
        contract::WEBHOOK,
        [],
        "a body with one flipped bit is rejected",
        body_bit_flip_is_rejected
    ),
    case!(
        "webhook.signature-bit-flip-is-rejected",
        contract::WEBHOOK,
        [],
        "a signature header with one flipped bit is rejected",
        signature_bit_flip_is_rejected
    ),
    case!(
        "webhook.altered-length-is-rejected",
        contract::WEBHOOK,
        [],
        "a truncated or extended body is rejected",
        altered_length_is_rejected
    ),
    case!(
        "webhook.unsigned-is-rejected",
        contract::WEBHOOK,
        [],
        "a delivery without a valid signature header is rejected",
        unsigned_is_rejected
    ),
    case!(
        "webhook.wrong-secret-is-rejected",
        contract::WEBHOOK,
        [],
        "a delivery signed with a secret of another connection is rejected",
        wrong_secret_is_rejected
    ),
    case!(
        "webhook.all-mismatches-look-alike",
        contract::WEBHOOK,
        [],
        "all mismatches return the same error, so that an attacker learns nothing from it",
        all_mismatches_look_alike
    ),
];

async fn body_bit_flip_is_rejected(fixture: Fixture) -> CaseResult {
    let (_, genuine) = signed_payment_delivery(&fixture, "bits").await?;
    for position in 0..genuine.body.len() {
        for bit in 0..8 {
            let mut body = genuine.body.to_vec();
            body[position] ^= 1 << bit;
            let mut request = genuine.clone();
            request.body = Bytes::from(body);
            let what = format!("a body with bit {bit} of byte {position} flipped");
            rejected(&fixture.first, &request, &what).await?;
        }
    }
    Ok(())
}

async fn signature_bit_flip_is_rejected(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (delivery, genuine) = signed_payment_delivery(&fixture, "signature").await?;
    let sent_at = DeliveryTimestamp::At(fixture.clock.now());
    for (name, value) in &account.signature(&delivery, account.merchant.secret(), &sent_at)? {
        for position in 0..value.len() {
            for bit in 0..8 {
                let mut bytes = value.as_bytes().to_vec();
                bytes[position] ^= 1 << bit;
                // Hexadecimal digits are valid in upper and lower case.
                let same = bytes.eq_ignore_ascii_case(value.as_bytes());
                let Ok(flipped) = HeaderValue::from_bytes(&bytes) else {
                    continue;
                };
                if same {
                    continue;
                }
                let mut request = genuine.clone();
                request.headers.insert(name, flipped);
                let what = format!("a `{name}` with bit {bit} of character {position} flipped");
                rejected(account, &request, &what).await?;
            }
        }
    }
    Ok(())
}

async fn altered_length_is_rejected(fixture: Fixture) -> CaseResult {
    let (_, genuine) = signed_payment_delivery(&fixture, "cut").await?;
    let length = genuine.body.len();
    let mut bodies = Vec::new();
    for kept in [0, 1, length / 2, length.saturating_sub(1)] {
        bodies.push(genuine.body.slice(..kept));
    }
    for added in [&b" "[..], b"\n", b"\0", b"{}"] {
        bodies.push(Bytes::from([&genuine.body, added].concat()));
    }
    for body in bodies {
        let mut request = genuine.clone();
        let what = format!("a body of {} instead of {length} bytes", body.len());
        request.body = body;
        rejected(&fixture.first, &request, &what).await?;
    }
    Ok(())
}

async fn unsigned_is_rejected(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (delivery, genuine) = signed_payment_delivery(&fixture, "unsigned").await?;
    let sent_at = DeliveryTimestamp::At(fixture.clock.now());
    let signature = account.signature(&delivery, account.merchant.secret(), &sent_at)?;
    for name in signature.keys() {
        let mut without = genuine.clone();
        without.headers.remove(name);
        rejected(account, &without, &format!("a delivery without `{name}`")).await?;
        for malformed in ["", " ", "0", "null", "undefined", "sha256=", "AAAA"] {
            let mut request = genuine.clone();
            request
                .headers
                .insert(name, HeaderValue::from_static(malformed));
            rejected(
                account,
                &request,
                &format!("a delivery with `{name}: {malformed}`"),
            )
            .await?;
        }
    }
    let mut bare = genuine.clone();
    bare.headers.clear();
    rejected(account, &bare, "a delivery without headers").await?;
    bare.body = Bytes::new();
    rejected(account, &bare, "a delivery without headers and body").await?;
    Ok(())
}

async fn wrong_secret_is_rejected(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (delivery, _) = signed_payment_delivery(&fixture, "key").await?;
    let sent_at = DeliveryTimestamp::At(fixture.clock.now());
    for stranger in [MerchantAccount::new(7, [0]), MerchantAccount::new(0, [9])] {
        let request = account.signed_with(&delivery, stranger.secret(), &sent_at)?;
        rejected(account, &request, "a delivery signed with another secret").await?;
    }
    let blank = "".into();
    let request = account.signed_with(&delivery, &blank, &sent_at)?;
    rejected(account, &request, "a delivery signed with an empty secret").await?;
    Ok(())
}

async fn all_mismatches_look_alike(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (delivery, genuine) = signed_payment_delivery(&fixture, "reason").await?;
    let sent_at = DeliveryTimestamp::At(fixture.clock.now());
    let stranger = MerchantAccount::new(7, [0]);
    let mut altered = genuine.clone();
    altered.body = Bytes::from([&genuine.body, &b" "[..]].concat());
    let mut bare = genuine.clone();
    bare.headers.clear();
    let mut empty = genuine.clone();
    empty.body = Bytes::new();
    let foreign = account.signed_with(&delivery, stranger.secret(), &sent_at)?;
    let mut reasons = Vec::new();
    for request in [altered, bare, empty, foreign] {
        let error = rejected(account, &request, "a forged delivery").await?;
        reasons.push(format!("{error} {error:?}"));
    }
    let identical = reasons.windows(2).all(|pair| pair[0] == pair[1]);
    ensure!(identical, "mismatches return different errors: {reasons:?}");
    Ok(())
}
