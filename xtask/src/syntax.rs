//! Helpers around the syntax tree of a Rust source.

use syn::{Attribute, File, ImplItem, Item, Meta, TraitItem};

use crate::workspace::Source;

/// Parses a source file.
///
/// # Errors
///
/// A syntax error, with file and line.
pub(crate) fn parse(source: &Source) -> Result<File, String> {
    syn::parse_file(&source.text).map_err(|error| {
        let line = error.span().start().line;
        format!("{}:{line}: {error}", source.path.display())
    })
}

/// True if the attributes hold a `#[cfg(..)]` that is only met in tests.
pub(crate) fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || (attribute.path().is_ident("cfg")
                && attribute
                    .parse_args::<Meta>()
                    .is_ok_and(|condition| requires_test(&condition)))
    })
}

/// True for `test` and for an `all(..)` that holds it.
fn requires_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => list
            .parse_args_with(syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated)
            .is_ok_and(|conditions| conditions.iter().any(requires_test)),
        _ => false,
    }
}

/// The attributes of an item.
pub(crate) fn attributes_of_item(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// The attributes of an item of an `impl` block.
pub(crate) fn attributes_of_impl_item(item: &ImplItem) -> &[Attribute] {
    match item {
        ImplItem::Const(item) => &item.attrs,
        ImplItem::Fn(item) => &item.attrs,
        ImplItem::Macro(item) => &item.attrs,
        ImplItem::Type(item) => &item.attrs,
        _ => &[],
    }
}

/// The attributes of an item of a trait.
pub(crate) fn attributes_of_trait_item(item: &TraitItem) -> &[Attribute] {
    match item {
        TraitItem::Const(item) => &item.attrs,
        TraitItem::Fn(item) => &item.attrs,
        TraitItem::Macro(item) => &item.attrs,
        TraitItem::Type(item) => &item.attrs,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::{attributes_of_item, is_test_only, parse};
    use crate::workspace::Source;

    #[test]
    fn conditions_met_only_in_tests_are_recognized() {
        for (item, expected) in [
            ("#[cfg(test)] mod a {}", true),
            ("#[cfg(all(test, feature = \"b\"))] mod a {}", true),
            ("#[test] fn a() {}", true),
            ("#[cfg(any(test, feature = \"b\"))] mod a {}", false),
            ("#[cfg(not(test))] mod a {}", false),
            ("mod a {}", false),
        ] {
            let parsed = syn::parse_str(item).unwrap();
            assert_eq!(
                is_test_only(attributes_of_item(&parsed)),
                expected,
                "{item}"
            );
        }
    }

    #[test]
    fn a_syntax_error_is_reported_with_file_and_line() {
        let error = parse(&Source {
            path: "src/lib.rs".into(),
            text: "\nfn a( {}".into(),
        })
        .err()
        .unwrap();
        assert!(error.starts_with("src/lib.rs:2: "), "{error}");
    }
}
