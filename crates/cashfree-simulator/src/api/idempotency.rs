//! First answers, remembered under idempotency keys.

use std::fmt;

use sha2::{Digest, Sha256};

use super::answer::{Answer, ApiError};
use crate::world::World;

/// What one idempotency key stands for: it belongs to the account, the method and the path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RequestKey {
    pub(crate) merchant: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) key: Vec<u8>,
}

/// The first answer under a key, and which request body it answered.
pub(crate) struct Remembered {
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
    if let Some(known) = world.remembered.get(&key) {
        return if known.body_digest == body_digest {
            (known.answer.clone(), true)
        } else {
            (ApiError::key_reused().into_answer(), false)
        };
    }
    let answer = act(world);
    world.remembered.insert(
        key,
        Remembered {
            body_digest,
            answer: answer.clone(),
        },
    );
    (answer, false)
}
