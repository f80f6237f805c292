use std::fmt::Write as _;

use http::Method;
use percent_encoding::percent_decode;
use sha2::{Digest, Sha256};

use crate::{context::Context, service::Parts, source::ValueSource};

/// A digest of everything that an entry is found by.
pub(crate) type Key = [u8; 32];

/// What tells the entries of a route from each other, and from those of others.
pub(crate) struct CacheKey {
    namespace: String,
    /// Deployment, namespace and the names of the sources, digested. They fill a block, so that what a request adds most
    /// often needs no second one.
    scope: Sha256,
    sources: Vec<ValueSource>,
}

impl CacheKey {
    /// The keys of one namespace of a deployment; all of `sources` count.
    pub(crate) fn new(deployment: &[&str], namespace: &str, sources: Vec<ValueSource>) -> Self {
        let mut scope = Sha256::new();
        for part in deployment {
            add(&mut scope, part.as_bytes());
        }
        add(&mut scope, namespace.as_bytes());
        for source in &sources {
            add(&mut scope, name(source).as_bytes());
        }
        let scope = Sha256::new().chain_update(scope.finalize()).chain_update([0; 32]);
        Self { namespace: namespace.to_owned(), scope, sources }
    }

    /// The key of the entry for this request.
    pub(crate) fn of(&self, request: &Parts, context: &Context) -> Key {
        let mut digest = self.scope.clone();
        // Its answer has no body, whoever else shares the namespace.
        digest.update([u8::from(request.method == Method::HEAD)]);
        for source in &self.sources {
            write(&mut digest, source, request, context);
        }
        digest.finalize().into()
    }

    /// A key as a person may read it: without the values, which may be credentials.
    pub(crate) fn describe(&self, key: &Key) -> String {
        let names: Vec<_> = self.sources.iter().map(name).collect();
        let mut text = format!("{}({}) ", self.namespace, names.join(", "));
        for byte in key.iter().take(4) {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

/// A part with its length, so that none runs into the next.
fn add(digest: &mut Sha256, part: &[u8]) {
    digest.update((part.len() as u64).to_le_bytes());
    digest.update(part);
}

fn name(source: &ValueSource) -> String {
    match source {
        ValueSource::Header(name) | ValueSource::HeaderValues(name) => format!("header.{}", name.to_ascii_lowercase()),
        ValueSource::Query(name) | ValueSource::QueryValues(name) => format!("querystring.{name}"),
        ValueSource::Path(name) => format!("path.{name}"),
        ValueSource::Literal(text) => format!("'{text}'"),
        ValueSource::StageVariable(name) => format!("stageVariables.{name}"),
        ValueSource::Context(variable) => format!("context.{variable:?}"),
    }
}

/// Every value, byte by byte, and how many there are: a backend may go by another one than the last, and text that is
/// no UTF-8 is not the same as other such text.
fn write(digest: &mut Sha256, source: &ValueSource, request: &Parts, context: &Context) {
    let mut count = 0_u64;
    match source {
        ValueSource::Header(name) | ValueSource::HeaderValues(name) => {
            for value in request.headers.get_all(name) {
                add(digest, value.as_bytes());
                count += 1;
            }
        }
        ValueSource::Query(name) | ValueSource::QueryValues(name) => {
            for pair in context.request().uri.query().unwrap_or_default().split(['&', ';']) {
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                if !pair.is_empty() && decoded(key) == name.as_bytes() {
                    add(digest, &decoded(value));
                    count += 1;
                }
            }
        }
        other => {
            if let Some(value) = other.value(&request.headers, context) {
                add(digest, value.as_bytes());
                count = 1;
            }
        }
    }
    digest.update(count.to_le_bytes());
}

fn decoded(text: &str) -> Vec<u8> {
    percent_decode(text.replace('+', " ").as_bytes()).collect()
}
