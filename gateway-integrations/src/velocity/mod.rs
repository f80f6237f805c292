//! Mapping templates: the Velocity Template Language as API Gateway speaks it.
//!
//! [`Template::parse`] compiles a text once; [`Template::render`] makes a body of a [`Scene`]. The language is that of
//! Velocity 1.7 with what recordings of API Gateway show beside it: a reference without a value is the empty text,
//! lists out of JSON print as JSON, maps as `{key=value}`.
//!
//! - Directives: `#set #if #elseif #else #foreach #break #stop #define`, comments and `#[[text]]#`. `#macro`,
//!   `#include`, `#parse` and `#evaluate` are refused.
//! - Names: `$input`, `$context`, `$stageVariables`, `$util`, `$foreach`, `$velocityCount`.
//! - Methods of texts, lists, maps and numbers as in Java; regular expressions without look-around.
//!
//! A rendering is bounded in time, depth and output by [`Limits`].
//!
//! AWS developer guide: *Mapping template transformations for REST APIs in API Gateway*.
//!
//! # Example
//! ```
//! use gateway_integrations::velocity::{Scene, Template};
//!
//! let template = Template::parse(r#"{"id": "$input.params('id')", "name": $input.json('$.name')}"#)?;
//! let rendered = template.render(&Scene::new().path_param("id", "7").body(r#"{"name":"Rex"}"#))?;
//! assert_eq!(rendered.text(), r#"{"id": "7", "name": "Rex"}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ast;
mod error;
mod eval;
mod limits;
mod lint;
mod literal;
mod methods;
mod overrides;
mod parser;
mod property;
mod scene;
mod source;
mod template;
mod value;

pub use self::{
    error::{Position, RenderError, TemplateError},
    limits::Limits,
    lint::Finding,
    overrides::Overrides,
    scene::Scene,
    source::{ContextSource, ParameterKind, ParameterSource},
    template::{Rendered, Template},
};

#[cfg(test)]
mod tests;
