//! The IAM policy language: documents, actions, ARNs and conditions; reading, deciding, minimizing and writing policies.
//!
//! This crate does no I/O: no file, network, clock or environment. Where policies come from, and
//! which of them bound an identity, is not its subject.
//!
//! A deploy policy comes from grants, which [`grant::statements`] writes down one by one, [`minimize::minimize`] puts together
//! without widening anything, and [`render::render`] writes:
//!
//! ```
//! use stackpass_policy::evaluate::{Request, allows};
//! use stackpass_policy::grant::{Grant, statements};
//! use stackpass_policy::minimize::{Limits, minimize};
//! use stackpass_policy::render::{Format, NamedDocument, render};
//!
//! let table = || "arn:aws:dynamodb:*:*:table/notes-*".parse();
//! let grants = [
//!     Grant::new("dynamodb:CreateTable".parse()?, [table()?]),
//!     Grant::new("dynamodb:DeleteTable".parse()?, [table()?]),
//! ];
//!
//! let policies = minimize(&statements(grants), &Limits::MANAGED)?.documents;
//! let [policy] = policies.as_slice() else { panic!("one policy is enough") };
//!
//! let notes = "arn:aws:dynamodb:eu-west-1:111122223333:table/notes-prod".parse()?;
//! assert!(allows(policy, &Request::new("dynamodb:DeleteTable".parse()?, Some(notes))));
//!
//! let named = NamedDocument { name: "Deploy".to_owned(), document: policy.clone() };
//! assert_eq!(
//!     render(&[named], Format::Yaml),
//!     "\
//! Version: '2012-10-17'
//! Statement:
//!   - Sid: ManageDynamoDb
//!     Effect: Allow
//!     Action:
//!       - dynamodb:CreateTable
//!       - dynamodb:DeleteTable
//!     Resource: arn:aws:dynamodb:*:*:table/notes-*
//! "
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

/// ARNs, texts with places and trees are part of what the functions of this crate take and give, so they are here as well.
pub use stackpass_ground::{arn, source, tree};
use stackpass_ground::{sorted_lines, wildcard};

pub mod action;
pub mod condition;
pub mod principal;

pub mod document;
pub mod grant;
pub mod statement;
pub mod trust;

pub mod codes;
pub mod read;
pub mod syntax;

pub mod compare;
pub mod contains;
pub mod evaluate;
pub mod minimize;
pub mod render;
pub mod sid;
pub mod size;

pub mod catalogue;
