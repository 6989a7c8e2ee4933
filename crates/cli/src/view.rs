//! What is shown: values in, texts out. Nothing here prints.

pub(crate) mod access;
pub(crate) mod admin;
pub(crate) mod apply;
pub(crate) mod changes;
pub(crate) mod check;
pub(crate) mod diff;
pub(crate) mod finding;
pub(crate) mod history;
pub(crate) mod how;
pub(crate) mod json;
mod roles;
pub(crate) mod rollback;
#[cfg(test)]
pub(crate) mod samples;
mod scoping;
pub(crate) mod services;
pub(crate) mod simulate;
pub(crate) mod snippet;
pub(crate) mod summary;
pub(crate) mod whoami;
pub(crate) mod why;
