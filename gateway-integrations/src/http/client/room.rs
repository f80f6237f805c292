//! How many connections there may be to a backend, and how many requests may wait for one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use tokio::sync::Notify;

/// How many connections a request may find open to its backend, and whether it waits for one of them. In a request's
/// extensions it stands in place of the client's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConnectionLimits {
    pub(crate) connections: usize,
    pub(crate) waiting: usize,
    pub(crate) wait: Duration,
}

/// The connections to one backend that are open or being opened, and who waits for one.
#[derive(Default)]
pub(super) struct Rooms {
    open: AtomicUsize,
    waiting: AtomicUsize,
    freed: Notify,
}

/// One connection's room, until it is closed.
pub(super) struct Room(Arc<Rooms>);

/// One request that waits; leaves when this is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl Rooms {
    /// Room for one more connection, however many there are.
    pub(super) fn enter(self: &Arc<Self>) -> Room {
        self.open.fetch_add(1, SeqCst);
        Room(Arc::clone(self))
    }

    fn try_enter(self: &Arc<Self>, most: usize) -> Option<Room> {
        let one_more = |open: usize| (open < most).then_some(open + 1);
        self.open.fetch_update(SeqCst, SeqCst, one_more).ok().map(|_| Room(Arc::clone(self)))
    }

    /// Room for one more connection, or what `find` finds because another request is done with it. `None` if as many wait
    /// as may, or if it takes too long.
    pub(super) async fn enter_or<T>(
        self: &Arc<Self>,
        limits: ConnectionLimits,
        find: impl Fn() -> Option<T>,
    ) -> Option<Result<Room, T>> {
        if let Some(room) = self.try_enter(limits.connections) {
            return Some(Ok(room));
        }
        let before = self.waiting.fetch_add(1, SeqCst);
        let _waiting = Waiting(&self.waiting);
        if before >= limits.waiting {
            return None;
        }
        let entering = async {
            loop {
                let mut freed = std::pin::pin!(self.freed.notified());
                // What is freed from here on is heard of.
                freed.as_mut().enable();
                if let Some(found) = find() {
                    return Err(found);
                }
                if let Some(room) = self.try_enter(limits.connections) {
                    return Ok(room);
                }
                freed.await;
            }
        };
        tokio::time::timeout(limits.wait, entering).await.ok()
    }

    /// A connection can be used again, or there is room for another one.
    pub(super) fn tell(&self) {
        if self.waiting.load(SeqCst) > 0 {
            self.freed.notify_one();
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, SeqCst);
        self.0.tell();
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}
