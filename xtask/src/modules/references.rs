//! The uses of definitions in other files.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Spacing, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{
    Attribute, Expr, ExprMethodCall, ImplItem, Item, ItemImpl, ItemMod, ItemUse, Macro,
    VisRestricted, Visibility,
};

use super::crate_tree::{CrateTree, FileId, ModuleId, flatten, plain};
use super::impl_blocks::{Methods, segments, type_path};
use crate::syntax::{attributes_of_impl_item, attributes_of_item, is_test_only};

/// A use of a definition in another file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    pub(super) from: FileId,
    pub(super) line: usize,
    pub(super) to: FileId,
    /// The module of the definition.
    pub(super) module: ModuleId,
    /// The defined name; none if a module itself is named.
    pub(super) name: Option<String>,
    /// True if the name was taken from the root of the crate, which only re-exports it.
    pub(super) through_root: bool,
}

/// All references between the files of a crate, sorted by place, each definition once for each file.
#[derive(Debug, Default)]
pub(super) struct References {
    pub(super) all: Vec<Reference>,
}

impl References {
    /// Collects them from all files.
    pub(super) fn of(tree: &CrateTree) -> Self {
        let methods = Methods::of(tree);
        let mut found = BTreeMap::new();
        for (file, source) in tree.files.iter().enumerate() {
            let mut collector = Collector {
                tree,
                methods: &methods,
                file,
                module: source.module,
                of_impl: None,
                found: &mut found,
            };
            for item in &source.syntax.items {
                collector.visit_item(item);
            }
        }
        let mut all: Vec<Reference> = found
            .into_iter()
            .map(|((from, module, name), (line, through_root))| Reference {
                from,
                line,
                to: tree.modules[module].file,
                module,
                name,
                through_root,
            })
            .collect();
        all.sort();
        Self { all }
    }

    /// The files that each file uses.
    pub(super) fn edges(&self, tree: &CrateTree) -> Vec<BTreeSet<FileId>> {
        let mut edges = vec![BTreeSet::new(); tree.files.len()];
        for reference in &self.all {
            edges[reference.from].insert(reference.to);
        }
        edges
    }
}

struct Collector<'a> {
    tree: &'a CrateTree,
    methods: &'a Methods,
    file: FileId,
    module: ModuleId,
    /// The type whose `impl` block is being read.
    of_impl: Option<(ModuleId, String)>,
    found: &'a mut BTreeMap<(FileId, ModuleId, Option<String>), (usize, bool)>,
}

