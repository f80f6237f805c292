//! The connections, by backend: unused ones of HTTP/1.1, all of HTTP/2.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{runtime::Handle, time::sleep};

use super::{
    http1::Http1,
    http2::{Http2, Place},
    plain::Plain,
    room::Rooms,
};

/// Into how many parts the idle timeout is divided: connections are looked at once in each.
const PARTS: u32 = 4;

/// How many connections are kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keep {
    pub(super) timeout: Duration,
    pub(super) per_host: usize,
    pub(super) in_all: usize,
    /// How many connections of HTTP/2 there may be to a host.
    pub(super) http2_per_host: usize,
}

/// All connections of a client.
pub(super) struct Pool {
    hosts: RwLock<Hosts>,
    shared: Arc<Shared>,
    sweeping: AtomicBool,
}

type ByAuthority = HashMap<Box<str>, Arc<Host>, foldhash::fast::RandomState>;

/// By whether it is HTTPS, and by authority.
#[derive(Default)]
struct Hosts {
    http: ByAuthority,
    https: ByAuthority,
}

/// What all hosts count together.
struct Shared {
    keep: Keep,
    idle: AtomicUsize,
    /// Which part of the idle timeout it is; goes on for ever.
    part: AtomicU32,
}

/// The connections to one backend.
pub(super) struct Host {
    idle: Mutex<VecDeque<Idle>>,
    http2: Mutex<Vec<Http2>>,
    /// Held while a connection is opened that others may share.
    pub(super) opening: tokio::sync::Mutex<()>,
    /// How often that failed.
    pub(super) failures: AtomicU32,
    /// Whether the backend agreed on HTTP/1.1 when it was last asked.
    pub(super) prefers_http1: AtomicBool,
    pub(super) rooms: Arc<Rooms>,
    shared: Arc<Shared>,
}

struct Idle {
    connection: Kept,
    since: u32,
}

/// A connection of HTTP/1.1 between two requests.
pub(super) enum Kept {
    Plain(Box<Plain>),
    Http1(Box<Http1>),
}

impl Kept {
    fn is_idle(&mut self) -> bool {
        match self {
            Self::Plain(connection) => connection.is_idle(),
            Self::Http1(connection) => connection.is_idle(),
        }
    }

    fn rest(&mut self) {
        match self {
            Self::Plain(connection) => connection.rest(),
            Self::Http1(connection) => connection.rest(),
        }
    }

    /// Whether it has stayed good; `ask` as in [`Http1::is_still_good`].
    fn is_still_good(&mut self, ask: bool) -> bool {
        match self {
            Self::Plain(connection) => connection.is_still_good(ask),
            Self::Http1(connection) => connection.is_still_good(ask),
        }
    }
}

/// Nothing is done under these locks that could leave half of it undone.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    pub(super) fn new(keep: Keep) -> Arc<Self> {
        let shared = Shared { keep, idle: AtomicUsize::new(0), part: AtomicU32::new(0) };
        Arc::new(Self { hosts: RwLock::default(), shared: Arc::new(shared), sweeping: AtomicBool::new(false) })
    }

    /// The host at `authority`.
    pub(super) fn host(self: &Arc<Self>, https: bool, authority: &str) -> Arc<Host> {
        let hosts = self.hosts.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = hosts.of(https).get(authority) {
            return Arc::clone(host);
        }
        drop(hosts);
        let mut hosts = self.hosts.write().unwrap_or_else(PoisonError::into_inner);
        let host = hosts.of_mut(https).entry(authority.into()).or_insert_with(|| Arc::new(Host::new(&self.shared)));
        let host = Arc::clone(host);
        drop(hosts);
        self.keep_sweeping();
        host
    }

    /// Starts the task that closes what nobody uses; it ends when there is nothing.
    fn keep_sweeping(self: &Arc<Self>) {
        let Ok(runtime) = Handle::try_current() else { return };
        if !self.sweeping.swap(true, Ordering::AcqRel) {
            let mine = Sweep { pool: Arc::downgrade(self), is_said: false };
            runtime.spawn(sweep(mine, self.shared.keep.timeout / PARTS));
        }
    }

    /// Whether there is anything left.
    fn sweep_once(&self) -> bool {
        let part = self.shared.part.fetch_add(1, Ordering::AcqRel).wrapping_add(1);
        let mut hosts = self.hosts.write().unwrap_or_else(PoisonError::into_inner);
        let Hosts { http, https } = &mut *hosts;
        for hosts in [http, https] {
            hosts.retain(|_, host| host.sweep(part) || Arc::strong_count(host) > 1);
        }
        let any = !hosts.http.is_empty() || !hosts.https.is_empty();
        if !any {
            self.sweeping.store(false, Ordering::Release);
        }
        any
    }
}

