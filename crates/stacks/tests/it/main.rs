//! What the crate does with whole files.

// Clippy takes the functions of a module for a test's only if the module says so.
#[cfg(test)]
mod readers;
#[cfg(test)]
mod scoping;
