//! The processes of a function: started when a call needs one, kept for the next call, ended when none comes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use gateway_core::{Clock, Random, RequestId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, watch};

use super::{
    call::Call,
    process::Order,
    settings::Settings,
    worker::{Ground, Served, Worker},
};

pub(super) struct Pool {
    settings: Settings,
    function: Arc<str>,
    clock: Arc<dyn Clock>,
    random: Random,
    calls: Arc<Semaphore>,
    processes: Semaphore,
    resting: Mutex<Resting>,
    orders: watch::Sender<Order>,
    /// How many processes there are.
    alive: Arc<watch::Sender<usize>>,
}

/// The processes that wait for a call; the one that came last gets the next.
#[derive(Default)]
struct Resting {
    workers: Vec<Rested>,
    swept: bool,
    over: bool,
}

struct Rested {
    worker: Worker,
    /// Whether it was here at the last sweep already.
    seen: bool,
}

/// Counts a process as long as it is there.
struct Alive(Arc<watch::Sender<usize>>);

impl Alive {
    fn new(count: &Arc<watch::Sender<usize>>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(Arc::clone(count))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Pool {
    pub(super) fn new(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        let most = |count: usize| count.min(Semaphore::MAX_PERMITS);
        Self {
            function: settings.name.as_str().into(),
            clock,
            random: Random::from_os(),
            calls: Arc::new(Semaphore::new(most(settings.concurrency))),
            processes: Semaphore::new(most(settings.processes)),
            resting: Mutex::default(),
            orders: watch::channel(Order::Run).0,
            alive: Arc::new(watch::channel(0).0),
            settings,
        }
    }

    /// The id of a new call.
    pub(super) fn request_id(&self) -> RequestId {
        RequestId::draw(&self.random)
    }

    /// Lets a call in, if there are not too many.
    pub(super) fn admit(&self) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        Arc::clone(&self.calls).try_acquire_owned()
    }

    /// Runs a call to its end, whoever still waits for it.
    pub(super) async fn run(self: Arc<Self>, mut call: Call, admitted: OwnedSemaphorePermit) {
        let Ok(running) = self.processes.acquire().await else { return };
        let outcome = loop {
            let (mut worker, is_new) = match self.rested() {
                Some(worker) => (worker, false),
                None => match Worker::start(self.ground(), Alive::new(&self.alive), &call.id).await {
                    Ok(worker) => (worker, true),
                    Err(failure) => break failure,
                },
            };
            match worker.serve(&mut call, self.settings.timeout).await {
                Served::Free(outcome) => {
                    self.rest(worker);
                    break outcome;
                }
                Served::Lost(outcome) => break outcome,
                Served::Untouched(outcome) if is_new => break outcome,
                // It ended while it waited, which is no fault of this call.
                Served::Untouched(_) => {}
            }
        };
        // Whoever calls again at once finds the process, and room for the call.
        drop((running, admitted));
        call.reply.give(&self.function, outcome);
    }

    /// Kills all processes.
    pub(super) fn kill(&self) {
        // First: what is dropped before would be let to end in its own way.
        self.orders.send_replace(Order::Die);
        self.close();
    }

    /// Ends the processes, each after its call, and waits until all are gone.
    pub(super) async fn shut_down(&self) {
        drop(self.close());
        let _ = self.alive.subscribe().wait_for(|count| *count == 0).await;
    }

    /// Takes no more calls; what waited for some is handed over.
    fn close(&self) -> Vec<Rested> {
        self.calls.close();
        self.processes.close();
        let mut resting = self.lock();
        resting.over = true;
        std::mem::take(&mut resting.workers)
    }

    fn ground(&self) -> Ground<'_> {
        Ground {
            settings: &self.settings,
            function: &self.function,
            clock: &self.clock,
            random: &self.random,
            orders: self.orders.subscribe(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Resting> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The process that has waited for the shortest time.
    fn rested(&self) -> Option<Worker> {
        let mut resting = self.lock();
        std::iter::from_fn(|| resting.workers.pop()).map(|rested| rested.worker).find(Worker::is_alive)
    }

    /// Keeps a process for the next call.
    fn rest(self: &Arc<Self>, worker: Worker) {
        let mut resting = self.lock();
        if resting.over {
            return;
        }
        resting.workers.push(Rested { worker, seen: false });
        if !std::mem::replace(&mut resting.swept, true) {
            tokio::spawn(sweep(Arc::downgrade(self), self.settings.idle));
        }
    }
}

/// Ends what has waited for a whole round, as long as anything waits.
async fn sweep(pool: Weak<Pool>, round: std::time::Duration) {
    loop {
        tokio::time::sleep(round).await;
        let Some(pool) = pool.upgrade() else { return };
        let mut resting = pool.lock();
        resting.workers.retain_mut(|rested| !std::mem::replace(&mut rested.seen, true));
        if resting.workers.is_empty() {
            resting.swept = false;
            return;
        }
    }
}
