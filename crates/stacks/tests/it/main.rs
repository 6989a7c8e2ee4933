//! What the crate does with whole files.

// Clippy takes the functions of a module for a test's only if the module says so.
#[cfg(test)]
mod any_text;
mod assets;
#[cfg(test)]
mod circles;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod deployments;
mod disguise;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod followed;
#[cfg(test)]
mod generated_names;
#[cfg(test)]
mod known_stacks;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod look_ups;
mod loops;
mod names;
mod nested_stacks;
#[cfg(test)]
mod objects;
#[cfg(test)]
mod readers;
#[cfg(test)]
mod references;
mod roles;
#[cfg(test)]
mod sam;
mod scoping;
#[cfg(test)]
mod service_arns;
#[cfg(test)]
mod service_role;
#[cfg(test)]
mod services;
#[cfg(test)]
mod shapes;
#[cfg(test)]
mod transforms;
#[cfg(test)]
mod uncalled;
