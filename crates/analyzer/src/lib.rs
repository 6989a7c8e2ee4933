//! Recorded AWS activity in, usage out.
//!
//! This crate is a skeleton: it has a place in the workspace and a purpose, and no code yet.
//!
//! # Purpose
//!
//! One way to a small policy is to look at what was really called. This crate will read records of activity (files of
//! CloudTrail, and answers of IAM Access Analyzer) and fold them into a **usage**: who called which action on which resource, how
//! often, and whether it was denied. The policy is then made by [`stackpass_policy`], as for any other grants.
//!
//! # What will hold
//!
//! - Usages merge in any order and any grouping, and merging one twice changes nothing, so parts can be computed anywhere.
//! - A call that cannot be mapped to an IAM action is reported, never dropped.
//! - Reading from disk or network is kept to the sources; the folding is pure.
//!
//! # Limits
//!
//! Activity proves what was needed, not what will be: a path that was not taken leaves no record, and neither do some permissions
//! (`iam:PassRole` is one) that are checked without a call of their own.
