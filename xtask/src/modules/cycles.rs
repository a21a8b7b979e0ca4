//! Cycles of files.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::crate_tree::{CrateTree, FileId};
use super::references::References;

/// The cycles of one crate.
#[derive(Debug, Default)]
pub(super) struct Cycles {
    /// Files that use each other, and what each uses of which, unless only a module and its parent do.
    pub(super) forbidden: Vec<String>,
    /// Files that use each other only because those below a module use the module.
    pub(super) recursions: Vec<Vec<String>>,
}

impl Cycles {
    /// Finds them.
    pub(super) fn of(tree: &CrateTree, references: &References) -> Self {
        let edges = references.edges(tree);
        let mut cycles = Self::default();
        for component in components(&edges) {
            let mut forbidden = Vec::new();
            split(tree, &edges, component.clone(), &mut forbidden);
            if forbidden.is_empty() {
                let paths = component.iter().map(|&file| tree.path(file));
                cycles.recursions.push(paths.collect());
            }
            let described = forbidden
                .iter()
                .map(|component| describe(tree, references, component));
            cycles.forbidden.extend(described);
        }
        cycles
    }
}

/// Removes the uses of the uppermost module from files that use each other, as long as one module is above all others.
/// A cycle that remains without these uses is added to `forbidden`.
fn split(
    tree: &CrateTree,
    edges: &[BTreeSet<FileId>],
    component: BTreeSet<FileId>,
    forbidden: &mut Vec<BTreeSet<FileId>>,
) {
    let module = |file: FileId| tree.files[file].module;
    let is_above_all = |&top: &FileId| {
        let mut files = component.iter();
        files.all(|&file| tree.is_within(module(file), module(top)))
    };
    let Some(top) = component.iter().copied().find(is_above_all) else {
        forbidden.push(component);
        return;
    };
    let remaining: Vec<BTreeSet<FileId>> = edges
        .iter()
        .enumerate()
        .map(|(from, used)| {
            let kept = |file: &&FileId| **file != top && component.contains(file);
            if component.contains(&from) {
                used.iter().filter(kept).copied().collect()
            } else {
                BTreeSet::new()
            }
        })
        .collect();
    for inner in components(&remaining) {
        split(tree, &remaining, inner, forbidden);
    }
}

/// The files, and what each uses of the others.
fn describe(tree: &CrateTree, references: &References, component: &BTreeSet<FileId>) -> String {
    let mut text = format!("{} files", component.len());
    for reference in &references.all {
        if component.contains(&reference.from) && component.contains(&reference.to) {
            let _ = write!(
                text,
                "\n    {}:{} uses {} of {}",
                tree.path(reference.from),
                reference.line,
                reference.name.as_deref().unwrap_or("the module"),
                tree.path(reference.to)
            );
        }
    }
    text
}

/// The strongly connected components with more than one file, by Tarjan's algorithm.
fn components(edges: &[BTreeSet<FileId>]) -> Vec<BTreeSet<FileId>> {
    let mut search = Search {
        edges,
        index: vec![None; edges.len()],
        low: vec![0; edges.len()],
        stack: Vec::new(),
        next: 0,
        found: Vec::new(),
    };
    for file in 0..edges.len() {
        if search.index[file].is_none() {
            search.visit(file);
        }
    }
    search
        .found
        .sort_by_key(|component| component.first().copied());
    search.found
}

struct Search<'a> {
    edges: &'a [BTreeSet<FileId>],
    /// The order in which a file was reached.
    index: Vec<Option<usize>>,
    /// The earliest file on the stack that can be reached from a file.
    low: Vec<usize>,
    stack: Vec<FileId>,
    next: usize,
    found: Vec<BTreeSet<FileId>>,
}

