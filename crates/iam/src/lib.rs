//! Reads what IAM holds and puts policies and roles into it, with a plan that is shown first, a journal and a way back.
//!
//! What is wanted ([`desired`]) and what is there ([`state`]) are plain values, and the [`plan`] between them is a pure
//! function of both. [`run`] carries it out, one call a [`step`](mod@step), and writes down in a [`journal`] before and after each
//! what it does. So an apply that was killed at any moment is finished or rolled back later, and ends new or old, with no
//! version or attachment left over.
//!
//! Limits: IAM has no transactions, so while an apply runs others see it half done; two people who apply from two machines at
//! the same moment are not kept apart, only told when one finds what the other changed. The numbers of versions cannot be had
//! back: a rollback brings a deleted version back under a new number.
//!
//! ```
//! use stackpass_iam::account::Account;
//! use stackpass_iam::desired::{Desired, Holding, Policy};
//! use stackpass_iam::plan::plan;
//! use stackpass_iam::principal::Principal;
//! use stackpass_iam::quotas::Quotas;
//! use stackpass_iam::state::{PrincipalState, State, Tags};
//! use stackpass_iam::text::PolicyText;
//!
//! let document = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}}"#;
//! let mut desired = Desired::new("20261123-220102".parse()?, Account::new("111122223333", "aws"));
//! let policy = Policy {
//!     name: "Deploy".to_owned(),
//!     path: "/".to_owned(),
//!     description: "what a deployment of the app needs".to_owned(),
//!     document: PolicyText::parse(document)?,
//!     tags: Tags::new(),
//! };
//! let mut holding = Holding::new(Principal::role("deploy"));
//! holding.attached.insert(desired.arn(&policy));
//! desired.policies.push(policy);
//! desired.holdings.push(holding);
//!
//! // What is there: a role that holds nothing. `read::read(&iam, &desired.scope())` asks IAM.
//! let mut state = State::default();
//! state.principals.insert(Principal::role("deploy"), PrincipalState::default());
//!
//! let plan = plan(&desired, &state, &Quotas::DEFAULT).map_err(|problems| problems[0].to_string())?;
//! let steps: Vec<String> = plan.steps.iter().map(|planned| planned.step.to_string()).collect();
//! assert_eq!(steps, ["create policy Deploy", "attach policy Deploy to role/deploy"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod account;
pub mod principal;
pub mod text;

pub mod desired;
pub mod state;

pub mod client;
pub mod error;
pub mod quotas;
pub mod sdk;
pub mod time;

pub mod read;

pub mod attached;

pub mod step;

pub mod plan;

pub mod journal;
mod retry;
pub mod run;

pub mod model;
