//! AWS credentials: files, profiles, multi-factor authentication, sessions, vaults.
//!
//! This crate is a skeleton: it has a place in the workspace and a purpose, and no code yet.
//!
//! # Purpose
//!
//! It will find the credentials that AWS's own tools would find, in the same order and with the same result: the environment, the
//! shared `credentials` and `config` files with their profiles, roles to assume, processes to ask, single sign-on; and say for each
//! step why it was taken or passed over.
//!
//! # What will hold
//!
//! - Secrets are types of their own: they show nothing when debugged, are wiped when dropped, and are read in one marked place.
//! - Nothing is written to `~/.aws` without a plan that was shown, and every write can be undone.
//! - The system (environment, files, clock, network, prompts) is behind small traits, so that every test runs without a real home.
//!
//! # Limits
//!
//! It knows nothing of policies: which permissions credentials have is not its question.
