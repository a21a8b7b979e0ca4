//! What an author tells the kit: which provider is tested, and how its gateway behaves.

mod account;
mod delivery;
mod gateway;
mod under_test;

pub use account::Account;
pub use delivery::{Delivery, News, Stamp};
pub use gateway::{Gateway, Refusal, Trouble, Twist, WireAmount};
pub use under_test::{NotStaged, ProviderUnderTest, Staged, Transport};
