//! The function that is asked.

use std::{fmt, sync::Arc};

use gateway_core::{Context, Function, Functions};

use super::uri::FunctionUri;

/// A function, found anew for each call where a definition names it: it may come later.
pub(super) enum Callee {
    Here(Arc<dyn Function>),
    ByUri { uri: FunctionUri, functions: Functions },
}

impl Callee {
    /// The function, and its ARN where a definition has it.
    pub(super) fn find(&self, context: &Context) -> Option<(Arc<dyn Function>, Option<String>)> {
        match self {
            Self::Here(function) => Some((Arc::clone(function), None)),
            Self::ByUri { uri, functions } => {
                let arn = uri.arn(context);
                Some((functions.find(&arn)?, Some(arn.into_owned())))
            }
        }
    }
}

impl fmt::Debug for Callee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here(_) => f.write_str("Here"),
            Self::ByUri { uri, .. } => uri.fmt(f),
        }
    }
}
