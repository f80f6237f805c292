//! `Observer`: told of every request when it is over.

use crate::context::Context;

/// Told of every request, once, when its response's body has ended or was dropped, also after a refusal, a panic or a
/// client that left: whatever was known is in the context.
pub trait Observer: Send + Sync + 'static {
    /// The request is over. Called on the task that drops the body, so it must not block.
    fn finished(&self, context: &Context);
}
