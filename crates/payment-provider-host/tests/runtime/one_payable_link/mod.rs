//! However requests, answers and clocks go wrong: never two links that can be paid.

mod creation;
mod ending;
