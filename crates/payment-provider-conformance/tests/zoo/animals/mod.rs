//! The animals: the specimen with one flaw each, and what catches it.

mod asked;
mod called;
mod delivered;
mod made;
mod told;

use crate::subject::Acorn;

#[derive(Clone, Copy)]
pub(crate) struct Animal {
    pub(crate) name: &'static str,
    pub(crate) make: fn() -> Acorn,
    /// The case that is there for this.
    pub(crate) caught_by: &'static str,
    /// Other cases that cannot pass with this flaw either.
    pub(crate) also: &'static [&'static str],
}

/// Name, flavour, flaw, the case that catches it, and all others that do.
macro_rules! animal {
    ($name:literal, $flavour:ident, $flaw:ident, $case:literal, [$($also:literal),*]) => {
        $crate::animals::Animal {
            name: $name,
            make: || {
                $crate::subject::Acorn($crate::flaw::Quirk {
                    flavour: $crate::flaw::Flavour::$flavour,
                    flaw: Some($crate::flaw::Flaw::$flaw),
                })
            },
            caught_by: $case,
            also: &[$($also),*],
        }
    };
}
use animal;

pub(crate) fn animals() -> Vec<Animal> {
    let groups = [
        asked::ANIMALS,
        made::ANIMALS,
        called::ANIMALS,
        told::ANIMALS,
        delivered::ANIMALS,
    ];
    groups.concat()
}
