//! One request: which connection it takes, and when it is sent once more.

use std::{
    future::{Future, ready},
    pin::Pin,
    sync::{Arc, atomic::Ordering},
};

use gateway_core::{CallCause, CallError, CallPhase, Error, ErrorKind, Request, Response};
use http::{
    HeaderValue, Method, Uri, Version, header,
    uri::{PathAndQuery, Scheme},
};
use tokio::sync::OwnedSemaphorePermit;

use super::{
    Inner,
    answer::{Answer, From},
    body::{Outgoing, Sending},
    failure::{hyper_cause, is_refused, no_answer, no_connection},
    http1::{Failed, Http1},
    http2::{Http2, Place},
    plain::{Expects, Heard, Plain, hand_on},
    pool::{Host, Kept},
    room::{ConnectionLimits, Room},
    timer::Due,
};

/// What is known of a request while it is sent, perhaps more than once.
struct Call<'a> {
    client: &'a Inner,
    host: Arc<Host>,
    https: bool,
    /// Whether connections that lay aside are asked anew: the request cannot be sent twice.
    ask: bool,
    connections: Option<ConnectionLimits>,
}

/// A connection for one request.
enum Found {
    Plain(Box<Plain>),
    Spoken(Spoken),
}

/// One on which hyper speaks.
enum Spoken {
    Http1(Box<Http1>),
    Http2(Place),
}

/// What is to be sent, over whatever connection.
type Message = http::Request<Outgoing>;

/// The future of a call.
pub(super) type Answering<'a> = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send + 'a>>;

impl Inner {
    /// Sends a request, and hands on its answer.
    ///
    /// Not `async` itself: its future would hold the request, as large as all the rest, while it waits.
    pub(super) fn call(&self, request: Request, slot: Option<OwnedSemaphorePermit>) -> Answering<'_> {
        let (call, message, sending) = match self.begin(request) {
            Ok(begun) => begun,
            Err(error) => return Box::pin(ready(Err(error))),
        };
        let due = Due::of(&self.limits);
        match call.find() {
            Some(Found::Plain(connection)) => call.over_plain(connection, message, sending, due, slot),
            found => Box::pin(call.send(found, message, sending, due, slot)),
        }
    }

    fn begin(&self, request: Request) -> Result<(Call<'_>, Message, Sending), Error> {
        let (mut parts, body) = request.into_parts();
        let (body, sending) = Outgoing::new(body)?;
        let https = parts.uri.scheme() == Some(&Scheme::HTTPS);
        let Some(authority) = parts.uri.authority() else {
            return Err(no_connection(
                CallError::new(CallPhase::Connect, CallCause::Other).with_source("no host in the address"),
            ));
        };
        let host = self.pool.host(https, authority.as_str());
        let connections = parts.extensions.remove().or(self.connections);
        // What the extensions hold else is the gateway's business.
        parts.extensions.clear();
        let ask = !parts.method.is_idempotent() || body.again().is_none();
        let call = Call { client: self, host, https, ask, connections };
        Ok((call, http::Request::from_parts(parts, body), sending))
    }
}