impl Search<'_> {
    fn visit(&mut self, file: FileId) {
        let index = self.next;
        self.next += 1;
        self.index[file] = Some(index);
        self.low[file] = index;
        self.stack.push(file);
        for &used in &self.edges[file] {
            match self.index[used] {
                None => {
                    self.visit(used);
                    self.low[file] = self.low[file].min(self.low[used]);
                }
                Some(reached) if self.stack.contains(&used) => {
                    self.low[file] = self.low[file].min(reached);
                }
                Some(_) => {}
            }
        }
        if self.low[file] == index {
            let start = self.stack.iter().position(|&on_stack| on_stack == file);
            let component: BTreeSet<_> = self.stack.drain(start.unwrap_or_default()..).collect();
            if component.len() > 1 {
                self.found.push(component);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::planted::planted;
    use super::super::references::References;
    use super::Cycles;

    fn cycles(files: &[(&str, &str)]) -> Cycles {
        let tree = planted(files);
        Cycles::of(&tree, &References::of(&tree))
    }

    #[test]
    fn a_planted_cycle_is_found_with_what_each_file_uses() {
        let cycles = cycles(&[
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use crate::b::f; pub(crate) fn x() {}"),
            ("b.rs", "pub(crate) fn f() {\n crate::c::g() }"),
            ("c.rs", "pub(crate) fn g() { crate::a::x() }"),
        ]);
        assert_eq!(cycles.forbidden.len(), 1, "{cycles:?}");
        assert!(cycles.forbidden[0].starts_with("3 files"));
        assert!(cycles.forbidden[0].contains("src/b.rs:2 uses g of src/c.rs"));
    }

    #[test]
    fn a_module_and_its_parent_may_use_each_other() {
        let cycles = cycles(&[
            ("lib.rs", "mod a;"),
            ("a/mod.rs", "mod b; struct A; fn f() { b::g() }"),
            ("a/b.rs", "use super::A; pub(super) fn g() {}"),
        ]);
        assert!(cycles.forbidden.is_empty(), "{cycles:?}");
        assert_eq!(cycles.recursions, [["src/a/mod.rs", "src/a/b.rs"]]);
    }

    #[test]
    fn children_of_one_module_may_use_each_other_in_one_direction() {
        let cycles = cycles(&[
            ("lib.rs", "mod a;"),
            ("a/mod.rs", "mod b; mod c; struct A; fn f() { b::g() }"),
            ("a/b.rs", "pub(super) fn g() { super::c::h() }"),
            ("a/c.rs", "use super::A; pub(super) fn h() {}"),
        ]);
        assert!(cycles.forbidden.is_empty(), "{cycles:?}");
        assert_eq!(cycles.recursions.len(), 1);
    }

    #[test]
    fn children_that_use_each_other_both_ways_are_a_cycle() {
        let cycles = cycles(&[
            ("lib.rs", "mod a;"),
            ("a/mod.rs", "mod b; mod c; struct A; fn f() { b::g() }"),
            (
                "a/b.rs",
                "use super::A; pub(super) fn g() { super::c::h() }",
            ),
            ("a/c.rs", "pub(super) fn h() { super::b::g() }"),
        ]);
        assert_eq!(cycles.forbidden.len(), 1, "{cycles:?}");
        assert!(cycles.forbidden[0].starts_with("2 files"), "{cycles:?}");
    }

    #[test]
    fn modules_that_use_each_other_through_a_child_are_a_cycle() {
        let cycles = cycles(&[
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "mod x; fn f() { x::g() } pub(crate) fn h() {}"),
            ("a/x.rs", "pub(super) fn g() { crate::b::y::k() }"),
            (
                "b.rs",
                "pub(crate) mod y; pub(crate) fn l() { crate::a::h() }",
            ),
            ("b/y.rs", "pub(crate) fn k() { super::l() }"),
        ]);
        assert_eq!(cycles.forbidden.len(), 1, "{cycles:?}");
        assert!(cycles.forbidden[0].starts_with("4 files"), "{cycles:?}");
    }
}
