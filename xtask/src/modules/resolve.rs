//! Finds the module that defines the name behind a path, through re-exports.

use super::crate_tree::{CrateTree, ModuleId};

/// The definition that a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// The module that holds the definition, or the module itself if the path names one.
    pub(super) module: ModuleId,
    /// The defined name; none if the path names a module.
    pub(super) name: Option<String>,
    /// The segments behind the definition: an associated function, a variant.
    pub(super) rest: Vec<String>,
    /// True if a name was looked up in the root of the crate that is only re-exported there.
    pub(super) through_root: bool,
}

/// Lookups under way: re-exports may refer to each other in a circle.
type Pending = Vec<(ModuleId, String)>;

impl CrateTree {
    /// Resolves a path that stands in a module; none if it leads out of the crate or to a local name.
    pub(super) fn resolve(&self, from: ModuleId, path: &[String]) -> Option<Target> {
        self.resolve_within(from, path, &mut Pending::new())
    }

    fn resolve_within(
        &self,
        from: ModuleId,
        path: &[String],
        pending: &mut Pending,
    ) -> Option<Target> {
        let (first, mut rest) = path.split_first()?;
        let module = match first.as_str() {
            "crate" => self.root_of(from),
            "self" => from,
            "super" => {
                let mut module = self.modules[from].parent?;
                while let Some((next, behind)) = rest.split_first()
                    && next == "super"
                {
                    module = self.modules[module].parent?;
                    rest = behind;
                }
                module
            }
            _ => return self.lookup(from, first, rest, pending),
        };
        self.descend(module, rest, pending)
    }

    /// Resolves a path from a module on.
    fn descend(&self, module: ModuleId, path: &[String], pending: &mut Pending) -> Option<Target> {
        match path.split_first() {
            Some((name, rest)) => self.lookup(module, name, rest, pending),
            None => Some(Target {
                module,
                name: None,
                rest: Vec::new(),
                through_root: false,
            }),
        }
    }

    /// Looks a name up in the scope of one module, and what follows it in what was found.
    fn lookup(
        &self,
        module: ModuleId,
        name: &str,
        rest: &[String],
        pending: &mut Pending,
    ) -> Option<Target> {
        let scope = &self.modules[module];
        let child = scope.children.get(name).copied();
        // A module may share its name with a function; only the module has something behind it.
        if let Some(child) = child.filter(|_| !rest.is_empty()) {
            return self.descend(child, rest, pending);
        }
        if scope.items.contains(name) {
            return Some(Target {
                module,
                name: Some(name.to_owned()),
                rest: rest.to_vec(),
                through_root: false,
            });
        }
        let lookup = (module, name.to_owned());
        if pending.contains(&lookup) {
            return None;
        }
        pending.push(lookup);
        let named = scope.imports.get(name).into_iter().flatten();
        let mut found = named
            .map(|import| [&import[..], rest].concat())
            .find_map(|path| self.resolve_within(module, &path, pending));
        for import in &scope.globs {
            if found.is_none() {
                found = self.lookup_in_glob(module, import, name, rest, pending);
            }
        }
        pending.pop();
        match (found, child) {
            (Some(target), _) => Some(Target {
                through_root: target.through_root || scope.parent.is_none(),
                ..target
            }),
            (None, Some(child)) => self.descend(child, rest, pending),
            (None, None) => None,
        }
    }

    fn lookup_in_glob(
        &self,
        module: ModuleId,
        glob: &[String],
        name: &str,
        rest: &[String],
        pending: &mut Pending,
    ) -> Option<Target> {
        let path = [glob, &[name.to_owned()], rest].concat();
        let target = self.resolve_within(module, &path, pending)?;
        // A glob of an enumeration brings in variants, of which the tree does not know the names.
        (target.rest.len() <= rest.len()).then_some(target)
    }
}

#[cfg(test)]
mod tests {
    use super::super::planted::planted;
    use super::*;

    fn resolve(tree: &CrateTree, from: &str, path: &str) -> Option<(String, Option<String>)> {
        let from = tree
            .modules
            .iter()
            .position(|module| module.path.join("::") == from)
            .unwrap();
        let path: Vec<String> = path.split("::").map(str::to_owned).collect();
        tree.resolve(from, &path)
            .map(|target| (tree.modules[target.module].path.join("::"), target.name))
    }

    fn found(module: &str, name: &str) -> (String, Option<String>) {
        (module.to_owned(), Some(name.to_owned()))
    }

    #[test]
    fn reexports_are_followed_to_the_definition() {
        let tree = planted(&[
            ("lib.rs", "mod a; mod b; pub use a::Inner as Outer;"),
            (
                "a/mod.rs",
                "mod deep; pub(crate) use deep::*; use std::fmt;",
            ),
            (
                "a/deep.rs",
                "pub(crate) struct Inner; pub(crate) mod more { pub fn f() {} }",
            ),
            ("b.rs", "use crate::Outer; use super::a;"),
        ]);
        assert_eq!(
            resolve(&tree, "b", "Outer::new"),
            Some(found("a::deep", "Inner"))
        );
        assert_eq!(
            resolve(&tree, "b", "a::Inner"),
            Some(found("a::deep", "Inner"))
        );
        assert_eq!(
            resolve(&tree, "b", "crate::a::more::f"),
            Some(found("a::deep::more", "f"))
        );
        assert_eq!(
            resolve(&tree, "b", "super::a::Inner"),
            Some(found("a::deep", "Inner"))
        );
        assert_eq!(resolve(&tree, "a", "fmt::Display"), None);
        assert_eq!(resolve(&tree, "b", "String"), None);
    }

    #[test]
    fn names_through_the_root_are_marked() {
        let tree = planted(&[
            ("lib.rs", "mod a; mod b; pub use a::A;"),
            ("a.rs", "pub struct A;"),
            ("b.rs", ""),
        ]);
        let path = |path: &str| path.split("::").map(str::to_owned).collect::<Vec<_>>();
        let b = tree.modules[0].children["b"];
        assert!(tree.resolve(b, &path("crate::A")).unwrap().through_root);
        assert!(!tree.resolve(b, &path("crate::a::A")).unwrap().through_root);
    }

    #[test]
    fn a_circle_of_reexports_ends() {
        let tree = planted(&[("lib.rs", "mod a { pub use crate::X; } pub use a::X;")]);
        assert_eq!(resolve(&tree, "a", "X"), None);
    }
}
