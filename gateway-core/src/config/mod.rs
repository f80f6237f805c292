//! What the user writes: the definition of a gateway as data, in YAML or JSON.

mod authorizer;
mod factory;
mod integration;

pub use self::{
    authorizer::{AuthorizerConfig, CustomAuthorizerConfig, JwtAuthorizerConfig},
    factory::{AuthorizerFactory, IntegrationFactory},
    integration::{HttpProxyConfig, IntegrationConfig, MockConfig, ServiceConfig},
};
