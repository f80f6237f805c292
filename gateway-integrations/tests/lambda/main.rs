//! Functions in processes of this machine, with programs that speak the Runtime API.

mod calls;
mod clients;
mod definitions;
mod lifecycle;
mod streaming;
mod tools;
