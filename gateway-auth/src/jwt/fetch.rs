//! Getting an issuer's keys: discovery and the JWK set, each bounded in time and size.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use gateway_core::{Body, HttpClient};
use http::{StatusCode, Uri, header::ACCEPT, uri::Scheme};
use serde::Deserialize;

use super::{jws::object, key_set::KeySet};

/// How long each of the two requests may take (AWS developer guide: *JWT authorizers*).
const TIMEOUT: Duration = Duration::from_millis(1500);

/// How long a JWK set, and a discovery document, may be in bytes.
const MAX_DOCUMENT: u64 = 150_000;

/// Why an issuer's keys could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FetchError {
    /// The discovery document could not be had, or cannot be trusted.
    #[error("the discovery document {0}")]
    Discovery(FetchFailure),
    /// The JWK set could not be had.
    #[error("the JWK set {0}")]
    Jwks(FetchFailure),
}

/// What was wrong with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FetchFailure {
    /// No connection, or it broke.
    #[error("could not be fetched")]
    Unreachable,
    /// It took more than 1500 ms.
    #[error("did not come in time")]
    Timeout,
    /// Another status than 200.
    #[error("was answered with status {0}")]
    Status(StatusCode),
    /// More than 150 000 bytes.
    #[error("is too large")]
    TooLarge,
    /// No JSON of the right form.
    #[error("is malformed")]
    Malformed,
    /// The document names another issuer than the one it was asked of.
    #[error("names another issuer")]
    Issuer,
    /// The document of an issuer on `https` names keys that are not.
    #[error("names keys that are not on https")]
    Insecure,
}

/// Where the keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// In a discovery document, which has to name this issuer.
    Discovery { document: Uri, issuer: String },
    /// Right here.
    Jwks(Uri),
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

/// Fetches the keys. Nothing else is ever asked for: redirects are refused.
pub(super) async fn fetch(client: &Arc<dyn HttpClient>, address: &Address) -> Result<KeySet, FetchError> {
    let jwks_uri = match address {
        Address::Jwks(uri) => uri.clone(),
        Address::Discovery { document, issuer } => {
            let bytes = get(client, document.clone()).await.map_err(FetchError::Discovery)?;
            discovered(&bytes, document, issuer).map_err(FetchError::Discovery)?
        }
    };
    let bytes = get(client, jwks_uri).await.map_err(FetchError::Jwks)?;
    KeySet::from_slice(&bytes).map_err(|_| FetchError::Jwks(FetchFailure::Malformed))
}

/// Where a discovery document says that the keys are.
fn discovered(bytes: &[u8], document: &Uri, issuer: &str) -> Result<Uri, FetchFailure> {
    let discovery: Discovery = object(bytes).ok_or(FetchFailure::Malformed)?;
    if discovery.issuer != issuer {
        return Err(FetchFailure::Issuer);
    }
    let uri = web_address(&discovery.jwks_uri).ok_or(FetchFailure::Malformed)?;
    // An issuer on plain http is a test or a neighbour; one on https must not be talked down.
    if uri.scheme() != Some(&Scheme::HTTPS) && document.scheme() == Some(&Scheme::HTTPS) {
        return Err(FetchFailure::Insecure);
    }
    Ok(uri)
}

/// An absolute `https` or `http` address without user information.
pub(super) fn web_address(text: &str) -> Option<Uri> {
    let uri = Uri::try_from(text).ok()?;
    let is_web = uri.scheme() == Some(&Scheme::HTTPS) || uri.scheme() == Some(&Scheme::HTTP);
    let is_plain = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    (is_web && is_plain).then_some(uri)
}

async fn get(client: &Arc<dyn HttpClient>, uri: Uri) -> Result<Bytes, FetchFailure> {
    let mut request = http::Request::new(Body::empty());
    *request.uri_mut() = uri;
    request.headers_mut().insert(ACCEPT, http::HeaderValue::from_static("application/json"));
    let read = async {
        let response = client.send(request).await.map_err(|_| FetchFailure::Unreachable)?;
        if response.status() != StatusCode::OK {
            return Err(FetchFailure::Status(response.status()));
        }
        let body = response.into_body().with_limit(MAX_DOCUMENT).collect().await;
        body.map_err(|error| if error.is_too_large() { FetchFailure::TooLarge } else { FetchFailure::Unreachable })
    };
    tokio::time::timeout(TIMEOUT, read).await.unwrap_or(Err(FetchFailure::Timeout))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_discovery_document_must_be_the_issuers_own() {
        let document = Uri::from_static("https://i.example/.well-known/openid-configuration");
        let plain = Uri::from_static("http://127.0.0.1:1/.well-known/openid-configuration");
        let read = |json: &str, document: &Uri| discovered(json.as_bytes(), document, "https://i.example");
        let good = r#"{"issuer":"https://i.example","jwks_uri":"https://keys.example/a","x":1}"#;
        assert_eq!(read(good, &document).unwrap(), "https://keys.example/a");
        for (json, failure) in [
            (good.replace("\"https://i.example\"", "\"https://i.example/\""), FetchFailure::Issuer),
            (good.replace("https://keys", "http://keys"), FetchFailure::Insecure),
            (good.replace("https://keys", "file://keys"), FetchFailure::Malformed),
            (good.replace("https://keys", "https://me:secret@keys"), FetchFailure::Malformed),
            (good.replace("https://keys.example", ""), FetchFailure::Malformed),
            (good.replace("jwks_uri", "jwks"), FetchFailure::Malformed),
            (good.replace("\"x\":1", "\"issuer\":\"https://i.example\""), FetchFailure::Malformed),
            ("[\"https://i.example\",\"https://keys.example/a\"]".to_owned(), FetchFailure::Malformed),
        ] {
            assert_eq!(read(&json, &document), Err(failure), "{json}");
        }
        assert!(read(&good.replace("https://keys", "http://keys"), &plain).is_ok());
    }
}
