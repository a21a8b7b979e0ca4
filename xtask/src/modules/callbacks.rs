//! Closures and trait objects by which a lower room could call a higher one.
//!
//! A function or a field that is visible outside of its room takes no closure, and no trait that a higher room
//! implements. Inside a room both are allowed.

use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{
    Field, FnArg, GenericParam, Generics, ImplItem, Item, ItemImpl, Signature, TraitItem,
    TypeBareFn, TypeImplTrait, TypeParamBound, TypeTraitObject, Visibility, WherePredicate,
};

use super::Finding;
use super::crate_tree::{CrateTree, FileId, ModuleId, plain};
use super::impl_blocks::{Implementations, segments};
use super::room_table::{Place, is_below_facade, leads_upward, place};
use crate::syntax::{attributes_of_impl_item, attributes_of_item, is_test_only};

/// Traits of functions.
const CLOSURES: [&str; 6] = [
    "Fn",
    "FnMut",
    "FnOnce",
    "AsyncFn",
    "AsyncFnMut",
    "AsyncFnOnce",
];

/// The host's own handler, which the ledger calls by design.
const HANDLER: &str = "PaymentHandler";

/// Traits of other crates whose objects lead to no room: those of the contract, and those without behaviour of ours.
const FOREIGN: [&str; 11] = [
    "Any",
    "Clock",
    "DatabaseError",
    "Debug",
    "Display",
    "Error",
    "Iterator",
    "PaymentProvider",
    "ProviderFactory",
    "Send",
    "Sync",
];

/// A function that may take a closure although it is visible outside of its room.
struct Exception {
    /// The end of the file's path.
    file: &'static str,
    function: &'static str,
}

/// Each with the reason in a comment.
const EXCEPTIONS: &[Exception] = &[];

/// All closures and trait objects that may lead upward.
pub(super) fn findings(tree: &CrateTree) -> Vec<Finding> {
    let implementations = Implementations::of(tree);
    let mut findings = Vec::new();
    for (file, source) in tree.files.iter().enumerate() {
        if !is_below_facade(tree, file) {
            continue;
        }
        let mut search = Search {
            tree,
            implementations: &implementations,
            file,
            module: source.module,
            findings: &mut findings,
        };
        for item in &source.syntax.items {
            search.item(item);
        }
    }
    findings
}

struct Search<'a> {
    tree: &'a CrateTree,
    implementations: &'a Implementations,
    file: FileId,
    module: ModuleId,
    findings: &'a mut Vec<Finding>,
}

