//! The order of the rooms, checked.

use super::crate_tree::CrateTree;
use super::references::{Reference, References};
use super::room_table::{Place, at, described, direction, name, place};
use super::{Cycles, Finding, callbacks, facade, names};

/// Everything that breaks the order, sorted by place.
pub(super) fn findings(tree: &CrateTree, references: &References) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(unknown_modules(tree));
    let facade = facade::types(tree);
    for reference in &references.all {
        findings.extend(facade::finding(tree, &facade, reference));
        findings.extend(wrong_direction(tree, reference));
        findings.extend(through_root(tree, reference));
    }
    findings.extend(callbacks::findings(tree));
    findings.extend(names::findings(tree));
    for cycle in Cycles::of(tree, references).forbidden {
        findings.push(Finding {
            path: tree.path(0),
            line: 1,
            problem: format!("cycle of {cycle}"),
        });
    }
    findings.sort();
    findings.dedup();
    findings
}

fn unknown_modules(tree: &CrateTree) -> impl Iterator<Item = Finding> {
    let files = 0..tree.files.len();
    files
        .filter(|&file| place(tree, file) == Place::Unknown && tree.module_of(file).path.len() == 1)
        .map(|file| Finding {
            path: tree.path(file),
            line: 1,
            problem: "is in no room, and not in the table of modules that all may use".to_owned(),
        })
}

fn wrong_direction(tree: &CrateTree, reference: &Reference) -> Option<Finding> {
    let [from, to] = [reference.from, reference.to].map(|file| place(tree, file));
    let problem = match (from, to) {
        (Place::Room(lower), Place::Room(upper)) => format!(
            "{} uses {} of {}, which is {} it",
            name(lower),
            described(tree, reference),
            name(upper),
            direction(lower, upper)?
        ),
        (Place::UsedByAll, Place::Room(room)) => format!(
            "a module that all rooms may use uses {} of the room {}",
            described(tree, reference),
            name(room)
        ),
        (Place::UsedByAll | Place::Room(_), Place::Root) => format!(
            "uses {}, which the root of the crate defines",
            described(tree, reference)
        ),
        _ => return None,
    };
    Some(at(tree, reference, problem))
}

fn through_root(tree: &CrateTree, reference: &Reference) -> Option<Finding> {
    let from = place(tree, reference.from);
    (reference.through_root && from != Place::Root).then(|| {
        let problem = format!(
            "takes {} from the root of the crate; name its module instead",
            described(tree, reference)
        );
        at(tree, reference, problem)
    })
}

#[cfg(test)]
mod tests {
    use super::super::planted::problems;

    #[test]
    fn rooms_that_use_what_is_below_them_pass() {
        let problems = problems(&[
            (
                "lib.rs",
                "mod accounting; mod config; mod host; mod store; pub use host::Host;",
            ),
            (
                "accounting/mod.rs",
                "mod account; pub(crate) use account::Account;",
            ),
            ("accounting/account.rs", "pub struct Account;"),
            ("config.rs", "pub struct Config;"),
            (
                "store/mod.rs",
                "use crate::{accounting::Account, config::Config};",
            ),
            ("host.rs", "use crate::store; pub struct Host;"),
        ]);
        assert!(problems.is_empty(), "{problems:?}");
    }

    #[test]
    fn a_planted_upward_use_is_found_through_a_reexport() {
        let problems = problems(&[
            ("lib.rs", "mod inbox; mod ledger;"),
            ("inbox/mod.rs", "mod apply; pub(crate) use apply::apply;"),
            ("inbox/apply.rs", "pub(crate) fn apply() {}"),
            ("ledger.rs", "\nfn post() { crate::inbox::apply() }"),
        ]);
        assert_eq!(
            problems,
            ["src/ledger.rs:2: ledger uses `inbox::apply::apply` of inbox, which is above it"]
        );
    }

    #[test]
    fn a_reexport_of_a_higher_room_is_an_upward_use() {
        let problems = problems(&[
            ("lib.rs", "mod inbox; mod ledger;"),
            ("inbox.rs", "pub(crate) fn apply() {}"),
            ("ledger.rs", "pub(crate) use crate::inbox::apply;"),
        ]);
        assert_eq!(problems.len(), 1, "{problems:?}");
    }

    #[test]
    fn planted_sideways_uses_are_found() {
        let problems = problems(&[
            ("lib.rs", "mod connections; mod ledger;"),
            ("connections.rs", "use crate::ledger::L; pub struct C;"),
            ("ledger.rs", "pub struct L; type A = B;"),
        ]);
        assert_eq!(
            problems,
            ["src/connections.rs:1: connections uses `ledger::L` of ledger, which is beside it"]
        );
    }

    #[test]
    fn a_module_that_all_use_may_use_no_room() {
        let problems = problems(&[
            ("lib.rs", "mod config; mod store;"),
            ("config.rs", "use crate::store::S;"),
            ("store.rs", "pub struct S;"),
        ]);
        assert_eq!(
            problems,
            ["src/config.rs:1: a module that all rooms may use uses `store::S` of the room store"]
        );
    }

    #[test]
    fn a_module_in_no_room_is_found() {
        let problems = problems(&[("lib.rs", "mod helpers;"), ("helpers.rs", "")]);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with("src/helpers.rs:1: is in no room"));
    }

    #[test]
    fn a_name_from_the_root_is_found() {
        let problems = problems(&[
            (
                "lib.rs",
                "mod ledger; mod store; pub use store::S; pub struct Own;",
            ),
            ("ledger.rs", "use crate::S;"),
            ("store.rs", "use crate::Own; pub struct S;"),
        ]);
        assert_eq!(
            problems,
            [
                "src/ledger.rs:1: takes `store::S` from the root of the crate; name its module instead",
                "src/store.rs:1: uses `Own`, which the root of the crate defines",
            ]
        );
    }

    #[test]
    fn a_planted_cycle_inside_a_room_is_found() {
        let problems = problems(&[
            ("lib.rs", "mod store;"),
            ("store/mod.rs", "mod a; mod b;"),
            ("store/a.rs", "use super::b::B; pub(super) struct A;"),
            ("store/b.rs", "use super::a::A; pub(super) struct B;"),
        ]);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].contains("cycle of 2 files"), "{problems:?}");
    }

    #[test]
    fn tests_may_use_everything() {
        let problems = problems(&[
            ("lib.rs", "mod accounting; mod host;"),
            (
                "accounting.rs",
                "#[cfg(test)] mod tests { use crate::host::Host; async fn f() {} }",
            ),
            ("host.rs", "pub struct Host;"),
        ]);
        assert!(problems.is_empty(), "{problems:?}");
    }
}
