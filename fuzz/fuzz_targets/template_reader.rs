//! Any bytes as a template: no panic, every place is a piece of the text, and every need of it says what it is on.

#![no_main]

#[path = "../../crates/stacks/tests/it/any_text.rs"]
mod any_text;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| any_text::check(bytes));
