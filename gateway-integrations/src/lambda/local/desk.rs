//! Where a process and the pool meet: calls lie here until the process asks for them, and answers come back over it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use gateway_core::{Clock, Invoked};
use http::{HeaderMap, HeaderName, HeaderValue};
use hyper::body::Incoming;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::Instant,
};

static DEADLINE: HeaderName = HeaderName::from_static("lambda-runtime-deadline-ms");

/// A call, for the process that asks first.
pub(super) struct Delivery {
    pub(super) id: String,
    pub(super) payload: Bytes,
    pub(super) headers: HeaderMap,
    /// Told when the process has it, with the end of its time: from then on the call may have had effects.
    pub(super) delivered: oneshot::Sender<Instant>,
    pub(super) waiting: Waiting,
}

/// Who waits for an answer.
pub(super) struct Waiting {
    /// Whether the answer may be handed on while it is made.
    pub(super) streams: bool,
    pub(super) answer: oneshot::Sender<Answer>,
}

/// What a process gives for a call.
pub(super) enum Answer {
    Whole(Invoked),
    /// It is to be handed on while it is made; `read` is told when it has been.
    Streamed {
        body: Incoming,
        read: oneshot::Sender<()>,
    },
}

/// How far a process is.
pub(super) enum Init {
    Starting,
    /// It asked for a call.
    Done,
    /// It says that it cannot start.
    Failed(Invoked),
}

/// Why a process gets no call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoCall {
    /// It has not answered the last one.
    Unanswered,
    /// The function is at its end.
    Over,
}

pub(super) struct Desk {
    clock: Arc<dyn Clock>,
    timeout: Duration,
    deliveries: tokio::sync::Mutex<mpsc::Receiver<Delivery>>,
    current: Mutex<Option<(String, Waiting)>>,
    init: watch::Sender<Init>,
}

impl Desk {
    /// A desk, and where calls are laid on it: one at a time.
    pub(super) fn new(clock: Arc<dyn Clock>, timeout: Duration) -> (Self, mpsc::Sender<Delivery>) {
        let (sender, deliveries) = mpsc::channel(1);
        let (init, _) = watch::channel(Init::Starting);
        (Self { clock, timeout, deliveries: deliveries.into(), current: Mutex::default(), init }, sender)
    }

    pub(super) fn init(&self) -> watch::Receiver<Init> {
        self.init.subscribe()
    }

    /// Waits for the next call.
    pub(super) async fn next(&self) -> Result<(Bytes, HeaderMap), NoCall> {
        if self.current.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return Err(NoCall::Unanswered);
        }
        self.init.send_if_modified(|init| {
            let starting = matches!(init, Init::Starting);
            if starting {
                *init = Init::Done;
            }
            starting
        });
        let mut deliveries = self.deliveries.lock().await;
        loop {
            let Delivery { id, payload, mut headers, delivered, waiting } =
                deliveries.recv().await.ok_or(NoCall::Over)?;
            // Whoever called may have given up on this process.
            if delivered.send(tokio::time::sleep(self.timeout).deadline()).is_err() {
                continue;
            }
            let deadline = (self.clock.now() + self.timeout).duration_since(SystemTime::UNIX_EPOCH);
            headers.insert(&DEADLINE, millis(deadline.unwrap_or_default()));
            *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some((id, waiting));
            return Ok((payload, headers));
        }
    }

    /// Whoever waits for the answer to the call `id`.
    pub(super) fn take(&self, id: &str) -> Option<Waiting> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.take_if(|(current, _)| current == id).map(|(_, waiting)| waiting)
    }

    /// The process says that it cannot start; `false` if it has started.
    pub(super) fn fail(&self, failure: Invoked) -> bool {
        self.init.send_if_modified(|init| {
            let starting = matches!(init, Init::Starting);
            if starting {
                *init = Init::Failed(failure);
            }
            starting
        })
    }
}

fn millis(time: Duration) -> HeaderValue {
    HeaderValue::from_str(&time.as_millis().to_string()).unwrap_or(HeaderValue::from_static("0"))
}
