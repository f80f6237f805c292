//! The template language and JSONPath against recorded and derived cases, Velocity itself, and any text; mappings around
//! backends in memory.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests; the figures are to be read"
)]

mod answers;
mod calls;
mod conformance;
mod golden;
mod mapping_properties;
mod properties;
mod requests;
mod robust;
mod run;
