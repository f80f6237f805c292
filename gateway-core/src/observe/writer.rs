//! Lines to a writer, in batches, on a thread of their own: no request waits for a disk.

use std::{
    io, mem,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use super::LogSink;

/// The most bytes that wait; lines beyond are lost.
const CAPACITY: usize = 4 * 1024 * 1024;
/// So many bytes are written at once.
const ENOUGH: usize = 64 * 1024;
/// Fewer wait so long for others.
const PAUSE: Duration = Duration::from_millis(50);
/// At its end, a log waits no longer for a writer that hangs.
const PATIENCE: Duration = Duration::from_secs(1);

/// Hands lines to the thread that writes them.
pub(super) struct WriterSink(Arc<Shared>);

struct Shared {
    queue: Mutex<Queue>,
    /// Told when there is something to do for the thread, and when the thread has ended.
    changed: Condvar,
    lost: AtomicU64,
}

#[derive(Default)]
struct Queue {
    lines: Vec<u8>,
    /// Lines that found no room.
    refused: u64,
    /// No more lines come.
    closed: bool,
    /// Nobody takes lines any more.
    ended: bool,
}

impl WriterSink {
    pub(super) fn new(writer: impl io::Write + Send + 'static) -> Self {
        let shared = Arc::new(Shared { queue: Mutex::default(), changed: Condvar::new(), lost: AtomicU64::new(0) });
        let thread = Thread(Arc::clone(&shared));
        let begun = thread::Builder::new().name("access-log".to_owned()).spawn(move || thread.run(writer));
        if let Err(error) = begun {
            tracing::warn!(%error, "there is no thread for the access log: its lines are lost");
        }
        Self(shared)
    }
}

impl LogSink for WriterSink {
    fn write(&self, line: &str) {
        let mut queue = self.0.queue();
        let before = queue.lines.len();
        let after = before + line.len() + 1;
        if after > CAPACITY || queue.ended {
            queue.refused += 1;
            self.0.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        queue.lines.extend_from_slice(line.as_bytes());
        queue.lines.push(b'\n');
        drop(queue);
        if before == 0 || (before < ENOUGH && after >= ENOUGH) {
            self.0.changed.notify_all();
        }
    }

    fn lost(&self) -> u64 {
        self.0.lost.load(Ordering::Relaxed)
    }
}

/// What was taken is written, unless the writer hangs.
impl Drop for WriterSink {
    fn drop(&mut self) {
        let mut queue = self.0.queue();
        queue.closed = true;
        self.0.changed.notify_all();
        drop(self.0.changed.wait_timeout_while(queue, PATIENCE, |queue| !queue.ended));
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for lines, and for others to go with them. Whether more may come.
    fn take(&self, batch: &mut Vec<u8>, refused: &mut u64) -> bool {
        let waiting = |few: usize| move |queue: &mut Queue| queue.lines.len() < few && !queue.closed;
        let queue = self.changed.wait_while(self.queue(), waiting(1)).unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(queue, PAUSE, waiting(ENOUGH));
        let (mut queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
        mem::swap(&mut queue.lines, batch);
        *refused = mem::take(&mut queue.refused);
        !queue.closed
    }
}

/// The thread's end, however it comes.
struct Thread(Arc<Shared>);

impl Thread {
    fn run(&self, mut writer: impl io::Write) {
        let (mut batch, mut warned) = (Vec::new(), 0);
        let mut more = true;
        while more {
            let mut refused = 0;
            more = self.0.take(&mut batch, &mut refused);
            let error = writer.write_all(&batch).err();
            if error.is_some() {
                let lines = batch.iter().filter(|byte| **byte == b'\n').count() as u64;
                self.0.lost.fetch_add(lines, Ordering::Relaxed);
            }
            batch.clear();
            // What a burst took is given back.
            batch.shrink_to(2 * ENOUGH);
            let lost = self.0.lost.load(Ordering::Relaxed);
            // A disk that is full would fill the host's own log as well: said again when it has doubled.
            if lost > warned * 2 {
                warned = lost;
                let error = error.map_or_else(|| "the writer is too slow".to_owned(), |error| error.to_string());
                tracing::warn!(error, lost, "lines of the access log are lost");
            }
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.0.queue().ended = true;
        self.0.changed.notify_all();
    }
}
