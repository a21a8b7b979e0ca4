//! The `impl` blocks of a crate: which file has which methods of a type, and which file implements a trait.

use std::collections::{BTreeSet, HashMap};

use syn::visit::{self, Visit};
use syn::{ImplItem, Item, ItemImpl, ItemMod, Type};

use super::crate_tree::{CrateTree, FileId, ModuleId, plain};
use crate::syntax::{attributes_of_item, is_test_only};

/// The files with methods of each type.
#[derive(Debug)]
pub(super) struct Methods(HashMap<(ModuleId, String, String), BTreeSet<FileId>>);

impl Methods {
    /// Collects them from all files.
    pub(super) fn of(tree: &CrateTree) -> Self {
        let mut methods: HashMap<_, BTreeSet<FileId>> = HashMap::new();
        each_block(tree, &mut |module, block| {
            let Some((of_module, of_type)) =
                type_path(&block.self_ty).and_then(|path| defined(tree, module, &path))
            else {
                return;
            };
            for item in &block.items {
                let name = match item {
                    ImplItem::Fn(method) => plain(&method.sig.ident),
                    ImplItem::Const(constant) => plain(&constant.ident),
                    _ => continue,
                };
                let key = (of_module, of_type.clone(), name);
                methods
                    .entry(key)
                    .or_default()
                    .insert(tree.modules[module].file);
            }
        });
        Self(methods)
    }

    /// The file with a method of a type; none if several files define one of that name.
    pub(super) fn only_file(&self, module: ModuleId, ty: &str, method: &str) -> Option<FileId> {
        let files = self.0.get(&(module, ty.to_owned(), method.to_owned()))?;
        let mut files = files.iter();
        match (files.next(), files.next()) {
            (Some(&file), None) => Some(file),
            _ => None,
        }
    }
}

/// The files that implement each trait of the crate.
#[derive(Debug)]
pub(super) struct Implementations(HashMap<(ModuleId, String), Vec<FileId>>);

impl Implementations {
    /// Collects them from all files.
    pub(super) fn of(tree: &CrateTree) -> Self {
        let mut implementations: HashMap<_, Vec<FileId>> = HashMap::new();
        each_block(tree, &mut |module, block| {
            if let Some((_, path, _)) = &block.trait_
                && let Some(key) = defined(tree, module, &segments(path))
            {
                let file = tree.modules[module].file;
                implementations.entry(key).or_default().push(file);
            }
        });
        Self(implementations)
    }

    /// The files that implement a trait.
    pub(super) fn files(&self, module: ModuleId, name: &str) -> impl Iterator<Item = FileId> {
        let files = self.0.get(&(module, name.to_owned()));
        files.into_iter().flatten().copied()
    }
}

/// The segments of a path, without their arguments.
pub(super) fn segments(path: &syn::Path) -> Vec<String> {
    path.segments
        .iter()
        .map(|segment| plain(&segment.ident))
        .collect()
}

/// The path of a type, or of the type behind a reference.
pub(super) fn type_path(ty: &Type) -> Option<Vec<String>> {
    match ty {
        Type::Path(path) if path.qself.is_none() => Some(segments(&path.path)),
        Type::Reference(reference) => type_path(&reference.elem),
        Type::Paren(inner) => type_path(&inner.elem),
        _ => None,
    }
}

/// The item of the crate that a path leads to.
fn defined(tree: &CrateTree, module: ModuleId, path: &[String]) -> Option<(ModuleId, String)> {
    let target = tree.resolve(module, path)?;
    Some((target.module, target.name?))
}

/// Calls the function with each `impl` block outside of tests and its module.
fn each_block(tree: &CrateTree, found: &mut dyn FnMut(ModuleId, &ItemImpl)) {
    let mut blocks = Blocks {
        tree,
        module: 0,
        found,
    };
    for source in &tree.files {
        blocks.module = source.module;
        for item in &source.syntax.items {
            blocks.visit_item(item);
        }
    }
}

struct Blocks<'a> {
    tree: &'a CrateTree,
    module: ModuleId,
    found: &'a mut dyn FnMut(ModuleId, &ItemImpl),
}

impl<'ast> Visit<'ast> for Blocks<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test_only(attributes_of_item(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let outer = self.module;
        if let Some(&child) = self.tree.modules[outer].children.get(&plain(&item.ident)) {
            self.module = child;
            visit::visit_item_mod(self, item);
            self.module = outer;
        }
    }

    fn visit_item_impl(&mut self, block: &'ast ItemImpl) {
        (self.found)(self.module, block);
    }
}
