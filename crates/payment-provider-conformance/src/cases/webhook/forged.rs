//! What the gateway did not sign is refused, for one reason, whatever it is.

use payment_provider_core::reexport::Bytes;
use payment_provider_core::reexport::http::HeaderValue;

use super::{one_of_a_payment, refused};
use crate::bench::Bench;
use crate::case::{Case, Verdict, WEBHOOK, case, ensure};
use crate::subject::{Account, Stamp};

pub(super) const CASES: &[Case] = &[
    case!(
        "webhook.every-bit-counts",
        WEBHOOK,
        [],
        "a body of which a single bit was turned is refused",
        every_bit_counts
    ),
    case!(
        "webhook.every-bit-of-the-signature-counts",
        WEBHOOK,
        [],
        "signed headers of which a single bit was turned are refused",
        every_bit_of_the_signature_counts
    ),
    case!(
        "webhook.cut-short-is-refused",
        WEBHOOK,
        [],
        "a body that was cut, or to which something was added, is refused",
        cut_short_is_refused
    ),
    case!(
        "webhook.unsigned-is-refused",
        WEBHOOK,
        [],
        "a delivery without a signature is refused",
        unsigned_is_refused
    ),
    case!(
        "webhook.another-key-is-refused",
        WEBHOOK,
        [],
        "a delivery signed with a secret that is not this connection's is refused",
        another_key_is_refused
    ),
    case!(
        "webhook.one-reason-for-all",
        WEBHOOK,
        [],
        "every mismatch is told alike, so that nobody learns from trying",
        one_reason_for_all
    ),
];

async fn every_bit_counts(bench: Bench) -> Verdict {
    let (_, genuine) = one_of_a_payment(&bench, "bits").await?;
    for position in 0..genuine.body.len() {
        for bit in 0..8 {
            let mut body = genuine.body.to_vec();
            body[position] ^= 1 << bit;
            let mut request = genuine.clone();
            request.body = Bytes::from(body);
            let what = format!("a body with bit {bit} of byte {position} turned");
            refused(&bench.first, &request, &what).await?;
        }
    }
    Ok(())
}

async fn every_bit_of_the_signature_counts(bench: Bench) -> Verdict {
    let party = &bench.first;
    let (delivery, genuine) = one_of_a_payment(&bench, "signature").await?;
    let sent_at = Stamp::At(bench.clock.at());
    for (name, value) in &party.signature(&delivery, party.account.secret(), &sent_at)? {
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
                refused(party, &request, &what).await?;
            }
        }
    }
    Ok(())
}

async fn cut_short_is_refused(bench: Bench) -> Verdict {
    let (_, genuine) = one_of_a_payment(&bench, "cut").await?;
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
        refused(&bench.first, &request, &what).await?;
    }
    Ok(())
}

async fn unsigned_is_refused(bench: Bench) -> Verdict {
    let party = &bench.first;
    let (delivery, genuine) = one_of_a_payment(&bench, "unsigned").await?;
    let sent_at = Stamp::At(bench.clock.at());
    let signature = party.signature(&delivery, party.account.secret(), &sent_at)?;
    for name in signature.keys() {
        let mut without = genuine.clone();
        without.headers.remove(name);
        refused(party, &without, &format!("a delivery without `{name}`")).await?;
        for odd in ["", " ", "0", "null", "undefined", "sha256=", "AAAA"] {
            let mut request = genuine.clone();
            request.headers.insert(name, HeaderValue::from_static(odd));
            refused(party, &request, &format!("a delivery with `{name}: {odd}`")).await?;
        }
    }
    let mut bare = genuine.clone();
    bare.headers.clear();
    refused(party, &bare, "a delivery without any header").await?;
    bare.body = Bytes::new();
    refused(party, &bare, "nothing at all").await?;
    Ok(())
}

async fn another_key_is_refused(bench: Bench) -> Verdict {
    let party = &bench.first;
    let (delivery, _) = one_of_a_payment(&bench, "key").await?;
    let sent_at = Stamp::At(bench.clock.at());
    for stranger in [Account::new(7, [0]), Account::new(0, [9])] {
        let request = party.signed_with(&bench, &delivery, stranger.secret(), &sent_at)?;
        refused(party, &request, "a delivery signed with another secret").await?;
    }
    let blank = "".into();
    let request = party.signed_with(&bench, &delivery, &blank, &sent_at)?;
    refused(
        party,
        &request,
        "a delivery signed with a secret of no characters",
    )
    .await?;
    Ok(())
}

async fn one_reason_for_all(bench: Bench) -> Verdict {
    let party = &bench.first;
    let (delivery, genuine) = one_of_a_payment(&bench, "reason").await?;
    let sent_at = Stamp::At(bench.clock.at());
    let stranger = Account::new(7, [0]);
    let mut altered = genuine.clone();
    altered.body = Bytes::from([&genuine.body, &b" "[..]].concat());
    let mut bare = genuine.clone();
    bare.headers.clear();
    let mut empty = genuine.clone();
    empty.body = Bytes::new();
    let foreign = party.signed_with(&bench, &delivery, stranger.secret(), &sent_at)?;
    let mut reasons = Vec::new();
    for request in [altered, bare, empty, foreign] {
        let error = refused(party, &request, "a forged delivery").await?;
        reasons.push(format!("{error} {error:?}"));
    }
    let alike = reasons.windows(2).all(|pair| pair[0] == pair[1]);
    ensure!(alike, "mismatches are told apart: {reasons:?}");
    Ok(())
}
