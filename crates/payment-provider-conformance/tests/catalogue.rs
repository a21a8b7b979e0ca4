//! `CASES.md` lists all cases. Ids are stable: one that changes or goes shows here.

use std::collections::BTreeSet;
use std::fmt::Write;

use payment_provider_conformance::cases;

const CATALOGUE: &str = include_str!("../CASES.md");

fn written() -> String {
    let mut text = String::from(
        "# Cases\n\n\
         What the contract asks of a provider, case by case. An id is never given to another case. Which of them\n\
         apply is decided by what a provider declares; \"requirements\" says what.\n",
    );
    let mut group = "";
    for case in cases() {
        let of = case.id.split('.').next().unwrap_or_default();
        if of != group {
            group = of;
            write!(
                text,
                "\n## {group}\n\n| id | requirements | because |\n|---|---|---|\n"
            )
            .expect("text");
        }
        let requirements: Vec<_> = case
            .requirements
            .iter()
            .map(|need| format!("{need:?}"))
            .collect();
        let (id, contract_url, reason) = (case.id, case.contract_url, case.reason);
        writeln!(
            text,
            "| [`{id}`]({contract_url}) | {} | {reason} |",
            requirements.join(", ")
        )
        .expect("text");
    }
    text
}

#[test]
fn the_catalogue_lists_every_case() {
    let written = written();
    if std::env::var_os("UPDATE_CATALOGUE").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/CASES.md");
        std::fs::write(path, &written).expect("a file");
        return;
    }
    assert_eq!(
        CATALOGUE, written,
        "UPDATE_CATALOGUE=1 writes it anew; ids must not change"
    );
}

#[test]
fn ids_are_distinct_and_say_their_group() {
    let mut seen = BTreeSet::new();
    for case in cases() {
        assert!(seen.insert(case.id), "{} is there twice", case.id);
        let parts: Vec<_> = case.id.split('.').collect();
        let plain = |part: &&str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        };
        assert!(parts.len() == 2 && parts.iter().all(plain), "{}", case.id);
        assert!(
            case.contract_url
                .starts_with("https://docs.rs/payment-provider-core/")
        );
        assert!(
            !case.reason.ends_with('.') && case.reason.len() < 120,
            "{}",
            case.id
        );
    }
    println!("{} cases", seen.len());
}
