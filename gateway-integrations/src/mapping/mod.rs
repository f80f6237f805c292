//! Mapping: what of a request a backend gets, and what of its answer the client gets.
//!
//! [`Mapped`] stands in front of any [`Integration`](gateway_core::Integration) and works as the integrations of type
//! HTTP, AWS and MOCK do: it converts the body, maps parameters, renders a template, applies its overrides, calls the
//! backend, chooses an [`IntegrationResponse`], and does the same with the answer. [`ParameterMapping`] is what an HTTP
//! API has instead.
//!
//! AWS developer guide: *Data mappings for REST APIs in API Gateway*; *Transforming API requests and responses*.

mod body_text;
mod call;
mod content;
mod define;
mod error;
mod http_api;
mod integration_response;
mod mapped;
mod mock;
pub(crate) mod parameters;
mod relaxed;
mod request;
mod response;
mod scene;
pub(crate) mod source;
mod templates;

pub(crate) use self::{
    body_text::BodyText,
    define::request_parameters,
    http_api::{MappedHost, MappedRequest, RequestScene, RequestValue},
};
pub use self::{
    call::{CallParameters, SelectionSubject},
    error::MappingError,
    http_api::ParameterMapping,
    integration_response::IntegrationResponse,
    mapped::Mapped,
    mock::MockBackend,
};
pub(crate) use crate::headers;
