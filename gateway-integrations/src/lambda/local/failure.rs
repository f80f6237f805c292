//! What callers get where a function failed: Lambda's own words.

use std::{fmt, io, process::ExitStatus, time::Duration};

use bytes::Bytes;
use gateway_core::Invoked;
use http::StatusCode;
use serde_json::json;

/// How large an event may be, in bytes.
///
/// AWS Lambda developer guide: *Lambda quotas*.
pub(super) const EVENT: usize = 6 << 20;

/// How large an answer may be, in bytes.
pub(super) const ANSWER: usize = EVENT + 100;

fn failed(kind: &str, message: &str) -> Invoked {
    Invoked::failed(json!({ "errorType": kind, "errorMessage": message }).to_string())
}

/// More calls than the function may have at once.
pub(super) fn throttled() -> Invoked {
    let payload = Bytes::from_static(
        br#"{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}"#,
    );
    Invoked { status: StatusCode::TOO_MANY_REQUESTS, ..Invoked::new(payload) }
}

/// The call, or the start of the process, took too long.
pub(super) fn timed_out(id: &str, after: Duration) -> Invoked {
    let message = format!("RequestId: {id} Error: Task timed out after {:.2} seconds", after.as_secs_f64());
    failed("Sandbox.Timedout", &message)
}

/// The process is gone.
pub(super) fn exited(id: &str, how: &str) -> Invoked {
    failed("Runtime.ExitError", &format!("RequestId: {id} Error: {how}"))
}

/// The program could not be started.
pub(super) fn not_started(id: &str, program: &dyn fmt::Debug, error: &io::Error) -> Invoked {
    failed("Runtime.InvalidEntrypoint", &format!("RequestId: {id} Error: fork/exec {program:?}: {error}"))
}

/// The answer is larger than Lambda takes.
pub(super) fn too_large() -> Invoked {
    let message = format!("Response payload size exceeded maximum allowed payload size ({ANSWER} bytes).");
    failed("Function.ResponseSizeTooLarge", &message)
}

/// How a process ended, in Lambda's words.
pub(super) fn ending(status: &io::Result<ExitStatus>) -> String {
    use std::os::unix::process::ExitStatusExt;

    let Ok(status) = status else { return "Runtime exited without providing a reason".to_owned() };
    match (status.code(), status.signal()) {
        (Some(0), _) | (None, None) => "Runtime exited without providing a reason".to_owned(),
        (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
        (None, Some(signal)) => match signal_name(signal) {
            Some(name) => format!("Runtime exited with error: signal: {name}"),
            None => format!("Runtime exited with error: signal: signal {signal}"),
        },
    }
}

fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        1 => "hangup",
        2 => "interrupt",
        3 => "quit",
        4 => "illegal instruction",
        5 => "trace/breakpoint trap",
        6 => "aborted",
        8 => "floating point exception",
        9 => "killed",
        11 => "segmentation fault",
        13 => "broken pipe",
        14 => "alarm clock",
        15 => "terminated",
        _ => return None,
    })
}
