//! AWS's own runtime interface clients.
