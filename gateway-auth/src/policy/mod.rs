//! IAM policy documents: read once, compiled, and held against requests without asking for memory.

mod arn;
mod condition;
mod document;
mod factory;
mod fields;
mod guard;
mod keys;
mod operator;
mod parse;
mod pattern;
mod principal;
mod request;
mod statement;
mod value;

#[cfg(feature = "iam")]
pub(crate) use self::document::INVOKE;
pub use self::{
    document::{Decision, PolicyDocument, PolicyType, evaluate_all},
    factory::ResourcePolicies,
    guard::ResourcePolicyGuard,
    keys::{ConditionKey, ConditionKeys, RequestKeys, SecureTransport, VpcOrigin},
    request::PolicyRequest,
    value::{ConditionValue, ConditionValues},
};
