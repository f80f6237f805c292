//! The Runtime API of one process, on an address of its own.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use gateway_core::Invoked;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinSet,
};

use super::{
    answer::{Read, collect},
    desk::{Answer, Desk, NoCall, Waiting},
    failure::{self, ANSWER},
};

/// How many connections a process may have.
const CONNECTIONS: usize = 32;

/// How large the head of a request may be: clients send the cause of an error as a header of up to 1 MiB.
const HEAD: usize = 2 << 20;

static MODE: HeaderName = HeaderName::from_static("lambda-runtime-function-response-mode");

type Answered = Response<Full<Bytes>>;

/// Serves the process that `desk` belongs to, until it is dropped.
pub(super) async fn serve(listener: TcpListener, desk: Arc<Desk>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok((stream, _)) => drop(connections.spawn(connection(stream, Arc::clone(&desk)))),
                // Out of file descriptors, most likely: others must be closed first.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, desk: Arc<Desk>) {
    // An answer must not wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let desk = Arc::clone(&desk);
        async move { Ok::<_, Infallible>(answer(request, &desk).await) }
    });
    let mut server = http1::Builder::new();
    // Programs in shell look for the names as Lambda spells them.
    server.title_case_headers(true).max_buf_size(HEAD);
    if let Err(error) = server.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a connection of a function's process broke off");
    }
}

/// AWS Lambda developer guide: *Using the Lambda runtime API for custom runtimes*.
async fn answer(request: Request<Incoming>, desk: &Desk) -> Answered {
    let (parts, body) = request.into_parts();
    let Some(path) = parts.uri.path().strip_prefix("/2018-06-01/runtime/") else { return unknown() };
    match (&parts.method, path, path.strip_prefix("invocation/").and_then(|rest| rest.split_once('/'))) {
        (&Method::GET, "invocation/next", _) => next(desk).await,
        (&Method::POST, "init/error", _) => init_error(body, desk).await,
        (&Method::POST, _, Some((id, "response"))) => answered(id, false, &parts.headers, body, desk).await,
        (&Method::POST, _, Some((id, "error"))) => answered(id, true, &parts.headers, body, desk).await,
        _ => {
            skip(body).await;
            unknown()
        }
    }
}

async fn next(desk: &Desk) -> Answered {
    match desk.next().await {
        Ok((event, mut headers)) => {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            let mut response = Response::new(Full::new(event));
            *response.headers_mut() = headers;
            response
        }
        Err(NoCall::Unanswered) => {
            refused(StatusCode::FORBIDDEN, "InvalidStateTransition", "Transition from Running to Ready is not allowed.")
        }
        Err(NoCall::Over) => refused(StatusCode::GONE, "InvalidStateTransition", "The function is shut down."),
    }
}

/// Hands the answer on to whoever waits for it.
async fn answered(id: &str, failed: bool, headers: &HeaderMap, body: Incoming, desk: &Desk) -> Answered {
    let Some(Waiting { streams, answer }) = desk.take(id) else {
        skip(body).await;
        return refused(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID");
    };
    let streamed = || headers.get(&MODE).is_some_and(|mode| mode.as_bytes().eq_ignore_ascii_case(b"streaming"));
    if streams && !failed && streamed() {
        let (read, was_read) = oneshot::channel();
        let _ = answer.send(Answer::Streamed { body, read });
        let _ = was_read.await;
        return accepted();
    }
    // Read here, so that the process has its reply, and asks for the next call, while the caller is still to be woken.
    let (reply, invoked) = match collect(body).await {
        Ok(Read::Whole(bytes)) if !failed => (accepted(), Invoked::new(bytes)),
        Ok(Read::Whole(bytes) | Read::Failed(bytes)) => (accepted(), Invoked::failed(bytes)),
        Ok(Read::TooLarge) => (too_large(), failure::too_large()),
        // It broke off while it answered: whoever waits hears of its end.
        Err(()) => return accepted(),
    };
    let _ = answer.send(Answer::Whole(invoked));
    reply
}

/// Reads what nobody wants: a connection that is closed before would take the answer with it.
async fn skip(mut body: Incoming) {
    let mut left = ANSWER;
    while let Some(Ok(frame)) = body.frame().await {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        if left == 0 {
            return;
        }
    }
}

async fn init_error(body: Incoming, desk: &Desk) -> Answered {
    let Ok(body) = Limited::new(body, ANSWER).collect().await else { return too_large() };
    if desk.fail(Invoked::failed(body.to_bytes())) {
        return accepted();
    }
    refused(StatusCode::FORBIDDEN, "InvalidStateTransition", "Transition from Ready to InitError is not allowed.")
}

fn accepted() -> Answered {
    json(StatusCode::ACCEPTED, Bytes::from_static(br#"{"status":"OK"}"#))
}

fn too_large() -> Answered {
    let message = format!("Exceeded maximum allowed payload size ({ANSWER} bytes).");
    refused(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
}

fn unknown() -> Answered {
    refused(StatusCode::NOT_FOUND, "NotFound", "this is no path of the Lambda Runtime API, version 2018-06-01")
}

fn refused(status: StatusCode, kind: &str, message: &str) -> Answered {
    json(status, json!({ "errorType": kind, "errorMessage": message }).to_string().into())
}

fn json(status: StatusCode, body: Bytes) -> Answered {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
