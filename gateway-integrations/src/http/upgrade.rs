//! Connections that stop speaking HTTP: the bytes of both sides are passed on, until both have ended.

use std::sync::Arc;

use gateway_core::{CallCause, CallError, CallPhase, Error, ErrorKind, Parts, Response};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Version, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional_with_sizes;

use super::headers::{is_hop_by_hop, remove_ending};

/// How many bytes are under way in each direction.
const BUFFER: usize = 4096;

/// Which protocols connections may be switched to; none unless named.
#[derive(Clone, Debug, Default)]
pub(super) struct Upgrades(Option<Arc<[Box<str>]>>);

/// A client asks for another protocol.
pub(super) struct Asked {
    protocol: HeaderValue,
    client: OnUpgrade,
}

impl Upgrades {
    pub(super) fn new(protocols: impl IntoIterator<Item = impl Into<Box<str>>>) -> Self {
        Self(Some(protocols.into_iter().map(Into::into).collect()))
    }

    /// What a request asks for, if it may be passed on and the server can hand its connection over.
    pub(super) fn asked(&self, parts: &mut Parts) -> Option<Asked> {
        let allowed = self.0.as_ref()?;
        if parts.version != Version::HTTP_11 || !lists(&parts.headers, &header::CONNECTION, "upgrade") {
            return None;
        }
        let offered = parts.headers.get(header::UPGRADE)?.to_str().ok()?;
        let chosen = |name: &&str| allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(name));
        let protocol = HeaderValue::from_str(offered.split(',').map(str::trim).find(chosen)?).ok()?;
        Some(Asked { protocol, client: parts.extensions.remove()? })
    }
}

impl Asked {
    /// Asks the backend.
    pub(super) fn pass_on(&self, headers: &mut HeaderMap) {
        self.name(headers);
    }

    /// The backend switches: joins the two connections, and says so to the client.
    pub(super) fn join(self, response: &mut Response) -> Result<(), Error> {
        let extensions = std::mem::take(response.extensions_mut());
        let same = response
            .headers()
            .get(header::UPGRADE)
            .is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(self.protocol.as_bytes()));
        let Some(backend) = extensions.get::<OnUpgrade>().cloned().filter(|_| same) else {
            let wrong = CallError::new(CallPhase::ResponseHead, CallCause::Malformed);
            return Err(Error::new(ErrorKind::IntegrationFailure)
                .with_source(wrong.with_source("the backend switched to something else")));
        };
        remove_ending(response.headers_mut(), is_hop_by_hop);
        self.name(response.headers_mut());
        tokio::spawn(tunnel(self.client, backend, extensions));
        Ok(())
    }

    fn name(&self, headers: &mut HeaderMap) {
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, self.protocol.clone());
    }
}

/// Passes bytes on until both sides have ended. What the answer's extensions hold, such as its place among the
/// client's requests, is held as long.
async fn tunnel(client: OnUpgrade, backend: OnUpgrade, _held: Extensions) {
    let (Ok(client), Ok(backend)) = (client.await, backend.await) else { return };
    let (mut client, mut backend) = (TokioIo::new(client), TokioIo::new(backend));
    // Whoever breaks off, the other side sees its connection end.
    let _ = copy_bidirectional_with_sizes(&mut client, &mut backend, BUFFER, BUFFER).await;
}

/// Whether the lists under `name` have `option` in them.
fn lists(headers: &HeaderMap, name: &HeaderName, option: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|listed| listed.trim().eq_ignore_ascii_case(option))
}
