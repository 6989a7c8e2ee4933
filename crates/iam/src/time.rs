//! Waiting, and chance: what a test replaces so that it takes no time.

use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Waits, and throws dice.
pub trait Time {
    /// Waits for so long.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()>;

    /// A number that cannot be foreseen; not for secrets.
    fn random(&self) -> u64;
}

/// The real one: tokio's timer, and the seeds of the standard library's hash maps.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealTime;

impl Time for RealTime {
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn random(&self) -> u64 {
        RandomState::new().hash_one(())
    }
}
