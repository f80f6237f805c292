//! What the benchmarks share: gateways in full dress, connections in memory, what is counted, and the gateways of the
//! comparison with other gateways.

pub mod admission;
pub mod counted;
pub mod document;
pub mod lab;
pub mod pipe;
pub mod signed;
pub mod token;
