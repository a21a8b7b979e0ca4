//! First answers, remembered under idempotency keys.

use std::collections::{HashMap, VecDeque};
use std::fmt;

use sha2::{Digest, Sha256};

use super::answer::{Answer, ApiError};
use crate::world::World;

/// Most answers that are remembered.
const MOST_ANSWERS: usize = 10_000;

/// What one idempotency key stands for: it belongs to the account, the method and the path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct RequestKey {
    pub(super) merchant: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) key: Vec<u8>,
}

/// The latest first answers.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    answers: HashMap<RequestKey, Remembered>,
    oldest_first: VecDeque<RequestKey>,
}

impl Memory {
    fn keep(&mut self, key: RequestKey, answer: Remembered, most: usize) {
        self.oldest_first.push_back(key.clone());
        self.answers.insert(key, answer);
        while self.oldest_first.len() > most {
            if let Some(oldest) = self.oldest_first.pop_front() {
                self.answers.remove(&oldest);
            }
        }
    }
}

/// The first answer under a key, and which request body it answered.
struct Remembered {
    body_digest: [u8; 32],
    answer: Answer,
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remembered")
            .field("status", &self.answer.status)
            .finish_non_exhaustive()
    }
}

/// Answers from memory, or acts and remembers. Also says whether the answer is a replay.
pub(super) fn once(
    world: &mut World,
    key: Option<RequestKey>,
    body: &[u8],
    act: impl FnOnce(&mut World) -> Answer,
) -> (Answer, bool) {
    let Some(key) = key else {
        return (act(world), false);
    };
    let body_digest: [u8; 32] = Sha256::digest(body).into();
    if let Some(known) = world.remembered.answers.get(&key) {
        return if known.body_digest == body_digest {
            (known.answer.clone(), true)
        } else {
            (ApiError::key_reused().into_answer(), false)
        };
    }
    let answer = act(world);
    let first = Remembered {
        body_digest,
        answer: answer.clone(),
    };
    world.remembered.keep(key, first, MOST_ANSWERS);
    (answer, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_answers_are_forgotten_first() {
        let key = |number: u8| RequestKey {
            merchant: String::new(),
            method: String::new(),
            path: String::new(),
            key: vec![number],
        };
        let mut memory = Memory::default();
        for number in 0..5 {
            let answer = Remembered {
                body_digest: [number; 32],
                answer: ApiError::internal().into_answer(),
            };
            memory.keep(key(number), answer, 3);
        }
        let known = (0..5).filter(|number| memory.answers.contains_key(&key(*number)));
        assert_eq!(known.collect::<Vec<_>>(), [2, 3, 4]);
        assert_eq!(memory.oldest_first.len(), 3);
    }
}
