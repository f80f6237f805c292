//! The template language and JSONPath against recorded and derived cases, Velocity itself, and any text.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests; the figures are to be read"
)]

mod conformance;
mod golden;
mod properties;
mod robust;
mod run;