impl Collector<'_> {
    fn add(&mut self, module: ModuleId, name: Option<String>, line: usize, through_root: bool) {
        if self.tree.modules[module].file == self.file {
            return;
        }
        let entry = self
            .found
            .entry((self.file, module, name))
            .or_insert((line, through_root));
        *entry = (entry.0.min(line), entry.1 || through_root);
    }

    fn add_path(&mut self, path: &[String], line: usize) {
        if path.first().is_some_and(|first| first == "Self") {
            if let (Some((module, name)), Some(method)) = (self.of_impl.clone(), path.get(1)) {
                self.add_method(module, &name, method, line);
            }
            return;
        }
        let Some(target) = self.tree.resolve(self.module, path) else {
            return;
        };
        if let (Some(name), Some(method)) = (&target.name, target.rest.first()) {
            self.add_method(target.module, name, method, line);
        }
        // A single module in front of nothing is an import of it, which counts where it is used.
        if target.name.is_some() || path.len() > 1 {
            self.add(target.module, target.name, line, target.through_root);
        }
    }

    /// Adds the file with this method of a type, if it is one file.
    fn add_method(&mut self, module: ModuleId, name: &str, method: &str, line: usize) {
        if let Some(file) = self.methods.only_file(module, name, method) {
            let method_name = format!("{name}::{method}");
            self.add(self.tree.files[file].module, Some(method_name), line, false);
        }
    }

    /// Adds the paths among the tokens of a macro.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut line = 0;
        let mut colons = 0;
        let mut after_dot = false;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.end_path(&mut path, line);
                    }
                    if !after_dot {
                        if path.is_empty() {
                            line = ident.span().start().line;
                        }
                        path.push(plain(&ident));
                    }
                    (colons, after_dot) = (0, false);
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => {
                    colons += 1;
                    if colons == 1 && punct.spacing() == Spacing::Alone {
                        self.end_path(&mut path, line);
                        colons = 0;
                    }
                }
                TokenTree::Group(group) => {
                    self.end_path(&mut path, line);
                    (colons, after_dot) = (0, false);
                    self.add_tokens(group.stream());
                }
                TokenTree::Punct(punct) => {
                    self.end_path(&mut path, line);
                    (colons, after_dot) = (0, punct.as_char() == '.');
                }
                TokenTree::Literal(_) => {
                    self.end_path(&mut path, line);
                    (colons, after_dot) = (0, false);
                }
            }
        }
        self.end_path(&mut path, line);
    }

    fn end_path(&mut self, path: &mut Vec<String>, line: usize) {
        if !path.is_empty() {
            self.add_path(path, line);
            path.clear();
        }
    }
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test_only(attributes_of_item(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if !is_test_only(attributes_of_impl_item(item)) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let outer = self.module;
        if item.content.is_some()
            && let Some(&child) = self.tree.modules[outer].children.get(&plain(&item.ident))
        {
            self.module = child;
            visit::visit_item_mod(self, item);
            self.module = outer;
        }
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let path = type_path(&item.self_ty);
        let target = path.and_then(|path| self.tree.resolve(self.module, &path));
        let outer = self.of_impl.take();
        self.of_impl = target.and_then(|target| Some((target.module, target.name?)));
        visit::visit_item_impl(self, item);
        self.of_impl = outer;
    }

    /// A re-export of what lies below the module is no use of it.
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_some() {
            return;
        }
        let line = item.use_token.span.start().line;
        let is_reexport = !matches!(item.vis, Visibility::Inherited);
        let mut leaves = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut leaves);
        for (path, _) in leaves {
            let Some(target) = self.tree.resolve(self.module, &path) else {
                continue;
            };
            // A module that is imported counts where it is used.
            let is_module = target.name.is_none();
            let is_below = self.tree.is_within(target.module, self.module);
            let is_reexport_of_child = is_reexport && is_below;
            if !is_module && !is_reexport_of_child {
                self.add(target.module, target.name, line, target.through_root);
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none()
            && let Some(first) = path.segments.first()
        {
            self.add_path(&segments(path), first.ident.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if let Expr::Path(receiver) = &*call.receiver
            && receiver.path.is_ident("self")
            && let Some((module, name)) = self.of_impl.clone()
        {
            let line = call.method.span().start().line;
            self.add_method(module, &name, &plain(&call.method), line);
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        self.add_tokens(call.tokens.clone());
    }

    /// Paths in attributes: those of derives and macros, and texts such as that of `#[serde(with = "crate::a")]`.
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let syn::Meta::List(list) = &attribute.meta else {
            return;
        };
        self.add_tokens(list.tokens.clone());
        for token in list.tokens.clone() {
            if let TokenTree::Literal(literal) = token
                && let syn::Lit::Str(text) = syn::Lit::new(literal)
                && let Ok(path) = text.parse::<syn::Path>()
                && path.segments.len() > 1
            {
                self.add_path(&segments(&path), text.span().start().line);
            }
        }
    }

    /// `pub(in crate::a)` names a module without using it.
    fn visit_vis_restricted(&mut self, _: &'ast VisRestricted) {}
}

#[cfg(test)]
mod tests {
    use super::super::planted::planted;
    use super::References;

    /// The references as `from -> to: name`.
    fn references(files: &[(&str, &str)]) -> Vec<String> {
        let tree = planted(files);
        let path = |file: usize| tree.path(file)["src/".len()..].to_owned();
        let references = References::of(&tree);
        let all = references.all.iter().map(|reference| {
            let name = reference.name.clone().unwrap_or_default();
            format!("{} -> {}: {name}", path(reference.from), path(reference.to))
        });
        all.collect()
    }

    #[test]
    fn uses_and_inline_paths_count_once_for_each_file() {
        let found = references(&[
            ("lib.rs", "mod a; mod b; mod c;"),
            (
                "a.rs",
                "use crate::b::B; fn f(_: B) { crate::c::g(); super::c::g() }",
            ),
            ("b.rs", "pub(crate) struct B;"),
            ("c.rs", "pub(crate) fn g() {}"),
        ]);
        assert_eq!(found, ["a.rs -> b.rs: B", "a.rs -> c.rs: g"]);
    }

    #[test]
    fn a_reexport_of_a_child_is_no_use_and_leads_to_its_source() {
        let found = references(&[
            ("lib.rs", "mod a; mod b; pub use a::A;"),
            ("a/mod.rs", "mod deep; pub(crate) use deep::A;"),
            ("a/deep.rs", "pub(crate) struct A;"),
            ("b.rs", "pub use crate::a::A;"),
        ]);
        assert_eq!(found, ["b.rs -> a/deep.rs: A"]);
    }

    #[test]
    fn an_imported_module_counts_by_what_is_used_of_it() {
        let found = references(&[
            ("lib.rs", "mod a; mod b;"),
            ("a/mod.rs", "pub(crate) mod deep;"),
            ("a/deep.rs", "pub(crate) fn f() {}"),
            (
                "b.rs",
                "use crate::a::{self, deep}; fn g() { deep::f(); a::deep::f(); }",
            ),
        ]);
        assert_eq!(found, ["b.rs -> a/deep.rs: f"]);
    }

    #[test]
    fn paths_in_macros_and_attributes_count() {
        let found = references(&[
            ("lib.rs", "mod a; mod b; mod c; mod d;"),
            (
                "a.rs",
                "fn f(x: u8) { assert!(matches!(x, crate::b::B), \"{}\", y.c); log!(a: crate::c::C); }",
            ),
            ("b.rs", "pub(crate) const B: u8 = 1;"),
            ("c.rs", "pub(crate) const C: u8 = 1;"),
            (
                "d.rs",
                "struct D { #[serde(with = \"crate::b::B\")] a: u8 }",
            ),
        ]);
        assert_eq!(
            found,
            ["a.rs -> b.rs: B", "a.rs -> c.rs: C", "d.rs -> b.rs: B"]
        );
    }

    #[test]
    fn methods_of_one_type_in_several_files_use_each_other() {
        let found = references(&[
            ("lib.rs", "mod a; mod b;"),
            (
                "a.rs",
                "pub struct A; impl A { fn f(&self) { self.g() } fn h() {} }",
            ),
            (
                "b.rs",
                "use crate::a::A; impl A { pub(crate) fn g(&self) { Self::h() } }",
            ),
        ]);
        assert_eq!(
            found,
            [
                "a.rs -> b.rs: A::g",
                "b.rs -> a.rs: A",
                "b.rs -> a.rs: A::h"
            ]
        );
    }

    #[test]
    fn code_for_tests_counts_for_nothing() {
        let found = references(&[
            ("lib.rs", "mod a; mod b;"),
            (
                "a.rs",
                "#[cfg(test)] mod tests { use crate::b::B; } #[cfg(test)] use crate::b::B;",
            ),
            (
                "b.rs",
                "pub(crate) struct B; impl B { #[cfg(test)] fn f() { crate::a::g() } }",
            ),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }
}
