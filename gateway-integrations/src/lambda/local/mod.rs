//! Lambda functions in processes of this machine: our own Lambda Runtime API, and what starts the processes that ask it for
//! calls.
//!
//! A program that runs on Lambda runs here as it is, in any language: whatever speaks the Runtime API is a function.
//! Each process gets an address of its own on the loopback as `AWS_LAMBDA_RUNTIME_API`, asks there for its next call, and
//! gives its answer there. As on Lambda, a process has one call at a time, is kept for the next one, and is killed when a call
//! takes too long.
//!
//! Whoever may open connections on this machine may reach that address: functions are for machines of one user.
//!
//! AWS Lambda developer guide: *Using the Lambda runtime API for custom runtimes*, *Understanding the Lambda execution
//! environment lifecycle*.

mod answer;
mod api;
mod attended;
mod call;
mod desk;
mod environment;
mod failure;
mod function;
mod functions;
mod output;
mod pool;
mod process;
mod settings;
mod worker;

pub use self::{function::LocalFunction, functions::LocalFunctions};
