use std::{fmt, sync::Arc};

use gateway_core::{
    Authorizer, Problem,
    config::{AuthorizerConfig, AuthorizerFactory, AuthorizerPlace},
};

use super::IamAuthorizer;

/// Makes the IAM authorizer of what a definition says: `iamAuthorization` on a route, an authorizer of the type
/// `aws_iam`, or `awsSigv4` in OpenAPI.
///
/// All routes share one authorizer, and with it the keys that were derived.
///
/// # Example
/// ```
/// use gateway_auth::{IamAuthorizer, IamAuthorizers, ResourcePolicies, StaticCredentials};
/// use gateway_core::config::Registry;
///
/// let iam = IamAuthorizer::new(StaticCredentials::new());
/// let registry = Registry::new().authorizers(IamAuthorizers::new(iam)).policies(ResourcePolicies);
/// ```
pub struct IamAuthorizers(Arc<IamAuthorizer>);

impl IamAuthorizers {
    /// A factory that always gives this one.
    #[must_use]
    pub fn new(authorizer: IamAuthorizer) -> Self {
        Self(Arc::new(authorizer))
    }
}

impl AuthorizerFactory for IamAuthorizers {
    fn authorizer(
        &self,
        config: &AuthorizerConfig,
        _: AuthorizerPlace<'_>,
    ) -> Option<Result<Arc<dyn Authorizer>, Problem>> {
        matches!(config, AuthorizerConfig::AwsIam).then(|| Ok(Arc::clone(&self.0) as Arc<dyn Authorizer>))
    }
}

impl fmt::Debug for IamAuthorizers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IamAuthorizers").finish_non_exhaustive()
    }
}
