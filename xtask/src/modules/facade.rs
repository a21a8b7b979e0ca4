//! The facade and its inner struct, which nothing below may name.

use syn::visit::{self, Visit};
use syn::{Fields, Item, ItemStruct};

use super::Finding;
use super::crate_tree::{CrateTree, ModuleId, plain};
use super::impl_blocks::segments;
use super::references::Reference;
use super::room_table::{FACADE, at, described, is_below_facade};

/// The name of the facade's type.
const TYPE: &str = "Host";

/// The facade's type, and the struct it consists of if it has a single field.
pub(super) fn types(tree: &CrateTree) -> Vec<(ModuleId, String)> {
    let mut types = Vec::new();
    for source in &tree.files {
        let module = &tree.modules[source.module];
        if module.path.first().is_none_or(|room| room != FACADE) {
            continue;
        }
        for item in &source.syntax.items {
            if let Item::Struct(item) = item
                && plain(&item.ident) == TYPE
            {
                types.push((source.module, TYPE.to_owned()));
                types.extend(inner(tree, source.module, item));
            }
        }
    }
    types
}

/// The type of this crate that is the only field, or that its pointer points to.
fn inner(tree: &CrateTree, module: ModuleId, item: &ItemStruct) -> Option<(ModuleId, String)> {
    struct Paths(Vec<Vec<String>>);
    impl<'ast> Visit<'ast> for Paths {
        fn visit_path(&mut self, path: &'ast syn::Path) {
            self.0.push(segments(path));
            visit::visit_path(self, path);
        }
    }

    let fields: Vec<_> = match &item.fields {
        Fields::Named(fields) => fields.named.iter().collect(),
        Fields::Unnamed(fields) => fields.unnamed.iter().collect(),
        Fields::Unit => Vec::new(),
    };
    let [field] = fields[..] else {
        return None;
    };
    let mut paths = Paths(Vec::new());
    paths.visit_type(&field.ty);
    let mut targets = paths.0.iter().filter_map(|path| tree.resolve(module, path));
    targets.find_map(|target| Some((target.module, target.name?)))
}

/// The finding, if a file below the facade names it.
pub(super) fn finding(
    tree: &CrateTree,
    types: &[(ModuleId, String)],
    reference: &Reference,
) -> Option<Finding> {
    let named = types
        .iter()
        .any(|(module, name)| reference.module == *module && reference.name.as_ref() == Some(name));
    (named && is_below_facade(tree, reference.from)).then(|| {
        let problem = format!("names {}, the facade", described(tree, reference));
        at(tree, reference, problem)
    })
}

#[cfg(test)]
mod tests {
    use super::super::planted::problems;

    #[test]
    fn a_planted_use_of_the_facade_is_found() {
        let problems = problems(&[
            ("lib.rs", "mod host; mod ledger; pub use host::Host;"),
            ("host.rs", "pub struct Host { a: u8, b: u8 }"),
            ("ledger.rs", "fn f(host: &crate::host::Host) {}"),
        ]);
        assert!(
            problems.contains(&"src/ledger.rs:1: names `host::Host`, the facade".to_owned()),
            "{problems:?}"
        );
    }

    #[test]
    fn a_planted_use_of_its_inner_struct_is_found_wherever_that_is() {
        let problems = problems(&[
            ("lib.rs", "mod config; mod host; mod ledger;"),
            ("config.rs", "pub struct Everything;"),
            (
                "host.rs",
                "use crate::config::Everything; pub struct Host { inner: std::sync::Arc<Everything> }",
            ),
            ("ledger.rs", "use crate::config::Everything;"),
        ]);
        assert_eq!(
            problems,
            ["src/ledger.rs:1: names `config::Everything`, the facade"]
        );
    }
}