/// Says that the sweeping is over, also when the runtime is.
struct Sweep {
    pool: Weak<Pool>,
    is_said: bool,
}

impl Drop for Sweep {
    fn drop(&mut self) {
        if let (false, Some(pool)) = (self.is_said, self.pool.upgrade()) {
            pool.sweeping.store(false, Ordering::Release);
        }
    }
}

async fn sweep(mut sweep: Sweep, every: Duration) {
    loop {
        sleep(every.max(Duration::from_millis(1))).await;
        let Some(pool) = sweep.pool.upgrade() else { return };
        if !pool.sweep_once() {
            // Another may have started since.
            sweep.is_said = true;
            return;
        }
    }
}

impl Hosts {
    fn of(&self, https: bool) -> &ByAuthority {
        if https { &self.https } else { &self.http }
    }

    fn of_mut(&mut self, https: bool) -> &mut ByAuthority {
        if https { &mut self.https } else { &mut self.http }
    }
}

impl Host {
    fn new(shared: &Arc<Shared>) -> Self {
        Self {
            idle: Mutex::default(),
            http2: Mutex::default(),
            opening: tokio::sync::Mutex::new(()),
            failures: AtomicU32::new(0),
            prefers_http1: AtomicBool::new(false),
            rooms: Arc::default(),
            shared: Arc::clone(shared),
        }
    }

    /// The connection that was used last, if it is still good; `ask` as in [`Http1::is_still_good`].
    pub(super) fn take(&self, ask: bool) -> Option<Kept> {
        loop {
            let mut idle = lock(&self.idle).pop_back()?;
            self.shared.idle.fetch_sub(1, Ordering::Relaxed);
            if idle.connection.is_still_good(ask) {
                return Some(idle.connection);
            }
        }
    }

    /// Keeps a connection for the next request, unless there are enough.
    pub(super) fn put(&self, mut connection: Kept) {
        let Shared { keep, idle, part } = &*self.shared;
        if !connection.is_idle() || idle.load(Ordering::Relaxed) >= keep.in_all {
            return;
        }
        connection.rest();
        let since = part.load(Ordering::Relaxed);
        let mut kept = lock(&self.idle);
        if kept.len() < keep.per_host {
            kept.push_back(Idle { connection, since });
            idle.fetch_add(1, Ordering::Relaxed);
            // Under the lock, so that nobody who waits has looked in vain meanwhile.
            self.rooms.tell();
        }
    }

    /// A place on a connection of HTTP/2: the fullest one that has room, so that others can fall idle.
    pub(super) fn place(&self) -> Option<Place> {
        let mut connections = lock(&self.http2);
        connections.retain(Http2::is_open);
        connections.iter().find_map(Http2::place)
    }

    /// A place where the request waits, if no more connections may be opened than `most`.
    pub(super) fn crowded_place(&self, most: usize) -> Option<Place> {
        let connections = lock(&self.http2);
        let full = connections.len() >= most.min(self.shared.keep.http2_per_host);
        let emptiest = connections.iter().min_by_key(|connection| connection.open())?;
        full.then(|| emptiest.crowd())
    }

    /// Shares a new connection of HTTP/2.
    pub(super) fn share(&self, connection: Http2) -> Place {
        let place = connection.crowd();
        lock(&self.http2).push(connection);
        place
    }

    /// Closes what was not used for the idle timeout; whether anything is left.
    fn sweep(&self, part: u32) -> bool {
        let mut idle = lock(&self.idle);
        let old = idle.iter().take_while(|idle| part.wrapping_sub(idle.since) >= PARTS).count();
        let closed: Vec<Idle> = idle.drain(..old).collect();
        self.shared.idle.fetch_sub(old, Ordering::Relaxed);
        let mut any = !idle.is_empty();
        drop(idle);
        drop(closed);
        let mut http2 = lock(&self.http2);
        http2.retain_mut(|connection| connection.is_open() && !connection.is_unused_since(part, PARTS));
        any |= !http2.is_empty();
        any
    }
}
