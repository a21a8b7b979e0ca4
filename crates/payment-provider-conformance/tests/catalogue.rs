//! Keeps `CASES.md` up to date. It lists all cases, so a changed or removed id shows in its
//! history.

use std::collections::BTreeSet;
use std::fmt::Write;

use payment_provider_conformance::cases;

const CATALOGUE: &str = include_str!("../CASES.md");

fn render() -> String {
    let mut text = String::from(
        "# Cases\n\n\
         The cases of the conformance kit. A case applies to a provider that meets its conditions, which depend on\n\
         what the provider declares. An id is never reused for another case.\n",
    );
    let mut group = "";
    for case in cases() {
        let of = case.id.split('.').next().unwrap_or_default();
        if of != group {
            group = of;
            write!(
                text,
                "\n## {group}\n\n| id | applies if | reason |\n|---|---|---|\n"
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
    let rendered = render();
    if std::env::var_os("UPDATE_CATALOGUE").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/CASES.md");
        std::fs::write(path, &rendered).expect("a file");
        return;
    }
    assert_eq!(
        CATALOGUE, rendered,
        "CASES.md is outdated: run this test with UPDATE_CATALOGUE=1"
    );
}

#[test]
fn ids_are_unique_and_begin_with_their_group() {
    let mut seen = BTreeSet::new();
    for case in cases() {
        assert!(seen.insert(case.id), "{} occurs twice", case.id);
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
