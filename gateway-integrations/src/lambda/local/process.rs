//! A process with all that it starts: ended together, and waited for.

use std::{
    io,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    process::{Child, Command},
    sync::watch,
    task::JoinSet,
    time::timeout,
};

use super::{failure, output};

/// How long a process that is told to end may take.
const GRACE: Duration = Duration::from_secs(2);

/// What a process is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Run,
    /// To end, in its own way.
    Retire,
    /// To be gone.
    Die,
}

/// A process. It retires when this is dropped.
pub(super) struct Process {
    ending: watch::Receiver<Option<String>>,
    order: watch::Sender<Order>,
}

impl Process {
    /// Starts a process, which also hears the orders of `all`; `alive` is kept as long as it is there.
    pub(super) fn start(
        mut command: Command,
        function: &Arc<str>,
        all: watch::Receiver<Order>,
        alive: impl Send + 'static,
    ) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.process_group(0).kill_on_drop(true).spawn()?;
        let group = Group::of(&child);
        let mut printed = JoinSet::new();
        if let Some(stdout) = child.stdout.take() {
            printed.spawn(output::follow(stdout, Arc::clone(function), "stdout"));
        }
        if let Some(stderr) = child.stderr.take() {
            printed.spawn(output::follow(stderr, Arc::clone(function), "stderr"));
        }
        let (order, orders) = watch::channel(Order::Run);
        let (ended, ending) = watch::channel(None);
        tokio::spawn(async move {
            let status = watch_over(child, group, orders, all).await;
            // Its last words come before its end.
            let _ = timeout(Duration::from_secs(1), async { while printed.join_next().await.is_some() {} }).await;
            ended.send_replace(Some(failure::ending(&status)));
            drop(alive);
        });
        Ok(Self { ending, order })
    }

    /// How it ended, if it has.
    pub(super) fn ending(&self) -> Option<String> {
        self.ending.borrow().clone()
    }

    /// Waits for its end, and says how it was.
    pub(super) async fn ended(&mut self) -> String {
        let ending = self.ending.wait_for(Option::is_some).await;
        ending.ok().and_then(|ending| ending.clone()).unwrap_or_else(|| "Runtime exited".to_owned())
    }

    /// Kills it, and all that it started.
    pub(super) fn kill(&self) {
        self.order.send_replace(Order::Die);
    }
}

/// Stays with a process until it has ended, and leaves nothing behind that it started.
async fn watch_over(
    mut child: Child,
    mut group: Group,
    mut own: watch::Receiver<Order>,
    mut all: watch::Receiver<Order>,
) -> io::Result<ExitStatus> {
    let order = tokio::select! {
        biased;
        status = child.wait() => {
            group.kill();
            return status;
        }
        order = all.wait_for(|order| *order != Order::Run) => order.map_or(Order::Die, |order| *order),
        order = own.wait_for(|order| *order != Order::Run) => order.map_or(Order::Retire, |order| *order),
    };
    if order == Order::Retire {
        group.signal(Signal::TERM);
        tokio::select! {
            _ = timeout(GRACE, child.wait()) => {}
            _ = all.wait_for(|order| *order != Order::Run) => {}
        }
    }
    group.kill();
    child.wait().await
}

/// The group of a process, which is killed when this is dropped.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw))
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.0 {
            // It may be gone already.
            let _ = kill_process_group(group, signal);
        }
    }

    fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}