impl<'a> Call<'a> {
    /// Sends the request over a plain connection that lay aside, as most are sent: the future is a small one.
    fn over_plain(
        self,
        mut connection: Box<Plain>,
        mut message: Message,
        sending: Sending,
        mut due: Due,
        slot: Option<OwnedSemaphorePermit>,
    ) -> Answering<'a> {
        if !message.headers().contains_key(header::HOST) {
            let uri = message.uri().clone();
            if let Err(error) = name_host(&mut message, &uri) {
                return Box::pin(ready(Err(error)));
            }
        }
        if !connection.begin(&message) {
            return Box::pin(self.send(Some(Found::Plain(connection)), message, sending, due, slot));
        }
        let expects = self.expects(&message);
        Box::pin(async move {
            match connection.exchange(expects, &self.client.limits, &mut due).await {
                Heard::Plain(answer) => Ok(hand_on(answer, connection, self.host, self.client.limits, due, slot)),
                Heard::TimedOut => Err(no_answer(Failed::TimedOut(sending.phase()), &sending, due)),
                Heard::Other => Box::pin(self.send(Some(Found::Plain(connection)), message, sending, due, slot)).await,
            }
        })
    }

    /// Sends the request over what was found, or else over a new connection.
    async fn send(
        self,
        mut found: Option<Found>,
        mut message: Message,
        sending: Sending,
        mut due: Due,
        slot: Option<OwnedSemaphorePermit>,
    ) -> Result<Response, Error> {
        let limits = &self.client.limits;
        let uri = message.uri().clone();
        let mut is_second = false;
        loop {
            let lay_aside = found.is_some();
            let taken = match found.take() {
                Some(found) => found,
                None => Box::pin(self.open_or_share(&uri)).await.map_err(no_connection)?,
            };
            let spoken = match taken {
                Found::Plain(mut connection) => {
                    address_http1(&mut message, &uri)?;
                    // Over one that lay aside it was tried already.
                    if !lay_aside && connection.begin(&message) {
                        match connection.exchange(self.expects(&message), limits, &mut due).await {
                            Heard::Plain(answer) => {
                                return Ok(hand_on(answer, connection, self.host, *limits, due, slot));
                            }
                            Heard::TimedOut => return Err(no_answer(Failed::TimedOut(sending.phase()), &sending, due)),
                            Heard::Other => {}
                        }
                    }
                    let begun = Http1::begin(*connection, &self.client.http1).await;
                    Spoken::Http1(begun.map_err(|error| no_connection(unspoken(error)))?)
                }
                Found::Spoken(spoken) => spoken,
            };
            let (failed, again) = match spoken {
                Spoken::Http1(mut connection) => {
                    address_http1(&mut message, &uri)?;
                    let again = if is_second || self.ask || connection.is_new() { None } else { copy(&message) };
                    let answer = connection.begin_exchange(message);
                    match connection.exchange(answer, &sending, limits, &mut due).await {
                        Ok(answer) => {
                            let from = From::Http1(connection, self.host);
                            return Ok(Answer::hand_on(answer, from, &sending, *limits, due, slot));
                        }
                        Err(failed) => (failed, again.filter(|_| !connection.has_heard())),
                    }
                }
                Spoken::Http2(mut place) => {
                    let again = if is_second { None } else { copy(&message) };
                    message.uri_mut().clone_from(&uri);
                    *message.version_mut() = Version::HTTP_2;
                    match place.exchange(message, &sending, limits, &mut due).await {
                        Ok(answer) => {
                            let from = From::Http2(place);
                            return Ok(Answer::hand_on(answer, from, &sending, *limits, due, slot));
                        }
                        Err(Failed::Sent(error)) if !is_refused(&error) => (Failed::Sent(error), None),
                        Err(failed) => (failed, again),
                    }
                }
            };
            if is_second {
                return Err(no_answer(failed, &sending, due));
            }
            message = once_more(failed, again).map_err(|failed| no_answer(failed, &sending, due))?;
            is_second = true;
        }
    }

    fn expects(&self, message: &Message) -> Expects {
        Expects { no_body: message.method() == Method::HEAD, max_headers: self.client.max_headers }
    }

    /// A connection that has room.
    fn find(&self) -> Option<Found> {
        if self.may_speak_http2()
            && let Some(place) = self.host.place()
        {
            return Some(Found::Spoken(Spoken::Http2(place)));
        }
        self.host.take(self.ask).map(|kept| match kept {
            Kept::Plain(connection) => Found::Plain(connection),
            Kept::Http1(connection) => Found::Spoken(Spoken::Http1(connection)),
        })
    }

    /// A new connection, or a place on one that others have opened meanwhile.
    async fn open_or_share(&self, uri: &Uri) -> Result<Found, CallError> {
        let host = &self.host;
        if !self.may_speak_http2() || host.prefers_http1.load(Ordering::Relaxed) {
            return self.open(uri).await;
        }
        // Who comes at the same time may share what the first one opens; if there is nothing to share, all go on at once.
        let failures = host.failures.load(Ordering::Relaxed);
        let opening = host.opening.lock().await;
        let most = self.connections.map_or(usize::MAX, |limits| limits.connections);
        if let Some(place) = host.place().or_else(|| host.crowded_place(most)) {
            return Ok(Found::Spoken(Spoken::Http2(place)));
        }
        let is_first = host.failures.load(Ordering::Relaxed) == failures;
        let _opening = (is_first && !host.prefers_http1.load(Ordering::Relaxed)).then_some(opening);
        self.open(uri).await.inspect_err(|_| {
            host.failures.fetch_add(1, Ordering::Relaxed);
        })
    }

    fn may_speak_http2(&self) -> bool {
        self.https || self.client.prior_knowledge
    }

    /// A new connection, or one that another request is done with where there may be no more.
    async fn open(&self, uri: &Uri) -> Result<Found, CallError> {
        let rooms = &self.host.rooms;
        let Some(limits) = self.connections else { return self.open_in(rooms.enter(), uri).await };
        match rooms.enter_or(limits, || self.find()).await {
            Some(Ok(room)) => self.open_in(room, uri).await,
            Some(Err(found)) => Ok(found),
            None => Err(CallError::new(CallPhase::Admission, CallCause::Busy).with_source("no connection is free")),
        }
    }

    async fn open_in(&self, room: Room, uri: &Uri) -> Result<Found, CallError> {
        let client = self.client;
        let (stream, agreed) = client.connector.connect(uri.clone(), self.https, room).await?;
        let is_http2 = agreed || client.prior_knowledge;
        self.host.prefers_http1.store(!is_http2, Ordering::Relaxed);
        if !is_http2 {
            return Ok(Found::Plain(Plain::new(stream)));
        }
        let begun = Http2::begin(stream, &client.http2, client.http2_streams).await;
        begun.map(|connection| Found::Spoken(Spoken::Http2(self.host.share(connection)))).map_err(unspoken)
    }
}

