//! What the benchmarks share: a gateway in full dress, connections in memory, and the gateways of the comparison
//! with other gateways.

pub mod admission;
pub mod document;
pub mod lab;
pub mod pipe;