impl Search<'_> {
    fn item(&mut self, item: &Item) {
        if is_test_only(attributes_of_item(item)) {
            return;
        }
        match item {
            Item::Fn(item) if self.is_visible(&item.vis) => self.signature(&item.sig, None),
            Item::Impl(block) => self.block(block),
            Item::Trait(item) if self.is_visible(&item.vis) => {
                for method in &item.items {
                    if let TraitItem::Fn(method) = method {
                        self.signature(&method.sig, Some(&item.generics));
                    }
                }
            }
            Item::Struct(item) if self.is_visible(&item.vis) => {
                let name = plain(&item.ident);
                self.fields(&name, &item.generics, item.fields.iter());
            }
            Item::Enum(item) if self.is_visible(&item.vis) => {
                let name = plain(&item.ident);
                let fields = item.variants.iter().flat_map(|variant| &variant.fields);
                self.fields(&name, &item.generics, fields);
            }
            Item::Type(item) if self.is_visible(&item.vis) => {
                let mut leads = Leads::new(self);
                leads.visit_type(&item.ty);
                let found = leads.found;
                self.report(found, &format!("the type `{}`", item.ident));
            }
            Item::Mod(item) => {
                let outer = self.module;
                if let Some((_, items)) = &item.content
                    && let Some(&child) = self.tree.modules[outer].children.get(&plain(&item.ident))
                {
                    self.module = child;
                    for item in items {
                        self.item(item);
                    }
                    self.module = outer;
                }
            }
            _ => {}
        }
    }

    /// The methods of a type. Those of a trait are checked where the trait is defined.
    fn block(&mut self, block: &ItemImpl) {
        if block.trait_.is_some() {
            return;
        }
        for item in &block.items {
            if let ImplItem::Fn(method) = item
                && !is_test_only(attributes_of_impl_item(item))
                && self.is_visible(&method.vis)
            {
                self.signature(&method.sig, Some(&block.generics));
            }
        }
    }

    fn signature(&mut self, signature: &Signature, outer: Option<&Generics>) {
        let name = plain(&signature.ident);
        let path = self.tree.path(self.file);
        if EXCEPTIONS
            .iter()
            .any(|exception| exception.function == name && path.ends_with(exception.file))
        {
            return;
        }
        let mut leads = Leads::new(self);
        for generics in outer.into_iter().chain([&signature.generics]) {
            leads.generics(generics);
        }
        for input in &signature.inputs {
            if let FnArg::Typed(input) = input {
                leads.visit_type(&input.ty);
            }
        }
        let found = leads.found;
        self.report(found, &format!("`{name}`"));
    }

    fn fields<'f>(
        &mut self,
        name: &str,
        generics: &Generics,
        fields: impl Iterator<Item = &'f Field>,
    ) {
        let mut leads = Leads::new(self);
        leads.generics(generics);
        for field in fields {
            leads.visit_type(&field.ty);
        }
        let found = leads.found;
        self.report(found, &format!("a field of `{name}`"));
    }

    fn report(&mut self, found: Vec<(usize, String)>, holder: &str) {
        for (line, what) in found {
            self.findings.push(Finding {
                path: self.tree.path(self.file),
                line,
                problem: format!("{holder} takes {what}, which may lead to a higher room"),
            });
        }
    }

    /// True if what has this visibility can be named outside of the room.
    fn is_visible(&self, visibility: &Visibility) -> bool {
        match visibility {
            Visibility::Inherited => false,
            Visibility::Public(_) => true,
            Visibility::Restricted(restricted) => {
                let path = segments(&restricted.path);
                let target = self.tree.resolve(self.module, &path);
                target.is_none_or(|target| self.tree.modules[target.module].path.is_empty())
            }
        }
    }

    /// True if the trait is one that a place above this file's implements.
    fn is_implemented_above(&self, path: &syn::Path) -> bool {
        let target = self.tree.resolve(self.module, &segments(path));
        let Some((module, Some(name))) = target.map(|target| (target.module, target.name)) else {
            return false;
        };
        let here = place(self.tree, self.file);
        let mut files = self.implementations.files(module, &name);
        files.any(|file| {
            let there = place(self.tree, file);
            there == Place::Root || leads_upward(here, there)
        })
    }

    /// The name of what an import renames, or the name itself.
    fn original_name(&self, name: &str) -> String {
        let imports = self.tree.modules[self.module].imports.get(name);
        let mut originals = imports.into_iter().flatten().filter_map(|path| path.last());
        originals.next().map_or(name, String::as_str).to_owned()
    }

    fn is_ours(&self, path: &syn::Path) -> bool {
        self.tree.resolve(self.module, &segments(path)).is_some()
    }
}

/// Collects the parts of a type that may lead upward, with their lines.
struct Leads<'a> {
    search: &'a Search<'a>,
    found: Vec<(usize, String)>,
}

impl<'a> Leads<'a> {
    fn new(search: &'a Search<'_>) -> Self {
        Self {
            search,
            found: Vec::new(),
        }
    }

    fn generics(&mut self, generics: &Generics) {
        for parameter in &generics.params {
            if let GenericParam::Type(parameter) = parameter {
                self.bounds(&parameter.bounds, false);
            }
        }
        for predicate in generics.where_clause.iter().flat_map(|w| &w.predicates) {
            if let WherePredicate::Type(predicate) = predicate {
                self.bounds(&predicate.bounds, false);
            }
        }
    }

    fn bounds<P>(&mut self, bounds: &Punctuated<TypeParamBound, P>, is_object: bool) {
        for bound in bounds {
            let TypeParamBound::Trait(bound) = bound else {
                continue;
            };
            let Some(last) = bound.path.segments.last() else {
                continue;
            };
            let name = self.search.original_name(&plain(&last.ident));
            if name == HANDLER {
                continue;
            }
            let line = last.ident.span().start().line;
            let is_ours = self.search.is_ours(&bound.path);
            if CLOSURES.contains(&name.as_str()) {
                self.found.push((line, format!("a closure, `{name}`")));
            } else if self.search.is_implemented_above(&bound.path) {
                let what = format!("the trait `{name}`, which a higher room implements");
                self.found.push((line, what));
            } else if is_object && !is_ours && !FOREIGN.contains(&name.as_str()) {
                self.found.push((line, format!("an object of `{name}`")));
            }
        }
    }
}