/// A connection that was opened, but on which hyper does not speak.
fn unspoken(error: hyper::Error) -> CallError {
    CallError::new(CallPhase::Connect, hyper_cause(&error)).with_source(error)
}

/// Names the target and the host as HTTP/1.1 does.
fn address_http1(message: &mut Message, uri: &Uri) -> Result<(), Error> {
    let target = uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    *message.uri_mut() = Uri::from(target);
    *message.version_mut() = Version::HTTP_11;
    name_host(message, uri)
}

/// Says which host is called, if nobody has.
fn name_host(message: &mut Message, uri: &Uri) -> Result<(), Error> {
    if !message.headers().contains_key(header::HOST) {
        let host = uri.authority().and_then(|authority| {
            let host = authority.as_str();
            HeaderValue::from_str(host.rsplit_once('@').map_or(host, |(_, host)| host)).ok()
        });
        let host = host.ok_or_else(|| Error::new(ErrorKind::IntegrationFailure))?;
        message.headers_mut().insert(header::HOST, host);
    }
    Ok(())
}

/// What is to be sent on a new connection: what was never begun, or the copy where there is one.
fn once_more(failed: Failed, again: Option<Message>) -> Result<Message, Failed> {
    match (failed, again) {
        (Failed::Unsent(unsent, _), _) => Ok(*unsent),
        (Failed::Sent(_), Some(again)) => Ok(again),
        (failed, _) => Err(failed),
    }
}

/// The same request, to be sent once more; none if its body streams.
fn copy(message: &Message) -> Option<Message> {
    let mut copy = http::Request::new(message.body().again()?);
    copy.method_mut().clone_from(message.method());
    copy.headers_mut().clone_from(message.headers());
    Some(copy)
}
