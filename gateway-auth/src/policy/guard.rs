use std::{fmt, sync::Arc};

use async_trait::async_trait;
use gateway_core::{
    Context, Error, Guard, Parts, PolicyEffect, PolicyPhase, ResourcePolicy, StageFacts, access_denied,
};

/// A resource policy that decides alone, as a guard or a layer: it must allow a request.
///
/// Behind an authorizer's layer it knows who calls.
///
/// AWS developer guide: *How API Gateway resource policies affect authorization workflow*.
///
/// # Example: one layer in an existing service
/// ```
/// use gateway_auth::{PolicyDocument, PolicyType, ResourcePolicyGuard};
/// use gateway_core::Guard;
/// use serde_json::json;
///
/// let policy = PolicyDocument::parse(&json!({ "Version": "2012-10-17", "Statement": [{
///     "Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*",
///     "Condition": { "IpAddress": { "aws:SourceIp": "192.0.2.0/24" } },
/// }] }), PolicyType::Resource)?;
/// let layer = ResourcePolicyGuard::new(policy).into_layer(); // axum: `.layer(layer)`
/// # Ok::<(), gateway_core::Problem>(())
/// ```
pub struct ResourcePolicyGuard {
    policy: Arc<dyn ResourcePolicy>,
    stage: Option<Arc<StageFacts>>,
}

impl ResourcePolicyGuard {
    /// A guard of this policy.
    #[must_use]
    pub fn new(policy: impl ResourcePolicy) -> Self {
        Self { policy: Arc::new(policy), stage: None }
    }

    /// Which API and stage it stands for where no gateway says so: as a layer alone. Policies name its account, region,
    /// id and stage.
    #[must_use]
    pub fn for_stage(mut self, stage: StageFacts) -> Self {
        self.stage = Some(Arc::new(stage));
        self
    }

    fn decide(&self, request: &Parts, context: &Context) -> Result<(), Error> {
        if let Some(stage) = &self.stage {
            context.set_stage(Arc::clone(stage));
        }
        let phase = match context.authorization() {
            Some(_) => PolicyPhase::AfterAuthorizer,
            None => PolicyPhase::BeforeAuthorizer,
        };
        match self.policy.evaluate(request, context, phase).effect() {
            PolicyEffect::Allow => Ok(()),
            refused => Err(access_denied(request, context, refused)),
        }
    }
}

#[async_trait]
impl Guard for ResourcePolicyGuard {
    async fn check(&self, request: &Parts, context: &Context) -> Result<(), Error> {
        self.decide(request, context)
    }

    fn check_now(&self, request: &Parts, context: &Context) -> Option<Result<(), Error>> {
        Some(self.decide(request, context))
    }
}

impl fmt::Debug for ResourcePolicyGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourcePolicyGuard").finish_non_exhaustive()
    }
}
