use std::{collections::HashMap, fmt, fs, path::Path, sync::Arc, time::SystemTime};

use async_trait::async_trait;
use gateway_core::{BoxError, Identity, Problem};
use serde::Deserialize;
use serde_json::Value;

use super::credential::{Credential, Credentials};
use crate::policy::{PolicyDocument, PolicyType};

/// Credentials in memory, put there in code or read from JSON.
///
/// ```json
/// { "credentials": [ {
///     "accessKeyId": "AKIDEXAMPLE",
///     "secretAccessKey": "...",
///     "userArn": "arn:aws:iam::123456789012:user/alice",
///     "userId": "AIDAALICE",
///     "policies": [ { "Version": "2012-10-17", "Statement": [] } ]
/// } ] }
/// ```
///
/// A credential may have a `sessionToken`, an `expiration` (in seconds since 1970), a `principalArn`, an
/// `organizationId`, `tags`, and `boundaries`, each a list of policies.
#[derive(Default)]
pub struct StaticCredentials(HashMap<Box<str>, Arc<Credential>>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    access_key_id: String,
    secret_access_key: String,
    user_arn: String,
    user_id: String,
    #[serde(default)]
    session_token: Option<String>,
    #[serde(default)]
    expiration: Option<u64>,
    #[serde(default)]
    principal_arn: Option<String>,
    #[serde(default)]
    organization_id: Option<String>,
    #[serde(default)]
    tags: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    policies: Vec<Value>,
    #[serde(default)]
    boundaries: Vec<Vec<Value>>,
}

impl StaticCredentials {
    /// No credentials.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the credential of an access key.
    #[must_use]
    pub fn with(mut self, access_key: &str, credential: Credential) -> Self {
        self.0.insert(access_key.into(), Arc::new(credential));
        self
    }

    /// Reads credentials from JSON. What is wrong is told without what stands there.
    ///
    /// # Errors
    /// What is wrong, with its place.
    pub fn from_json(text: &str) -> Result<Self, Problem> {
        let document: Value = serde_json::from_str(text)
            .map_err(|error| Problem::new("", format!("no JSON, from line {} on", error.line())))?;
        let list = document.get("credentials").and_then(Value::as_array);
        let list = list.ok_or_else(|| Problem::new("/credentials", "it is a list of credentials"))?;
        let mut credentials = Self::new();
        for (place, written) in list.iter().enumerate() {
            let pointer = format!("/credentials/{place}");
            // What the parser says may hold the secret.
            let written = Written::deserialize(written).map_err(|_| {
                let message = "it is no credential: accessKeyId, secretAccessKey, userArn and userId are texts, and no \
                               field is unknown";
                Problem::new(&pointer, message)
            })?;
            let (access_key, credential) = written.read().map_err(|problem| problem.below(&pointer))?;
            if credentials.0.insert(access_key, Arc::new(credential)).is_some() {
                return Err(Problem::new(format!("{pointer}/accessKeyId"), "another credential has this access key"));
            }
        }
        Ok(credentials)
    }

    /// Reads credentials from a file, once.
    ///
    /// # Errors
    /// When it cannot be read, and as [`from_json`](Self::from_json).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Problem> {
        let path = path.as_ref();
        let text = fs::read_to_string(path)
            .map_err(|error| Problem::new("", format!("{} cannot be read: {error}", path.display())))?;
        Self::from_json(&text)
    }
}

impl Written {
    fn read(self) -> Result<(Box<str>, Credential), Problem> {
        let mut identity = Identity::new(self.user_arn, self.user_id);
        if identity.account_id().is_empty() {
            return Err(Problem::new("/userArn", "it is the ARN of a user or of a session of a role"));
        }
        identity.principal_arn = self.principal_arn.unwrap_or(identity.principal_arn);
        identity.organization_id = self.organization_id;
        identity.tags = self.tags;
        let mut credential = Credential::new(&self.access_key_id, &self.secret_access_key, identity);
        if let Some(token) = &self.session_token {
            credential = credential.session_token(token);
        }
        if let Some(seconds) = self.expiration {
            let expires = SystemTime::UNIX_EPOCH.checked_add(std::time::Duration::from_secs(seconds));
            credential = credential.expires(expires.ok_or_else(|| Problem::new("/expiration", "it is no time"))?);
        }
        for policy in policies("/policies", &self.policies)? {
            credential = credential.policy(policy);
        }
        for (place, boundary) in self.boundaries.iter().enumerate() {
            credential = credential.boundary(policies(&format!("/boundaries/{place}"), boundary)?);
        }
        Ok((self.access_key_id.into(), credential))
    }
}

fn policies(pointer: &str, written: &[Value]) -> Result<Vec<PolicyDocument>, Problem> {
    let parse = |(place, document): (usize, &Value)| {
        let policy = PolicyDocument::parse(document, PolicyType::Identity);
        policy.map_err(|problem| problem.below(&format!("{pointer}/{place}")))
    };
    written.iter().enumerate().map(parse).collect()
}

#[async_trait]
impl Credentials for StaticCredentials {
    async fn credential(&self, access_key: &str, _: Option<&str>) -> Result<Option<Arc<Credential>>, BoxError> {
        Ok(self.0.get(access_key).cloned())
    }

    fn credential_now(&self, access_key: &str, _: Option<&str>) -> Option<Result<Option<Arc<Credential>>, BoxError>> {
        Some(Ok(self.0.get(access_key).cloned()))
    }
}

impl fmt::Debug for StaticCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticCredentials").field("credentials", &self.0.len()).finish()
    }
}
