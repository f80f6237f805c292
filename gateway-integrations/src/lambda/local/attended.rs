//! A call in the task of its caller, which must not stop it.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::runtime::Handle;

/// Runs in the task of whoever waits for it, which no other task must be woken for; in a task of its own once dropped.
pub(super) struct Attended {
    run: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    runtime: Handle,
}

impl Attended {
    pub(super) fn new(run: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { run: Some(Box::pin(run)), runtime: Handle::current() }
    }
}

impl Future for Attended {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(run) = &mut self.run {
            ready!(run.as_mut().poll(cx));
            self.run = None;
        }
        Poll::Ready(())
    }
}

impl Drop for Attended {
    fn drop(&mut self) {
        if let Some(run) = self.run.take() {
            self.runtime.spawn(run);
        }
    }
}
