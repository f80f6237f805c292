//! IAM as hosts use it: policy documents, signatures, resource policies. Time by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]
#![allow(clippy::needless_pass_by_value, reason = "`json!` is written where it is used")]

mod alone;
mod api;
mod conditions;
mod documents;
mod fuzz;
mod leaks;
mod signatures;
mod signers;
#[cfg(feature = "iam-sigv4a")]
mod sigv4a;
mod support;
