//! A process that takes one call after the other.

use std::{
    future::pending,
    net::Ipv4Addr,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use gateway_core::{Clock, Invoked, Random};
use hyper::body::Incoming;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::{Sleep, sleep, timeout},
};

use super::{
    answer::pass_on,
    api,
    call::Call,
    desk::{Answer, Delivery, Desk, Init, Waiting},
    environment, failure,
    process::{Order, Process},
    settings::Settings,
};

/// A process, and the address where it asks for calls.
pub(super) struct Worker {
    process: Process,
    deliveries: mpsc::Sender<Delivery>,
    /// The end of the last call's time. It is kept: a timer that is only moved on costs next to nothing, while a new one
    /// wakes the runtime.
    limit: Pin<Box<Sleep>>,
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
            Ok(()) => Ok(Self { process, deliveries, limit: Box::pin(sleep(settings.timeout)), _api: api }),
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
        let (delivered, mut taken) = oneshot::channel();
        let (answer, answered) = oneshot::channel();
        let delivery = Delivery {
            id: call.id.clone(),
            payload: call.payload.clone(),
            headers: call.headers.clone(),
            delivered,
            waiting: Waiting { streams: call.reply.streams(), answer },
        };
        // It may still be busy with what it does after its last answer, which is no time of this call.
        self.limit.as_mut().reset(sleep(limit).deadline());
        // There is room: a process has one call at a time. Without a desk there is no answer, and soon no process.
        let _ = self.deliveries.try_send(delivery);
        let mut answered = pin!(async {
            match answered.await {
                Ok(answer) => answer,
                Err(_) => pending().await,
            }
        });
        let mut had = false;
        let outcome = loop {
            tokio::select! {
                biased;
                answer = &mut answered => break Ok(answer),
                ending = self.process.ended() => break Err(failure::exited(&call.id, &ending)),
                () = &mut self.limit => match taken.try_recv() {
                    Ok(until) if !had => {
                        had = true;
                        self.limit.as_mut().reset(until);
                    }
                    _ => break Err(failure::timed_out(&call.id, limit)),
                },
            }
        };
        // What was not taken by now never will be.
        taken.close();
        if let Ok(until) = taken.try_recv() {
            had = true;
            self.limit.as_mut().reset(until);
        }
        let outcome = match outcome {
            Ok(Answer::Whole(invoked)) => return Served::Free(invoked),
            Ok(Answer::Streamed { body, read }) => self.stream(body, read, call, limit).await,
            Err(failure) => Err(failure),
        };
        outcome.map_or_else(
            |failure| {
                self.process.kill();
                if had { Served::Lost(failure) } else { Served::Untouched(failure) }
            },
            Served::Free,
        )
    }

    /// Hands the answer on while it comes; an error if the process is of no more use.
    async fn stream(
        &mut self,
        body: Incoming,
        read: oneshot::Sender<()>,
        call: &mut Call,
        limit: Duration,
    ) -> Result<Invoked, Invoked> {
        let (id, process) = (&call.id, &mut self.process);
        let passed = async {
            let passed = match call.reply.begin() {
                Some(sender) => pass_on(body, sender).await,
                None => Err(()),
            };
            // It broke off while it answered: it is about to end, or it is told to when its time is over.
            let Ok(error) = passed else { return Err(failure::exited(id, &process.ended().await)) };
            let _ = read.send(());
            Ok(error.map_or_else(|| Invoked::new(Bytes::new()), Invoked::failed))
        };
        tokio::select! {
            biased;
            passed = passed => passed,
            () = &mut self.limit => Err(failure::timed_out(id, limit)),
        }
    }
}
