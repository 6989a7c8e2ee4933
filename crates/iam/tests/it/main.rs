//! What must hold whatever happens: over a model of IAM that can be killed, throttles, loses answers and lags.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod support;

mod arbitrary;
mod interruptions;
mod journals;
mod plans;
mod properties;
mod rollbacks;
