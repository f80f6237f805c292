use std::sync::Arc;

use gateway_core::{
    Problem, ResourcePolicy,
    config::{ApiConfig, PolicyFactory},
};
use serde_json::Value;

use super::{PolicyDocument, PolicyType};

/// Makes resource policies of what a definition says (`policy`, or `x-amazon-apigateway-policy` in OpenAPI).
///
/// # Example
/// ```
/// use gateway_auth::ResourcePolicies;
/// use gateway_core::config::Registry;
///
/// let registry = Registry::new().policies(ResourcePolicies);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ResourcePolicies;

impl PolicyFactory for ResourcePolicies {
    fn policy(&self, document: &Value, _: &ApiConfig) -> Result<Arc<dyn ResourcePolicy>, Problem> {
        let policy = match document {
            Value::String(text) => PolicyDocument::from_json(text, PolicyType::Resource),
            document => PolicyDocument::parse(document, PolicyType::Resource),
        };
        policy.map(|policy| Arc::new(policy) as Arc<dyn ResourcePolicy>)
    }
}