impl<'ast> Visit<'ast> for Leads<'_> {
    fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
        self.bounds(&ty.bounds, false);
        visit::visit_type_impl_trait(self, ty);
    }

    fn visit_type_trait_object(&mut self, ty: &'ast TypeTraitObject) {
        self.bounds(&ty.bounds, true);
        visit::visit_type_trait_object(self, ty);
    }

    fn visit_type_bare_fn(&mut self, ty: &'ast TypeBareFn) {
        let line = ty.fn_token.span.start().line;
        self.found.push((line, "a function pointer".to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::super::planted::problems;

    /// The problems of a crate with this file in `ledger`.
    fn in_ledger(text: &str) -> Vec<String> {
        problems(&[
            ("lib.rs", "mod inbox; mod ledger; mod store;"),
            ("ledger/mod.rs", text),
            (
                "inbox.rs",
                "use crate::ledger::Notify; struct I; impl Notify for I {}",
            ),
            (
                "store.rs",
                "pub trait Engine {} struct E; impl Engine for E {}",
            ),
        ])
    }

    /// Defines the trait that a higher room implements, and which is fine by itself.
    const NOTIFY: &str = "pub(crate) trait Notify {}\n";

    #[test]
    fn planted_closures_are_found() {
        for text in [
            "pub(crate) fn f(then: impl FnOnce(u8)) {}",
            "pub fn f<F>(then: F) where F: AsyncFnOnce() {}",
            "pub(super) fn f<F: FnMut()>(then: F) {}",
            "pub struct A; impl A { pub(crate) fn f(&self, then: &mut dyn FnMut()) {} }",
            "pub struct A<F>(F); impl<F: Fn()> A<F> { pub fn f(&self) {} }",
            "pub struct A { then: Box<dyn Fn() + Send> }",
            "pub enum A { B { then: fn(u8) } }",
            "pub(crate) type Then = std::sync::Arc<dyn Fn()>;",
            "use std::ops::Fn as Call; pub(crate) fn f(then: impl Call()) {}",
            "pub trait A { fn f(&self, then: Box<dyn FnOnce()>); }",
        ] {
            let problems = in_ledger(&format!("{NOTIFY}{text}"));
            assert_eq!(problems.len(), 1, "{text}: {problems:?}");
            assert!(
                problems[0].starts_with("src/ledger/mod.rs:2: "),
                "{problems:?}"
            );
        }
    }

    #[test]
    fn planted_traits_of_a_higher_room_are_found() {
        for text in [
            "pub(crate) fn f(inbox: &dyn Notify) {}",
            "pub(crate) fn f<N: Notify>(inbox: N) {}",
            "pub struct A { inbox: std::sync::Arc<dyn Notify> }",
        ] {
            let problems = in_ledger(&format!("{NOTIFY}{text}"));
            assert_eq!(problems.len(), 1, "{text}: {problems:?}");
            assert!(problems[0].contains("which a higher room implements"));
        }
    }

    #[test]
    fn an_unknown_trait_object_is_found() {
        let text =
            format!("{NOTIFY}pub fn f(work: std::pin::Pin<Box<dyn Future<Output = ()>>>) {{}}");
        assert_eq!(in_ledger(&text).len(), 1);
    }

    #[test]
    fn closures_inside_a_room_and_traits_that_lead_downward_pass() {
        let text = "
            pub(crate) trait Notify {}
            use crate::store::Engine;
            fn f(then: impl Fn()) {}
            mod deep { pub(super) fn f(then: impl Fn()) {} }
            struct Own { then: Box<dyn Fn()> }
            pub(crate) fn g(handler: &dyn PaymentHandler, engine: &dyn Engine) {}
            pub(crate) fn h<E: Engine>(engine: E, clock: std::sync::Arc<dyn Clock>) {}
            use std::error::Error as StdError;
            pub(crate) fn i(source: Box<dyn StdError + Send>) {}
            pub(crate) fn j(amounts: impl IntoIterator<Item = u8>) -> impl Fn(u8) -> u8 { |a| a }
        ";
        let problems = in_ledger(text);
        assert!(problems.is_empty(), "{problems:?}");
    }
}
