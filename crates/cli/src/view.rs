//! What is shown: values in, texts out. Nothing here prints.

pub(crate) mod json;
#[cfg(test)]
pub(crate) mod samples;
pub(crate) mod snippet;
pub(crate) mod summary;
pub(crate) mod text;
pub(crate) mod unscoped;
pub(crate) mod why;
