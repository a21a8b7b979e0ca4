//! The body of a delivery, read within limits of size, time and memory.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::{BodyExt, LengthLimitError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::answer::Outcome;

/// The largest body that is read, in bytes: 1 MiB. Deliveries of gateways are a few kilobytes.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// The time within which a body has to arrive.
const PATIENCE: Duration = Duration::from_secs(10);
/// The time after which a body has to have arrived at [`MIN_RATE`] on the whole.
const GRACE: Duration = Duration::from_secs(3);
/// The lowest rate of a body, in bytes per second.
const MIN_RATE: u64 = 1 << 10;

/// The first bytes of a body, for which no memory is reserved: deliveries of gateways are smaller, so
/// that senders of large bodies cannot take their memory. The number of connections limits their sum.
const UNRESERVED: usize = 16 << 10;
/// The memory of all bodies under way beyond their first bytes.
const RESERVED: usize = 64 << 20;

/// The memory of the bodies that are being read and stored.
#[derive(Debug)]
pub(crate) struct BodyMemory {
    free: Arc<Semaphore>,
}

/// A body, and the memory that is reserved for it.
#[derive(Debug)]
pub(crate) struct ReadBody {
    pub(crate) bytes: Bytes,
    pub(crate) reserved: Option<OwnedSemaphorePermit>,
}

impl Default for BodyMemory {
    fn default() -> Self {
        Self::of(RESERVED)
    }
}

impl BodyMemory {
    fn of(bytes: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(bytes)),
        }
    }

    /// Reads a body as it was sent. The error is the reason for which it was given up.
    pub(crate) async fn read(&self, mut body: Body) -> Result<ReadBody, Outcome> {
        let begun = Instant::now();
        let mut bytes = Gathered::default();
        let mut reserved = None;
        loop {
            let next = timeout_at(deadline(begun, bytes.len()), body.frame());
            let Some(frame) = next.await.map_err(|_| Outcome::TooSlow)? else {
                break;
            };
            let frame = frame.map_err(|error| refusal(&error))?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if bytes.len() + data.len() > MAX_BODY_BYTES {
                return Err(Outcome::TooLarge);
            }
            let beyond = |length: usize| length.saturating_sub(UNRESERVED);
            let more = beyond(bytes.len() + data.len()) - beyond(bytes.len());
            self.reserve(more, &mut reserved)?;
            bytes.add(data);
        }
        Ok(ReadBody {
            bytes: bytes.finish(),
            reserved,
        })
    }

    /// Reserves so many bytes more.
    fn reserve(&self, more: usize, held: &mut Option<OwnedSemaphorePermit>) -> Result<(), Outcome> {
        if more == 0 {
            return Ok(());
        }
        let more = u32::try_from(more).map_err(|_| Outcome::TooLarge)?;
        let more = Arc::clone(&self.free).try_acquire_many_owned(more);
        let more = more.map_err(|_| Outcome::Busy)?;
        match held {
            Some(held) => held.merge(more),
            None => *held = Some(more),
        }
        Ok(())
    }
}

/// Returns the time until which more of a body has to arrive.
fn deadline(begun: Instant, received: usize) -> Instant {
    let paid = Duration::from_millis(received as u64 * 1_000 / MIN_RATE);
    begun + (GRACE + paid).min(PATIENCE)
}

/// Returns the reason for which a body cannot be read. A layer around the route may limit its size further.
fn refusal(error: &axum::Error) -> Outcome {
    let limited = error
        .source()
        .is_some_and(<dyn std::error::Error>::is::<LengthLimitError>);
    if limited {
        Outcome::TooLarge
    } else {
        Outcome::Unreadable
    }
}

/// The bytes of a body that have arrived. One part is kept as it is; several are copied together, since a
/// small part may keep the whole buffer that it arrived in.
#[derive(Debug, Default)]
struct Gathered {
    first: Bytes,
    joined: Vec<u8>,
}

impl Gathered {
    fn len(&self) -> usize {
        self.first.len().max(self.joined.len())
    }

    fn add(&mut self, part: Bytes) {
        if self.len() == 0 {
            self.first = part;
            return;
        }
        if self.joined.is_empty() {
            self.joined
                .extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.joined.extend_from_slice(&part);
    }

    fn finish(self) -> Bytes {
        if self.joined.is_empty() {
            self.first
        } else {
            self.joined.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;

    use super::*;

    fn body(parts: impl IntoIterator<Item = Vec<u8>>) -> Body {
        let parts: Vec<_> = parts.into_iter().map(Ok::<_, Infallible>).collect();
        Body::from_stream(stream::iter(parts))
    }

    #[tokio::test]
    async fn parts_are_joined_byte_for_byte() {
        let memory = BodyMemory::default();
        for parts in [
            vec![],
            vec!["a"],
            vec!["a", "b", "c"],
            vec!["", "a", "", "b"],
        ] {
            let read = memory.read(body(parts.iter().map(|part| part.as_bytes().to_vec())));
            assert_eq!(read.await.unwrap().bytes, parts.concat(), "{parts:?}");
        }
    }

    #[tokio::test]
    async fn large_bodies_cannot_take_the_memory_of_small_ones() {
        let memory = BodyMemory::of(100);
        let large = || body([vec![1; UNRESERVED], vec![2; 60]]);
        let held = memory.read(large()).await.unwrap();
        assert_eq!(held.bytes.len(), UNRESERVED + 60);
        let refused = memory.read(large()).await;
        assert!(matches!(refused, Err(Outcome::Busy)), "{refused:?}");
        let small = memory.read(body([vec![3; UNRESERVED]])).await.unwrap();
        assert!(small.reserved.is_none());
        drop(held);
        assert!(
            memory.read(large()).await.is_ok(),
            "its memory is free again"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_go_on_is_given_up_after_the_grace() {
        let begun = Instant::now();
        let stuck = Body::from_stream(stream::pending::<Result<Vec<u8>, Infallible>>());
        let read = BodyMemory::default().read(stuck).await;
        assert!(matches!(read, Err(Outcome::TooSlow)), "{read:?}");
        assert_eq!(begun.elapsed().as_secs(), GRACE.as_secs());
    }

    /// A body of so many bytes in each second.
    fn trickle(per_second: usize, seconds: usize) -> Body {
        let parts = stream::unfold(0, move |second| async move {
            (second < seconds).then_some(())?;
            tokio::time::sleep(Duration::from_secs(1)).await;
            Some((Ok::<_, Infallible>(vec![0; per_second]), second + 1))
        });
        Body::from_stream(parts)
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_must_arrive_at_the_lowest_rate_and_in_time() {
        let memory = BodyMemory::default();
        let slow = memory.read(trickle(100, 60)).await;
        assert!(matches!(slow, Err(Outcome::TooSlow)), "{slow:?}");
        let read = memory.read(trickle(1_024, 8)).await.unwrap();
        assert_eq!(read.bytes.len(), 8 * 1_024);
        let begun = Instant::now();
        let endless = memory.read(trickle(10_000, 60)).await;
        assert!(matches!(endless, Err(Outcome::TooSlow)), "{endless:?}");
        assert_eq!(begun.elapsed().as_secs(), PATIENCE.as_secs());
    }
}
