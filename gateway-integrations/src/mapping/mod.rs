//! Mapping: what of a request a backend gets, and what of its answer the client gets.

mod call;

pub use self::call::{CallParameters, SelectionSubject};
