use std::{
    io,
    sync::{Arc, Mutex, mpsc},
};

use tracing::{Event, Metadata, Subscriber, field, span};

use super::{super::testing, *};
use crate::context::ApiKind;

type Shared<T> = Arc<Mutex<Vec<T>>>;

/// Keeps what it is given, call by call.
struct Calls(Shared<String>);

impl io::Write for Calls {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push(String::from_utf8(bytes.to_vec()).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::Error::other("not asked for"))
    }
}

/// Keeps the target and message of every event.
struct Events(Shared<(String, String)>);

impl Subscriber for Events {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut message = String::new();
        event.record(&mut |field: &field::Field, value: &dyn fmt::Debug| {
            if field.name() == "message" {
                message = format!("{value:?}");
            }
        });
        self.0.lock().unwrap().push((event.metadata().target().to_owned(), message));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

fn format() -> AccessLogFormat {
    AccessLogFormat::parse("$context.status $context.authorizer.principalId $context.extendedRequestId").unwrap()
}

#[test]
fn a_closure_gets_each_line() {
    let lines = Shared::default();
    let kept = Arc::clone(&lines);
    let log = AccessLog::new(format(), move |line: &str| kept.lock().unwrap().push(line.to_owned()));
    let context = testing::answered(ApiKind::Rest, Some(201));
    log.finished(&context);
    log.finished(&testing::begun(ApiKind::Rest, "/", b""));
    let id = context.id().extended();
    assert_eq!(*lines.lock().unwrap(), [format!("201 alice {id}"), format!("- - {id}")]);
}

#[test]
fn what_is_left_is_written_when_the_log_ends() {
    let calls = Shared::default();
    let log = AccessLog::to_writer(format(), Calls(Arc::clone(&calls)));
    let context = testing::answered(ApiKind::Http, Some(200));
    log.finished(&context);
    log.finished(&context);
    assert_eq!(log.lost(), 0);
    drop(log);
    let line = format!("200 alice {}\n", context.id().extended());
    assert_eq!(calls.lock().unwrap().concat(), line.repeat(2));
}

/// A writer that waits until it is told to go on, and then refuses.
struct Slow(mpsc::Sender<usize>, mpsc::Receiver<()>);

impl io::Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.send(bytes.len());
        let _ = self.1.recv();
        Err(io::Error::other("full"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn lines_that_find_no_room_and_lines_that_are_refused_are_counted() {
    let ((told, tell), (go, wait)) = (mpsc::channel(), mpsc::channel());
    let long = AccessLogFormat::parse(&format!("$context.requestId {}", "x".repeat(3_000))).unwrap();
    let log = AccessLog::to_writer(long, Slow(told, wait));
    let context = testing::answered(ApiKind::Http, Some(200));
    log.finished(&context);
    let line = tell.recv().unwrap();
    let room = 4 * 1024 * 1024 / line;
    for _ in 0..room + 7 {
        log.finished(&context);
    }
    assert_eq!(log.lost(), 7, "the writer is slow, and no request waits for it");
    go.send(()).unwrap();
    assert_eq!(tell.recv().unwrap(), room * line, "all that waited, at once");
    assert_eq!(log.lost(), 7 + 1);
    go.send(()).unwrap();
}

#[test]
fn a_writer_that_panics_loses_lines_and_nothing_else() {
    struct Panics;
    impl io::Write for Panics {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            panic!("a writer of the host")
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let log = AccessLog::to_writer(format(), Panics);
    log.finished(&testing::answered(ApiKind::Http, Some(200)));
}

#[test]
fn lines_become_events() {
    let events = Shared::default();
    let context = testing::answered(ApiKind::Http, Some(200));
    // With a single subscriber tracing asks the thread that comes by first, which may have none, and remembers that.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    tracing::subscriber::with_default(Events(Arc::clone(&events)), || {
        AccessLog::to_tracing(format()).finished(&context);
    });
    let line = format!("200 alice {}", context.id().extended());
    assert_eq!(*events.lock().unwrap(), [("gateway::access".to_owned(), line)]);
}

#[test]
fn a_closure_is_an_observer() {
    let seen = Shared::default();
    let kept = Arc::clone(&seen);
    let observer: Box<dyn Observer> =
        Box::new(move |context: &Context| kept.lock().unwrap().push(context.request_id().to_owned()));
    observer.finished(&testing::begun(ApiKind::Rest, "/", b""));
    assert_eq!(seen.lock().unwrap().len(), 1);
}
