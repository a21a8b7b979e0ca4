//! The rooms of the host crate: groups of modules that use each other in one direction only.
//!
//! A room is a module at the root of the crate with everything below it. The order is the design of the runtime: the
//! code that decides about money knows no database, the code that writes knows no gateway, and nothing below the
//! facade knows the facade.

use super::Finding;
use super::crate_tree::{CrateTree, FileId};
use super::references::Reference;

/// A room and the rooms directly below it; it may use these and all that they may use.
struct Room {
    name: &'static str,
    above: &'static [&'static str],
}

const fn room(name: &'static str, above: &'static [&'static str]) -> Room {
    Room { name, above }
}

/// The rooms, from the bottom up.
const ROOMS: &[Room] = &[
    room("accounting", &[]),
    room("encryption", &[]),
    room("payable", &["accounting"]),
    room("store", &["accounting", "encryption"]),
    room("ledger", &["store"]),
    room("connections", &["store"]),
    room("reconcile", &["ledger", "connections", "payable"]),
    room("checkouts", &["reconcile"]),
    room("inbox", &["checkouts"]),
    room("workflows", &["inbox"]),
    room(FACADE, &["workflows"]),
    room("prelude", &[FACADE]),
];

/// The room of the facade.
pub(super) const FACADE: &str = "host";

/// Modules at the root of the crate that every room may use. They use nothing but each other.
const USED_BY_ALL: &[&str] = &[
    "config",
    "connection_ref",
    "connection_use",
    "crash_point",
    "crash_points",
    "delivery_state",
    "error",
    "page",
    "payable_id",
    "plain_setting",
    "refusal_reason",
    "tables",
    "timestamp",
    "transient",
];

/// The place of a file in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The root of the crate, which re-exports from all rooms.
    Root,
    /// A module that every room may use.
    UsedByAll,
    /// A room, by its index in [`ROOMS`].
    Room(usize),
    /// A module that is in no table.
    Unknown,
}

/// The place of a file.
pub(super) fn place(tree: &CrateTree, file: FileId) -> Place {
    let Some(name) = tree.module_of(file).path.first() else {
        return Place::Root;
    };
    if USED_BY_ALL.contains(&name.as_str()) {
        return Place::UsedByAll;
    }
    ROOMS
        .iter()
        .position(|room| room.name == name)
        .map_or(Place::Unknown, Place::Room)
}

/// True if the file lies below the facade: in a lower room, or in a module that every room may use.
pub(super) fn is_below_facade(tree: &CrateTree, file: FileId) -> bool {
    match place(tree, file) {
        Place::Root => false,
        Place::UsedByAll | Place::Unknown => true,
        Place::Room(index) => lies_below(ROOMS[index].name, FACADE),
    }
}

/// The name of the room with this index.
pub(super) fn name(room: usize) -> &'static str {
    ROOMS[room].name
}

/// The direction of a use that the order does not allow; none for one that leads downward or stays in the room.
pub(super) fn direction(from: usize, to: usize) -> Option<&'static str> {
    let [from, to] = [from, to].map(name);
    if from == to || lies_below(to, from) {
        None
    } else if lies_below(from, to) {
        Some("above")
    } else {
        Some("beside")
    }
}

/// True if the second place is not one that the first may use.
pub(super) fn leads_upward(from: Place, to: Place) -> bool {
    match (from, to) {
        (Place::Room(from), Place::Room(to)) => direction(from, to).is_some(),
        (Place::UsedByAll, Place::Room(_)) => true,
        _ => false,
    }
}

/// True if `lower` can be reached from `upper` on the way down.
fn lies_below(lower: &str, upper: &str) -> bool {
    let room = ROOMS.iter().find(|room| room.name == upper);
    room.is_some_and(|room| {
        room.above
            .iter()
            .any(|&below| below == lower || lies_below(lower, below))
    })
}

/// The name that is used, with its module.
pub(super) fn described(tree: &CrateTree, reference: &Reference) -> String {
    let path: Vec<&str> = tree.modules[reference.module]
        .path
        .iter()
        .chain(&reference.name)
        .map(String::as_str)
        .collect();
    format!("`{}`", path.join("::"))
}

/// A finding at the place of a reference.
pub(super) fn at(tree: &CrateTree, reference: &Reference, problem: String) -> Finding {
    Finding {
        path: tree.path(reference.from),
        line: reference.line,
        problem,
    }
}

#[cfg(test)]
mod tests {
    use super::{ROOMS, lies_below};

    #[test]
    fn the_order_is_the_one_of_the_design() {
        for (lower, upper) in [
            ("accounting", "store"),
            ("encryption", "store"),
            ("store", "ledger"),
            ("store", "connections"),
            ("payable", "reconcile"),
            ("ledger", "reconcile"),
            ("connections", "reconcile"),
            ("reconcile", "checkouts"),
            ("checkouts", "inbox"),
            ("inbox", "workflows"),
            ("workflows", "host"),
            ("accounting", "host"),
        ] {
            assert!(lies_below(lower, upper), "{lower} < {upper}");
            assert!(!lies_below(upper, lower), "{upper} < {lower}");
        }
        for sides in [["ledger", "connections"], ["accounting", "encryption"]] {
            assert!(!lies_below(sides[0], sides[1]) && !lies_below(sides[1], sides[0]));
        }
        assert!(ROOMS.iter().all(|room| !lies_below(room.name, room.name)));
    }
}
