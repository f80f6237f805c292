//! Lambda authorizers as hosts use them: by configuration, in code, as a layer. Time by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]
#![allow(clippy::needless_pass_by_value, reason = "`json!` is written where it is used")]

mod alone;
mod caching;
mod connect;
mod fuzz;
mod http_api;
mod policies;
mod rest;
mod support;
mod test_invoke;
mod together;
