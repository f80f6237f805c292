//! Request parameters: what of a request goes into which header, query parameter or path variable of the call.

use gateway_core::{Context, Error, ErrorKind};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{
    body_text::BodyFault,
    call::CallParameters,
    error::MappingError,
    headers::{Behind, Fate},
    source::{MethodRequest, RequestSource},
};
use crate::failure::{misconfigured, refused};

const EXPECTED: &str = "integration.request.{header|querystring|path}.NAME";

/// The mapped parameters of a call.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestParameters {
    headers: Vec<(HeaderName, RequestSource)>,
    query: Vec<(Box<str>, RequestSource)>,
    path: Vec<(Box<str>, RequestSource)>,
    /// A header that may not be mapped: no request can be served.
    forbidden: Option<HeaderName>,
}

impl RequestParameters {
    /// Maps `target` to `source`; an earlier mapping to the same target is replaced.
    pub(crate) fn add(&mut self, target: &str, source: &str, behind: Behind) -> Result<(), MappingError> {
        let error = || MappingError::Target { name: target.to_owned(), expected: EXPECTED };
        let rest = target.strip_prefix("integration.request.").ok_or_else(error)?;
        let (place, name) = rest.split_once('.').filter(|(_, name)| !name.is_empty()).ok_or_else(error)?;
        let source = RequestSource::parse(source)?;
        match place {
            "header" => {
                let name: HeaderName = name.parse().map_err(|_| error())?;
                match behind.fate(&name) {
                    Fate::Sent => put(&mut self.headers, name, source),
                    Fate::Dropped => {}
                    Fate::Forbidden => self.forbidden = Some(name),
                }
            }
            "querystring" => put(&mut self.query, name.into(), source),
            "path" => put(&mut self.path, name.into(), source),
            _ => return Err(error()),
        }
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.headers.is_empty() && self.query.is_empty() && self.path.is_empty() && self.forbidden.is_none()
    }

    /// Whether some variable of the address has a value here.
    pub(crate) fn map_path(&self) -> bool {
        !self.path.is_empty()
    }

    /// Whether some value comes out of the body.
    pub(crate) fn reads_body(&self) -> bool {
        let sources = self.query.iter().chain(&self.path).map(|(_, source)| source);
        sources.chain(self.headers.iter().map(|(_, source)| source)).any(RequestSource::reads_body)
    }

    /// The headers and the other parameters of the call for `request`. What has no value is left out.
    pub(crate) fn values(&self, request: &MethodRequest<'_>) -> Result<(HeaderMap, CallParameters), Error> {
        if let Some(name) = &self.forbidden {
            return Err(forbidden(request.context, name));
        }
        let refuse = |fault: BodyFault| match fault {
            BodyFault::NoJson => {
                let error = Error::new(ErrorKind::BadRequestBody).with_message("Invalid JSON in request body");
                refused(request.context, error)
            }
            BodyFault::TooMuchWork(_) => misconfigured(request.context, fault),
        };
        let mut headers = HeaderMap::with_capacity(self.headers.len());
        for (name, source) in &self.headers {
            if let Some(value) = source.value(request).map_err(refuse)? {
                headers.insert(name, header_value(request.context, name, &value)?);
            }
        }
        let mut call = CallParameters::default();
        for (name, source) in &self.query {
            let values = source.values(request).map_err(refuse)?;
            call.query.extend(values.into_iter().map(|value| (name.clone(), value)));
        }
        for (name, source) in &self.path {
            if let Some(value) = source.value(request).map_err(refuse)? {
                call.path.push((name.clone(), value.into_owned()));
            }
        }
        Ok((headers, call))
    }
}

fn put<Name: PartialEq>(list: &mut Vec<(Name, RequestSource)>, name: Name, source: RequestSource) {
    list.retain(|(known, _)| *known != name);
    list.push((name, source));
}

/// A header that no mapping and no template may set.
pub(crate) fn forbidden(context: &Context, name: &HeaderName) -> Error {
    misconfigured(context, format!("the header `{name}` cannot be mapped"))
}

/// The value of a header; line breaks and other control characters would become headers of their own.
pub(crate) fn header_value(context: &Context, name: &HeaderName, value: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_bytes(value.as_bytes())
        .map_err(|_| misconfigured(context, format!("the value for the header `{name}` holds letters that none may")))
}
