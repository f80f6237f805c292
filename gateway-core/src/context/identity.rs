//! Who signed a request.

use std::{collections::BTreeMap, fmt, time::SystemTime};

/// The AWS principal that signed a request (`$context.identity.*`).
///
/// AWS developer guide: *Variables for data models, authorizers, mapping templates, and CloudWatch access logging*.
///
/// # Example
/// ```
/// use gateway_core::Identity;
///
/// let alice = Identity::new("arn:aws:iam::123456789012:user/dev/alice", "AIDAEXAMPLE");
/// assert_eq!((alice.account_id(), alice.user_name()), ("123456789012", Some("alice")));
///
/// let session = Identity::new("arn:aws:sts::123456789012:assumed-role/Reader/ci", "AROAEXAMPLE:ci");
/// assert_eq!(session.principal_arn, "arn:aws:iam::123456789012:role/Reader");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identity {
    /// `$context.identity.userArn`: of the user, or of the session of a role.
    pub user_arn: String,
    /// `$context.identity.user` and `caller`: `AIDA...`, or `AROA...:session`.
    pub user_id: String,
    /// `$context.identity.accessKey`.
    pub access_key: Option<String>,
    /// `aws:PrincipalArn`: of the user, or of the role whose session it is.
    pub principal_arn: String,
    /// `$context.identity.principalOrgId`.
    pub organization_id: Option<String>,
    /// `aws:PrincipalOrgPaths`.
    pub organization_paths: Vec<String>,
    /// `aws:PrincipalTag/NAME`.
    pub tags: BTreeMap<String, String>,
    /// When temporary credentials were issued.
    pub issued: Option<SystemTime>,
    /// When the caller of temporary credentials last proved himself with a second factor.
    pub second_factor: Option<SystemTime>,
    /// What the identity pool says of the caller, where he came through one.
    pub cognito: Option<CognitoIdentity>,
}

/// A caller who came through a Cognito identity pool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CognitoIdentity {
    /// `$context.identity.cognitoIdentityId`.
    pub identity_id: String,
    /// `$context.identity.cognitoIdentityPoolId`.
    pub identity_pool_id: String,
    /// `$context.identity.cognitoAuthenticationType`: `authenticated` or `unauthenticated`.
    pub authentication_type: String,
    /// `$context.identity.cognitoAuthenticationProvider`.
    pub authentication_provider: Option<String>,
}

impl Identity {
    /// A principal by its ARN and its unique id. A session's role is taken from the ARN; where the role has a path,
    /// [`principal_arn`](Self::principal_arn) must be set.
    #[must_use]
    pub fn new(user_arn: impl Into<String>, user_id: impl Into<String>) -> Self {
        let user_arn = user_arn.into();
        Self {
            principal_arn: role_of(&user_arn).unwrap_or_else(|| user_arn.clone()),
            user_arn,
            user_id: user_id.into(),
            access_key: None,
            organization_id: None,
            organization_paths: Vec::new(),
            tags: BTreeMap::new(),
            issued: None,
            second_factor: None,
            cognito: None,
        }
    }

    /// `$context.identity.accountId`: the account that the ARN names.
    #[must_use]
    pub fn account_id(&self) -> &str {
        self.user_arn.split(':').nth(4).unwrap_or_default()
    }

    /// `aws:PrincipalType`.
    #[must_use]
    pub fn principal_type(&self) -> &'static str {
        match self.resource() {
            "root" => "Account",
            resource if resource.starts_with("assumed-role/") => "AssumedRole",
            resource if resource.starts_with("federated-user/") => "FederatedUser",
            _ => "User",
        }
    }

    /// `aws:username`: only a user has one.
    #[must_use]
    pub fn user_name(&self) -> Option<&str> {
        self.resource().strip_prefix("user/")?.rsplit('/').next()
    }

    fn resource(&self) -> &str {
        let colons = self.user_arn.bytes().enumerate().filter(|(_, byte)| *byte == b':');
        colons.map(|(at, _)| at).nth(4).and_then(|at| self.user_arn.get(at + 1..)).unwrap_or_default()
    }

    /// The value of `$context.identity.NAME`.
    pub(crate) fn value(&self, name: IdentityField) -> Option<&str> {
        let cognito = self.cognito.as_ref();
        match name {
            IdentityField::AccessKey => self.access_key.as_deref(),
            IdentityField::AccountId => Some(self.account_id()),
            IdentityField::User => Some(&self.user_id),
            IdentityField::UserArn => Some(&self.user_arn),
            IdentityField::OrganizationId => self.organization_id.as_deref(),
            IdentityField::CognitoId => cognito.map(|cognito| cognito.identity_id.as_str()),
            IdentityField::CognitoPool => cognito.map(|cognito| cognito.identity_pool_id.as_str()),
            IdentityField::CognitoType => cognito.map(|cognito| cognito.authentication_type.as_str()),
            IdentityField::CognitoProvider => cognito?.authentication_provider.as_deref(),
        }
    }
}

/// `arn:aws:sts::A:assumed-role/Role/session` is a session of `arn:aws:iam::A:role/Role`.
fn role_of(user_arn: &str) -> Option<String> {
    let (head, rest) = user_arn.split_once(":sts::")?;
    let (account, resource) = rest.split_once(":assumed-role/")?;
    let (role, _) = resource.rsplit_once('/')?;
    Some(format!("{head}:iam::{account}:role/{role}"))
}

/// A variable of `$context.identity` that a signature tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdentityField {
    AccessKey,
    AccountId,
    User,
    UserArn,
    OrganizationId,
    CognitoId,
    CognitoPool,
    CognitoType,
    CognitoProvider,
}

impl IdentityField {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "accessKey" => Self::AccessKey,
            "accountId" => Self::AccountId,
            "caller" | "user" => Self::User,
            "userArn" => Self::UserArn,
            "principalOrgId" => Self::OrganizationId,
            "cognitoIdentityId" => Self::CognitoId,
            "cognitoIdentityPoolId" => Self::CognitoPool,
            "cognitoAuthenticationType" => Self::CognitoType,
            "cognitoAuthenticationProvider" => Self::CognitoProvider,
            _ => return None,
        })
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.user_arn)
    }
}
