//! What the gateway did not sign is refused, for one reason, whatever it is.

use payment_provider_core::reexport::Bytes;
use payment_provider_core::reexport::http::HeaderValue;

use super::{one_of_a_payment, refused};
use crate::case::{Case, case, contract};
use crate::failure::{CaseResult, ensure};
use crate::fixture::Fixture;
use crate::harness::{DeliveryTimestamp, MerchantAccount};

pub(super) const CASES: &[Case] = &[
    case!(
        "webhook.body-bit-flip-is-rejected",
        contract::WEBHOOK,
        [],
        "a body of which a single bit was turned is refused",
        every_bit_counts
    ),
    case!(
        "webhook.signature-bit-flip-is-rejected",
        contract::WEBHOOK,
        [],
        "signed headers of which a single bit was turned are refused",
        every_bit_of_the_signature_counts
    ),
    case!(
        "webhook.altered-length-is-rejected",
        contract::WEBHOOK,
        [],
        "a body that was cut, or to which something was added, is refused",
        cut_short_is_refused
    ),
    case!(
        "webhook.unsigned-is-rejected",
        contract::WEBHOOK,
        [],
        "a delivery without a signature is refused",
        unsigned_is_refused
    ),
    case!(
        "webhook.wrong-secret-is-rejected",
        contract::WEBHOOK,
        [],
        "a delivery signed with a secret that is not this connection's is refused",
        another_key_is_refused
    ),
    case!(
        "webhook.all-mismatches-look-alike",
        contract::WEBHOOK,
        [],
        "every mismatch is told alike, so that nobody learns from trying",
        one_reason_for_all
    ),
];

async fn every_bit_counts(fixture: Fixture) -> CaseResult {
    let (_, genuine) = one_of_a_payment(&fixture, "bits").await?;
    for position in 0..genuine.body.len() {
        for bit in 0..8 {
            let mut body = genuine.body.to_vec();
            body[position] ^= 1 << bit;
            let mut request = genuine.clone();
            request.body = Bytes::from(body);
            let what = format!("a body with bit {bit} of byte {position} turned");
            refused(&fixture.first, &request, &what).await?;
        }
    }
    Ok(())
}

async fn every_bit_of_the_signature_counts(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (delivery, genuine) = one_of_a_payment(&fixture, "signature").await?;
    let sent_at = DeliveryTimestamp::At(fixture.clock.now());
    for (name, value) in &account.signature(&delivery, account.merchant.secret(), &sent_at)? {
        for position in 0..value.len() {
            for bit in 0..8 {
                let mut bytes = value.as_bytes().to_vec();
                bytes[position] ^= 1 << bit;
                // Hexadecimal letters may be large or small.
                let same = bytes.eq_ignore_ascii_case(value.as_bytes());
                let Ok(turned) = HeaderValue::from_bytes(&bytes) else {
                    continue;
                };
                if same {
                    continue;
                }
                let mut request = genuine.clone();
                request.headers.insert(name, turned);
                let what = format!("a `{name}` with bit {bit} of character {position} turned");
                refused(account, &request, &what).await?;
            }
        }
    }
    Ok(())
}

async fn cut_short_is_refused(fixture: Fixture) -> CaseResult {
    let (_, genuine) = one_of_a_payment(&fixture, "cut").await?;
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
        refused(&fixture.first, &request, &what).await?;
    }
    Ok(())
}

async fn unsigned_is_refused(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (delivery, genuine) = one_of_a_payment(&fixture, "unsigned").await?;
    let sent_at = DeliveryTimestamp::At(fixture.clock.now());
    let signature = account.signature(&delivery, account.merchant.secret(), &sent_at)?;
    for name in signature.keys() {
        let mut without = genuine.clone();
        without.headers.remove(name);
        refused(account, &without, &format!("a delivery without `{name}`")).await?;
        for odd in ["", " ", "0", "null", "undefined", "sha256=", "AAAA"] {
            let mut request = genuine.clone();
            request.headers.insert(name, HeaderValue::from_static(odd));
            refused(
                account,
                &request,
                &format!("a delivery with `{name}: {odd}`"),
            )
            .await?;
        }
    }
    let mut bare = genuine.clone();
    bare.headers.clear();
    refused(account, &bare, "a delivery without any header").await?;
    bare.body = Bytes::new();
    refused(account, &bare, "nothing at all").await?;
    Ok(())
}

async fn another_key_is_refused(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (delivery, _) = one_of_a_payment(&fixture, "key").await?;
    let sent_at = DeliveryTimestamp::At(fixture.clock.now());
    for stranger in [MerchantAccount::new(7, [0]), MerchantAccount::new(0, [9])] {
        let request = account.signed_with(&delivery, stranger.secret(), &sent_at)?;
        refused(account, &request, "a delivery signed with another secret").await?;
    }
    let blank = "".into();
    let request = account.signed_with(&delivery, &blank, &sent_at)?;
    refused(
        account,
        &request,
        "a delivery signed with a secret of no characters",
    )
    .await?;
    Ok(())
}

async fn one_reason_for_all(fixture: Fixture) -> CaseResult {
    let account = &fixture.first;
    let (delivery, genuine) = one_of_a_payment(&fixture, "reason").await?;
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
        let error = refused(account, &request, "a forged delivery").await?;
        reasons.push(format!("{error} {error:?}"));
    }
    let alike = reasons.windows(2).all(|pair| pair[0] == pair[1]);
    ensure!(alike, "mismatches are told apart: {reasons:?}");
    Ok(())
}
