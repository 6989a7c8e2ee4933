//! Any bytes as a policy: no panic, every place is a piece of the text, and what was read is written, read back and minimized.

#![no_main]

#[path = "../../crates/policy/tests/it/any_text.rs"]
mod any_text;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| any_text::check(bytes));
