//! JWT authorizers as hosts use them: no network, time by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]
#![allow(clippy::needless_pass_by_value, reason = "`json!` is written where it is used")]

mod cache;
mod checks;
mod conformance;
mod factory;
mod fetching;
mod fuzz;
#[cfg(feature = "lambda")]
mod imported;
mod layer;
mod rest;
mod settings;
mod support;
mod validation;
