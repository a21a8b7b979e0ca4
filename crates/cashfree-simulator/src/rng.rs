//! Seeded random numbers for identifiers and the order of events.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// The simulator's only source of randomness. The same seed gives the same run.
#[derive(Debug)]
pub(crate) struct SeededRng(StdRng);

impl SeededRng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// Returns `length` random lower-case letters and digits.
    pub(crate) fn code(&mut self, length: usize) -> String {
        (0..length)
            .map(|_| {
                let index = self.0.random_range(0..LETTERS.len());
                char::from(LETTERS.get(index).copied().unwrap_or(b'0'))
            })
            .collect()
    }

    pub(crate) fn coin(&mut self) -> bool {
        self.0.random()
    }

    /// Returns a number of `digits` decimal digits, at most 18, without a leading zero.
    pub(crate) fn number(&mut self, digits: u32) -> i64 {
        let low = 10_i64.saturating_pow(digits.clamp(1, 18) - 1);
        self.0.random_range(low..low.saturating_mul(10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_values() {
        let (mut one, mut two, mut other) =
            (SeededRng::new(7), SeededRng::new(7), SeededRng::new(8));
        assert_eq!(one.code(12), two.code(12));
        assert_ne!(one.code(12), other.code(12));
        assert_eq!(one.number(7).to_string().len(), 7);
    }
}
