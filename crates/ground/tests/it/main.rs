//! What must hold for all patterns, against a matcher that shares no code with the library.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod patterns;
