//! Crates made up for tests.

use super::crate_tree::CrateTree;
use super::references::References;
use super::rooms;
use crate::workspace::Source;

/// The tree of a crate with these files below `src`.
pub(super) fn planted(files: &[(&str, &str)]) -> CrateTree {
    let sources: Vec<Source> = files
        .iter()
        .map(|(path, text)| Source {
            path: format!("src/{path}").into(),
            text: (*text).to_owned(),
        })
        .collect();
    CrateTree::parse(&sources).unwrap()
}

/// Returns the findings of the room check in such a crate, a line each.
pub(super) fn problems(files: &[(&str, &str)]) -> Vec<String> {
    let tree = planted(files);
    rooms::findings(&tree, &References::of(&tree))
        .iter()
        .map(ToString::to_string)
        .collect()
}
