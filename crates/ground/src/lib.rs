//! What every crate stands on: texts with places in them, JSON and YAML that keep their places, look-ups in sorted text,
//! wildcards, answers that may be unknown, and the names that AWS gives to things.
//!
//! This crate does no I/O and knows no policy, template or credential. What is here has one meaning for all of them: a
//! problem in somebody's input is a [`source::Diagnostic`] with a place, a name of a resource an [`arn::Arn`], and which
//! regions make a partition of AWS stands in one table.
//!
//! ```
//! use stackpass_ground::arn::Arn;
//! use stackpass_ground::source::{Diagnostic, Source};
//! use stackpass_ground::tree;
//!
//! stackpass_ground::codes! {
//!     PROBLEMS {
//!         /// A role is given by something that is no ARN.
//!         NO_ARN = "no-arn";
//!     }
//! }
//!
//! let source = Source::new("roles.yaml", "deploy: arn:aws:iam::111122223333:role/deploy\ntest: deploy\n");
//! let (node, mut problems) = tree::read(&source);
//! let mut arns: Vec<Arn> = Vec::new();
//! for (role, text) in node.iter().flat_map(|node| node.entries()).map(|entry| (&entry.key, &entry.value)) {
//!     match text.as_str().unwrap_or_default().parse() {
//!         Ok(arn) => arns.push(arn),
//!         Err(error) => {
//!             let message = format!("role `{role}`: {error}");
//!             problems.push(Diagnostic::error(NO_ARN, text.span, message));
//!         }
//!     }
//! }
//!
//! assert_eq!(arns[0].account(), "111122223333");
//! assert_eq!(problems[0].message, "role `test`: expected an ARN, found `deploy`");
//! assert_eq!(source.position(problems[0].span.start).to_string(), "2:7");
//! ```

pub mod code;
pub mod codes;
pub mod source;
pub mod tree;

pub mod wildcard;

pub mod account;
pub mod arn;
pub mod partition;
pub mod region;

pub mod sorted_lines;

pub mod truth;
