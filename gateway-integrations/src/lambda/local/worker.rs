//! A process that takes one call after the other.

use std::{future::pending, net::Ipv4Addr, sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::{Bytes, BytesMut};
use gateway_core::{BodyError, Clock, Invoked, Random};
use http::{HeaderMap, HeaderName};
use http_body_util::{BodyExt, channel::Sender};
use hyper::body::Incoming;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::timeout,
};

use super::{
    api,
    call::{Call, Reply},
    desk::{Answer, Delivery, Desk, Init, Verdict},
    environment,
    failure::{self, ANSWER},
    process::{Order, Process},
    settings::Settings,
};

static ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");
static ERROR_BODY: HeaderName = HeaderName::from_static("lambda-runtime-function-error-body");

/// A process, and the address where it asks for calls.
pub(super) struct Worker {
    process: Process,
    deliveries: mpsc::Sender<Delivery>,
    _api: JoinSet<()>,
}

/// What became of a call, and of the process that had it.
pub(super) enum Served {
    /// The process is free again.
    Free(Invoked),
    /// The process is of no more use.
    Lost(Invoked),
    /// The same, and it never had the call.
    Untouched(Invoked),
}

/// What processes have in common.
pub(super) struct Ground<'a> {
    pub(super) settings: &'a Settings,
    pub(super) function: &'a Arc<str>,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) random: &'a Random,
    pub(super) orders: watch::Receiver<Order>,
}

impl Worker {
    /// Starts a process, and waits until it asks for its first call.
    pub(super) async fn start(ground: Ground<'_>, alive: impl Send + 'static, id: &str) -> Result<Self, Invoked> {
        let settings = ground.settings;
        let not_started = |error| failure::not_started(id, &settings.command.first(), &error);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(not_started)?;
        let address = listener.local_addr().map_err(not_started)?;
        let command = environment::command(settings, address, ground.clock.now(), ground.random);
        let command = command.ok_or_else(|| not_started(std::io::ErrorKind::InvalidInput.into()))?;
        let (desk, deliveries) = Desk::new(Arc::clone(ground.clock), settings.timeout);
        let mut init = desk.init();
        let mut api = JoinSet::new();
        api.spawn(api::serve(listener, Arc::new(desk)));
        let mut process = Process::start(command, ground.function, ground.orders, alive).map_err(not_started)?;
        let started = async {
            tokio::select! {
                biased;
                init = init.wait_for(|init| !matches!(init, Init::Starting)) => match init.as_deref() {
                    Ok(Init::Failed(failure)) => Err(failure.clone()),
                    _ => Ok(()),
                },
                ending = process.ended() => Err(failure::exited(id, &ending)),
            }
        };
        let started = timeout(settings.init_timeout, started).await;
        match started.unwrap_or_else(|_| Err(failure::timed_out(id, settings.init_timeout))) {
            Ok(()) => Ok(Self { process, deliveries, _api: api }),
            Err(failure) => {
                process.kill();
                Err(failure)
            }
        }
    }

    pub(super) fn is_alive(&self) -> bool {
        self.process.ending().is_none()
    }

    /// Has the process serve a call, for at most `limit`.
    pub(super) async fn serve(&mut self, call: &mut Call, limit: Duration) -> Served {
        let (delivered, taken) = oneshot::channel();
        let (answer, answered) = oneshot::channel();
        let delivery = Delivery {
            id: call.id.clone(),
            payload: call.payload.clone(),
            headers: call.headers.clone(),
            delivered,
            answer,
        };
        let taken = async {
            tokio::select! {
                biased;
                Ok(()) = async { self.deliveries.send(delivery).await.ok(); taken.await } => Ok(()),
                ending = self.process.ended() => Err(failure::exited(&call.id, &ending)),
            }
        };
        // It may still be busy with what it does after its last answer.
        if let Err(failure) = timeout(limit, taken).await.unwrap_or_else(|_| Err(failure::timed_out(&call.id, limit))) {
            self.process.kill();
            return Served::Untouched(failure);
        }
        let served = timeout(limit, self.outcome(answered, &call.id, &mut call.reply)).await;
        match served.unwrap_or_else(|_| Err(failure::timed_out(&call.id, limit))) {
            Ok(invoked) => Served::Free(invoked),
            Err(failure) => {
                self.process.kill();
                Served::Lost(failure)
            }
        }
    }

    /// What the function gives; an error if the process is of no more use.
    async fn outcome(
        &mut self,
        answered: oneshot::Receiver<Answer>,
        id: &str,
        reply: &mut Reply,
    ) -> Result<Invoked, Invoked> {
        let answer = tokio::select! {
            biased;
            answer = async { match answered.await { Ok(answer) => answer, Err(_) => pending().await } } => answer,
            ending = self.process.ended() => return Err(failure::exited(id, &ending)),
        };
        let Answer { failed, streamed, body, verdict } = answer;
        let read = match reply.begin_if(streamed && !failed) {
            Some(sender) => pass_on(body, sender).await,
            None => collect(body).await,
        };
        // It broke off while it answered: it is about to end, or it is told to when its time is over.
        let Ok(read) = read else { return Err(failure::exited(id, &self.process.ended().await)) };
        let (said, invoked) = match read {
            Read::Whole(bytes) if failed => (Verdict::Accepted, Invoked::failed(bytes)),
            Read::Whole(bytes) => (Verdict::Accepted, Invoked::new(bytes)),
            Read::Failed(error) => (Verdict::Accepted, Invoked::failed(error)),
            Read::TooLarge => (Verdict::TooLarge, failure::too_large()),
        };
        let _ = verdict.send(said);
        Ok(invoked)
    }
}

/// An answer that was read to its end.
enum Read {
    Whole(Bytes),
    /// The function failed after its answer had begun.
    Failed(Bytes),
    TooLarge,
}

/// Reads an answer into memory. One that is too large is read to its end all the same: until then its sender does not
/// hear that it is refused.
async fn collect(mut body: Incoming) -> Result<Read, ()> {
    let (mut whole, mut length, mut late) = (BytesMut::new(), 0_usize, None);
    while let Some(frame) = body.frame().await {
        match frame.map_err(drop)?.into_data() {
            Ok(data) => {
                length = length.saturating_add(data.len());
                if length <= ANSWER {
                    whole.extend_from_slice(&data);
                }
            }
            Err(frame) => late = frame.trailers_ref().and_then(late_error),
        }
    }
    Ok(match late {
        Some(error) => Read::Failed(error),
        None if length > ANSWER => Read::TooLarge,
        None => Read::Whole(whole.freeze()),
    })
}

/// Hands an answer on while it comes.
async fn pass_on(mut body: Incoming, sender: &mut Sender<Bytes, BodyError>) -> Result<Read, ()> {
    while let Some(frame) = body.frame().await {
        match frame.map_err(drop)?.into_data() {
            // Where nobody takes it any more, the function runs to its end all the same.
            Ok(data) => drop(sender.send_data(data).await),
            Err(frame) => {
                if let Some(error) = frame.trailers_ref().and_then(late_error) {
                    return Ok(Read::Failed(error));
                }
            }
        }
    }
    Ok(Read::Whole(Bytes::new()))
}

/// The error in the trailers of an answer.
fn late_error(trailers: &HeaderMap) -> Option<Bytes> {
    trailers.get(&ERROR_TYPE)?;
    let body = trailers.get(&ERROR_BODY).and_then(|body| BASE64_STANDARD.decode(body).ok());
    Some(body.unwrap_or_default().into())
}
