//! Names that stay out of a room.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Item, ItemImpl, ItemMod};

use super::Finding;
use super::crate_tree::{CrateTree, plain};
use crate::syntax::{attributes_of_impl_item, attributes_of_item, is_test_only};

/// A room and the words that its code does not contain.
struct Ban {
    room: &'static str,
    names: &'static [&'static str],
    because: &'static str,
}

const BANS: &[Ban] = &[
    Ban {
        room: "accounting",
        names: &[
            "async",
            "await",
            "async_trait",
            "sqlx",
            "tokio",
            "PaymentProvider",
            "ProviderFactory",
        ],
        because: "what decides about money is pure",
    },
    Ban {
        room: "ledger",
        names: &["PaymentProvider", "ProviderFactory", "ProviderRegistry"],
        because: "a transaction is open there, in which no gateway is called",
    },
    Ban {
        room: "store",
        names: &["PaymentProvider", "ProviderFactory", "ProviderRegistry"],
        because: "a transaction is open there, in which no gateway is called",
    },
];

/// All names that are where they must not be.
pub(super) fn findings(tree: &CrateTree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, source) in tree.files.iter().enumerate() {
        let Some(room) = tree.module_of(file).path.first() else {
            continue;
        };
        for ban in BANS.iter().filter(|ban| ban.room == room) {
            for item in &source.syntax.items {
                each_name(item, &mut |name, line| {
                    if ban.names.contains(&name) {
                        findings.push(Finding {
                            path: tree.path(file),
                            line,
                            problem: format!("{room} names `{name}`, but {}", ban.because),
                        });
                    }
                });
            }
        }
    }
    findings
}

/// Calls the function with each identifier of an item and its line, but for code of tests.
fn each_name(item: &Item, found: &mut dyn FnMut(&str, usize)) {
    if is_test_only(attributes_of_item(item)) {
        return;
    }
    match item {
        Item::Mod(ItemMod {
            content: Some((_, items)),
            ..
        }) => {
            for item in items {
                each_name(item, found);
            }
        }
        Item::Impl(block) => {
            let head = ItemImpl {
                items: Vec::new(),
                ..block.clone()
            };
            each_ident(head.to_token_stream(), found);
            for item in &block.items {
                if !is_test_only(attributes_of_impl_item(item)) {
                    each_ident(item.to_token_stream(), found);
                }
            }
        }
        item => each_ident(item.to_token_stream(), found),
    }
}

fn each_ident(tokens: TokenStream, found: &mut dyn FnMut(&str, usize)) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => found(&plain(&ident), ident.span().start().line),
            TokenTree::Group(group) => each_ident(group.stream(), found),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::planted::problems;

    /// The problems of a crate with this file in `accounting`.
    fn in_accounting(text: &str) -> Vec<String> {
        problems(&[("lib.rs", "mod accounting;"), ("accounting.rs", text)])
    }

    #[test]
    fn planted_async_code_in_accounting_is_found() {
        for text in [
            "\nasync fn f() {}",
            "\nstruct A; impl A { async fn f(&self) {} }",
            "\nfn f() { drop(async {}) }",
            "\nmod a { fn f() { drop(async || 1) } }",
            "\nfn f() { run!(async { 1 }) }",
        ] {
            let problems = in_accounting(text);
            assert_eq!(
                problems,
                [
                    "src/accounting.rs:2: accounting names `async`, but what decides about money is pure"
                ],
                "{text}"
            );
        }
    }

    #[test]
    fn planted_databases_runtimes_and_providers_in_accounting_are_found() {
        for text in [
            "use sqlx::Row;",
            "fn f(_: &tokio::time::Instant) {}",
            "use payment_provider_core::{Money, PaymentProvider};",
            "fn f(_: &dyn payment_provider_core::ProviderFactory) {}",
        ] {
            assert!(!in_accounting(text).is_empty(), "{text}");
        }
        assert!(in_accounting("use payment_provider_core::Money; // async sqlx").is_empty());
    }

    #[test]
    fn a_provider_in_the_ledger_is_found() {
        let problems = problems(&[
            ("lib.rs", "mod ledger;"),
            ("ledger.rs", "fn f(_: &dyn PaymentProvider) {}"),
        ]);
        assert_eq!(problems.len(), 1, "{problems:?}");
    }
}
