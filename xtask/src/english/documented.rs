//! The number of documented items in each crate, which does not fall.
//!
//! Items, fields, variants, methods and modules with a doc comment count, in `src`, outside of `#[cfg(test)]`. The
//! numbers below which a crate must not fall are in `documented-items.txt`; they are raised by hand.

use std::collections::BTreeMap;
use std::fs;

use syn::visit::{self, Visit};
use syn::{Attribute, Field, File, ImplItem, Item, TraitItem, Variant};

use crate::syntax::{
    attributes_of_impl_item, attributes_of_item, attributes_of_trait_item, is_test_only, parse,
};
use crate::workspace::{crates, root, rust_files};

/// The recorded numbers: a crate's folder and its number, a line each; `#` begins a comment.
const RECORD: &str = "xtask/documented-items.txt";

/// Prints the numbers; returns a line for each that is wrong.
pub(super) fn check() -> Result<Vec<String>, String> {
    let record = fs::read_to_string(root().join(RECORD))
        .map_err(|error| format!("{RECORD} cannot be read: {error}"))?;
    let record = parse_record(&record)?;
    let mut counted = BTreeMap::new();
    for found in crates()? {
        let mut count = 0;
        for source in rust_files(&found.path().join("src"))? {
            count += documented_items(&parse(&source)?);
        }
        counted.insert(found.folder, count);
    }
    for (folder, count) in &counted {
        let recorded = record.get(folder).copied().unwrap_or_default();
        eprintln!("{folder:36} {count:5} documented items, {recorded:5} recorded");
    }
    Ok(compare(&counted, &record))
}

fn compare(counted: &BTreeMap<String, u64>, record: &BTreeMap<String, u64>) -> Vec<String> {
    let mut failures = Vec::new();
    for (folder, recorded) in record {
        match counted.get(folder) {
            None => failures.push(format!("{RECORD} names {folder}, which is no crate")),
            Some(count) if count < recorded => failures.push(format!(
                "{folder} has {count} documented items, fewer than the {recorded} of {RECORD}"
            )),
            Some(_) => {}
        }
    }
    for folder in counted
        .keys()
        .filter(|folder| !record.contains_key(*folder))
    {
        failures.push(format!("{RECORD} has no number for {folder}"));
    }
    failures
}

fn parse_record(text: &str) -> Result<BTreeMap<String, u64>, String> {
    text.lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .filter(|line| !line.is_empty())
        .map(|line| {
            let (folder, count) = line.split_once(' ').unwrap_or((line, ""));
            let count = count.trim().parse();
            count
                .map(|count| (folder.to_owned(), count))
                .map_err(|_| format!("{RECORD}: no number in the line `{line}`"))
        })
        .collect()
}

fn documented_items(file: &File) -> u64 {
    let mut counter = Counter(0);
    counter.count(&file.attrs);
    counter.visit_file(file);
    counter.0
}

struct Counter(u64);

impl Counter {
    fn count(&mut self, attributes: &[Attribute]) {
        let documented = attributes.iter().any(|attribute| {
            attribute.path().is_ident("doc") && attribute.meta.require_name_value().is_ok()
        });
        self.0 += u64::from(documented);
    }
}

impl<'ast> Visit<'ast> for Counter {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = attributes_of_item(item);
        if !is_test_only(attributes) {
            self.count(attributes);
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes = attributes_of_impl_item(item);
        if !is_test_only(attributes) {
            self.count(attributes);
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        self.count(attributes_of_trait_item(item));
        visit::visit_trait_item(self, item);
    }

    fn visit_field(&mut self, field: &'ast Field) {
        self.count(&field.attrs);
        visit::visit_field(self, field);
    }

    fn visit_variant(&mut self, variant: &'ast Variant) {
        self.count(&variant.attrs);
        visit::visit_variant(self, variant);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{compare, documented_items, parse_record};

    #[test]
    fn items_with_a_doc_comment_count_and_tests_do_not() {
        let source = r#"
            //! The file.
            /// One.
            #[must_use]
            pub struct One {
                /// A field.
                a: u8,
                b: u8,
            }
            impl One {
                /// A method.
                fn f() {}
                fn g() {}
            }
            #[doc(hidden)]
            mod no {}
            #[doc = "One."]
            enum Two {
                /// A variant.
                A,
            }
            #[cfg(test)]
            mod tests {
                /// Nothing.
                fn f() {}
            }
        "#;
        assert_eq!(documented_items(&syn::parse_file(source).unwrap()), 6);
    }

    #[test]
    fn a_number_that_falls_is_named_with_both_numbers() {
        let counted = BTreeMap::from([("crates/a".to_owned(), 6), ("crates/b".to_owned(), 3)]);
        let record = parse_record("# Comment\ncrates/a 7\ncrates/b 3\n").unwrap();
        let failures = compare(&counted, &record);
        assert_eq!(failures.len(), 1);
        assert!(failures[0].contains("6 documented items, fewer than the 7"));
    }

    #[test]
    fn crates_and_record_name_each_other() {
        let counted = BTreeMap::from([("crates/a".to_owned(), 6)]);
        let record = BTreeMap::from([("crates/b".to_owned(), 6)]);
        assert_eq!(compare(&counted, &record).len(), 2);
        assert!(parse_record("crates/a").is_err());
    }
}
