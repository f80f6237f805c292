//! `AwsBackend`: a service of AWS behind a mapping.

use std::{borrow::Cow, fmt, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use gateway_core::{
    Context, Error, ErrorKind, Integration, Parts, Problem, Request, Response, Step, config::BackendConfig,
};
use http::{HeaderValue, Method, Uri, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{ServiceCall, ServiceClient, ServiceUri, Target, call_headers, method, pieces::Pieces, role, uri};
use crate::{
    failure::{misconfigured, no_answer, read_request, readable},
    http::climbs,
    mapping::CallParameters,
};

/// What stands in a query as it is.
pub(super) const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A service of AWS (`AWS`), to stand inside a mapping.
///
/// The mapped request is what is sent, by a [`ServiceClient`]; the service's answer goes back to the mapping as it is.
///
/// AWS developer guide: *Integrations for REST APIs in API Gateway*.
#[derive(Clone)]
pub struct AwsBackend {
    uri: ServiceUri,
    /// `None` is the client's own.
    method: Option<Method>,
    credentials: Option<Pieces>,
    client: Arc<dyn ServiceClient>,
}

/// The service of a definition (`AWS`), to stand inside a mapping.
///
/// # Errors
/// When the address names no path and no action of a service, or the method is none, or there is no `client`; the pointer
/// starts at the integration.
pub fn backend(config: &BackendConfig, client: Option<&Arc<dyn ServiceClient>>) -> Result<AwsBackend, Problem> {
    let uri = uri(config)?;
    let Some(client) = client else {
        let message = format_args!(
            "nothing here calls `{}`: give the integrations a client of AWS's services (`service_client`)",
            uri.service()
        );
        return Err(Problem::new("/uri", message));
    };
    if matches!(uri.target, Target::Function(_) | Target::StreamingFunction(_)) {
        return Err(Problem::new("/uri", "this is the address of a function, not of a service"));
    }
    Ok(AwsBackend { uri, method: method(config)?, credentials: role(config)?, client: Arc::clone(client) })
}

#[async_trait]
impl Integration for AwsBackend {
    async fn invoke(&self, request: Request, context: &Context) -> Result<Response, Error> {
        let (parts, mut body) = request.into_parts();
        let body = read_request(&mut body).await?;
        let call = self.call(&parts, body, context)?;
        context.record(|| Step::EndpointRequest {
            uri: call.request.uri().to_string(),
            method: call.request.method().to_string(),
            headers: call.request.headers().clone(),
            body: readable(call.request.body()),
        });
        self.client.send(call, context).await.map_err(|error| no_answer(context, error))
    }
}

impl AwsBackend {
    /// The call that a mapped request is.
    fn call(&self, parts: &Parts, body: Bytes, context: &Context) -> Result<ServiceCall, Error> {
        let none = CallParameters::default();
        let parameters = parts.extensions.get().unwrap_or(&none);
        let (target, action) = self.target(parameters, context)?;
        let method = self.method.clone().unwrap_or_else(|| parts.method.clone());
        let mut headers = call_headers(&parts.headers, false, self.uri.partition(), context);
        if !body.is_empty() {
            headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        }
        let mut request = http::Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = target;
        *request.headers_mut() = headers;
        Ok(ServiceCall {
            service: self.uri.service().to_owned(),
            subdomain: self.uri.subdomain().map(str::to_owned),
            region: self.uri.region().to_owned(),
            credentials: self.credentials.as_ref().map(|role| role.text(context).into_owned()),
            action,
            request,
        })
    }

    /// The address, and the action in it.
    fn target(&self, parameters: &CallParameters, context: &Context) -> Result<(Uri, Option<String>), Error> {
        let (mut target, action) = match &self.uri.target {
            Target::Path(path) => (beneath(path, path.encoded(context, &parameters.path))?, None),
            Target::Action(action) => called(action.text(context).into_owned()),
            Target::Variable(tail) => {
                const NEITHER: &str = "AWS ARN for integration must contain path or action";
                let text = tail.encoded(context, &parameters.path);
                match text.split_once('/') {
                    Some(("path", path)) => {
                        (beneath(tail, format!("/{}", path.strip_prefix('/').unwrap_or(path)))?, None)
                    }
                    Some(("action", action)) if !action.is_empty() => called(action.to_owned()),
                    _ => return Err(misconfigured(context, NEITHER)),
                }
            }
            Target::Function(_) | Target::StreamingFunction(_) => (String::new(), None),
        };
        for (name, value) in &parameters.query {
            target.push(if target.contains('?') { '&' } else { '?' });
            let encoded = |text| Cow::from(utf8_percent_encode(text, QUERY));
            target.extend([encoded(name), Cow::from("="), encoded(value)]);
        }
        let address = format!("https://{}{target}", self.uri.host());
        let uri = Uri::try_from(address).map_err(|_| misconfigured(context, "Invalid endpoint address"))?;
        Ok((uri, action))
    }
}

/// A path that is made of `pieces`, if no client leads out of it.
fn beneath(pieces: &Pieces, path: String) -> Result<String, Error> {
    let bare = path.split('?').next().unwrap_or_default();
    if pieces.has_parameters() && climbs(bare) {
        return Err(Error::new(ErrorKind::BadRequest).with_source("a parameter leads out of the path"));
    }
    Ok(path)
}

/// The path of an action, and its name.
fn called(action: String) -> (String, Option<String>) {
    (format!("/?Action={}", utf8_percent_encode(&action, QUERY)), Some(action))
}

impl fmt::Debug for AwsBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsBackend").field("uri", &self.uri).field("method", &self.method).finish_non_exhaustive()
    }
}
