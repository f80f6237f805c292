use std::fmt;

use gateway_core::{Identity, epoch_seconds};

use super::{
    fields,
    keys::{ConditionKey, ConditionKeys, Known},
    value::{ConditionValue, ConditionValues, age},
};

/// A call, as a policy sees it.
#[derive(Clone, Copy)]
pub struct PolicyRequest<'a> {
    pub(super) action: &'a str,
    pub(super) resource: &'a str,
    /// The fields of the resource's ARN, if it is one.
    pub(super) fields: Option<[&'a str; fields::FIELDS]>,
    pub(super) caller: Option<&'a Identity>,
    keys: &'a dyn ConditionKeys,
}

impl<'a> PolicyRequest<'a> {
    /// An anonymous call, of which nothing else is known.
    #[must_use]
    pub fn new(action: &'a str, resource: &'a str) -> Self {
        Self { action, resource, fields: fields::split(resource), caller: None, keys: &() }
    }

    /// The same by this caller.
    #[must_use]
    pub fn caller(mut self, caller: Option<&'a Identity>) -> Self {
        self.caller = caller;
        self
    }

    /// What conditions may ask.
    #[must_use]
    pub fn keys(mut self, keys: &'a dyn ConditionKeys) -> Self {
        self.keys = keys;
        self
    }

    /// Another action on the same resource.
    #[must_use]
    pub fn action(mut self, action: &'a str) -> Self {
        self.action = action;
        self
    }

    pub(super) fn values(&self, key: &ConditionKey) -> ConditionValues<'a> {
        let one = |value: Option<ConditionValue<'a>>| value.map_or(ConditionValues::Absent, ConditionValues::One);
        let caller = self.caller;
        let cognito = || caller?.cognito.as_ref();
        match key.known {
            Known::CurrentTime => one(self.keys.now().map(ConditionValue::Time)),
            Known::EpochTime => {
                let seconds = |now| i64::try_from(epoch_seconds(now)).unwrap_or(i64::MAX);
                one(self.keys.now().map(|now| ConditionValue::Number(seconds(now))))
            }
            Known::PrincipalAccount => ConditionValues::text(caller.map(Identity::account_id)),
            Known::PrincipalArn => ConditionValues::text(caller.map(|caller| caller.principal_arn.as_str())),
            Known::PrincipalType => ConditionValues::text(caller.map(Identity::principal_type)),
            Known::PrincipalOrgId => ConditionValues::text(caller.and_then(|caller| caller.organization_id.as_deref())),
            Known::PrincipalOrgPaths => {
                caller.map_or(ConditionValues::Absent, |caller| ConditionValues::Texts(&caller.organization_paths))
            }
            Known::PrincipalTag => {
                let tag =
                    |caller: &'a Identity| caller.tags.iter().find(|(name, _)| name.eq_ignore_ascii_case(key.tag()));
                ConditionValues::text(caller.and_then(tag).map(|(_, value)| value.as_str()))
            }
            Known::UserId => ConditionValues::text(caller.map(|caller| caller.user_id.as_str())),
            Known::UserName => ConditionValues::text(caller.and_then(Identity::user_name)),
            Known::TokenIssueTime => one(caller.and_then(|caller| caller.issued).map(ConditionValue::Time)),
            Known::MultiFactorAuthPresent => {
                let temporary = caller.filter(|caller| caller.issued.is_some());
                one(temporary.map(|caller| ConditionValue::Bool(caller.second_factor.is_some())))
            }
            Known::MultiFactorAuthAge => {
                let proved = caller.and_then(|caller| caller.second_factor);
                one(self.keys.now().zip(proved).map(|(now, proved)| ConditionValue::Number(age(now, proved))))
            }
            Known::CognitoSub => ConditionValues::text(cognito().map(|cognito| cognito.identity_id.as_str())),
            Known::CognitoAud => ConditionValues::text(cognito().map(|cognito| cognito.identity_pool_id.as_str())),
            Known::CognitoAmr => ConditionValues::text(cognito().map(|cognito| cognito.authentication_type.as_str())),
            _ => self.keys.values(key),
        }
    }
}

impl fmt::Debug for PolicyRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyRequest")
            .field("action", &self.action)
            .field("resource", &self.resource)
            .field("caller", &self.caller.map(|caller| &caller.user_arn))
            .finish_non_exhaustive()
    }
}
