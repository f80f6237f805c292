//! OpenAPI documents with `x-amazon-apigateway-*` extensions: what runs on Amazon API Gateway runs here, and back.
//!
//! Swagger 2.0 (for REST APIs), OpenAPI 3.0, and of OpenAPI 3.1 what 3.0 has too; in JSON, and in YAML with the feature
//! `yaml`. What AWS refuses is refused, with its messages where they are known and all of them at once; what a document
//! says and the gateway cannot do is in the [`Report`].
//!
//! A document becomes a REST API, or an HTTP API where [`ImportOptions::protocol_type`] says so. What it says that AWS
//! has for REST APIs only is ignored for an HTTP API and stands in the report, as AWS has it in `importInfo`;
//! [`ImportOptions::beyond_aws`] reads of that what HTTP APIs have here. A route whose integration or authorizer no HTTP
//! API has is kept without it, and cannot be deployed: were it left out, another route might open its path.
//!
//! AWS developer guide: *Develop REST APIs using OpenAPI in API Gateway*; *Working with OpenAPI definitions for HTTP
//! APIs*.
//!
//! # Example
//! ```
//! use gateway_core::{Body, Error, Gateway, Request, Response, config::{IntegrationConfig, IntegrationPlace, Registry}};
//! use gateway_core::openapi::{self, ImportOptions};
//! # use std::sync::Arc;
//! # use gateway_core::{Integration, Problems};
//!
//! let document = r#"{
//!   "openapi": "3.0.1",
//!   "info": { "title": "petstore", "version": "1" },
//!   "paths": { "/pets/{id}": { "get": {
//!     "responses": { "200": { "description": "a pet" } },
//!     "x-amazon-apigateway-integration": { "type": "http_proxy", "httpMethod": "GET", "uri": "https://pets.example.com/{id}",
//!       "requestParameters": { "integration.request.path.id": "method.request.path.id" } }
//!   } } }
//! }"#;
//! # let backends = |_: &IntegrationConfig, _: IntegrationPlace<'_>| -> Option<Result<Arc<dyn Integration>, Problems>> {
//! #     Some(Ok(Arc::new(|_: Request| async { Ok::<_, Error>(Response::new(Body::empty())) })))
//! # };
//! # let registry = Registry::new().integrations(backends);
//! let imported = openapi::import(document, &ImportOptions::new())?;
//! println!("{}", imported.report);
//! let gateway = Gateway::new(imported.into_config(["prod"]).define(&registry))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod document;
mod documentation;
mod error;
mod export;
mod import;
mod options;
mod put;
mod report;
mod resources;

pub use self::{
    documentation::{import_documentation, put_documentation},
    error::ImportError,
    export::{ExportError, ExportOptions, Format, Specification, export, export_text},
    import::{Imported, import},
    options::{BasePath, ImportOptions},
    put::{PutMode, put},
    report::{Fate, Part, Report},
};
