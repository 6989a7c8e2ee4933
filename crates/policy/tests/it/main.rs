//! What must hold for all inputs, against readers and evaluators that share no code with the library.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod any_text;
mod arbitrary;
mod compare;
mod definitions;
mod explain;
mod minimize;
mod render;
mod syntax;
