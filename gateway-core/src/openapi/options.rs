use crate::{config::ProtocolType, context::EndpointType};

/// How a document is imported.
///
/// # Example
/// ```
/// use gateway_core::openapi::{BasePath, ImportOptions};
///
/// let options = ImportOptions::new().api_id("a1b2c3d4e5").account("123456789012", "eu-west-1").base_path(BasePath::Prepend);
/// ```
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    pub(super) protocol_type: ProtocolType,
    pub(super) beyond_aws: bool,
    pub(super) base_path: BasePath,
    pub(super) fail_on_warnings: bool,
    pub(super) ignore_documentation: bool,
    pub(super) api_id: Option<String>,
    pub(super) account_id: Option<String>,
    pub(super) region: Option<String>,
    pub(super) partition: Option<String>,
    pub(super) endpoint: EndpointType,
}

/// What becomes of the base path of a document.
///
/// AWS developer guide: *Set the OpenAPI basePath property*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BasePath {
    /// It is left out.
    #[default]
    Ignore,
    /// It stands before every path.
    Prepend,
    /// It stands before every path, without its first segment.
    Split,
}

impl ImportOptions {
    /// As AWS does it where nothing else is asked for.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the document becomes: a REST API unless given. What is put to an API is read as one of that API's kind.
    #[must_use]
    pub fn protocol_type(mut self, protocol_type: ProtocolType) -> Self {
        self.protocol_type = protocol_type;
        self
    }

    /// Whether an HTTP API gets what AWS has for REST APIs alone and HTTP APIs have here too: API keys and where they come
    /// from, request validation with models, gateway responses, a resource policy, cache keys. Otherwise, as on AWS, they
    /// are ignored, and the report names each.
    #[must_use]
    pub fn beyond_aws(mut self, beyond: bool) -> Self {
        self.beyond_aws = beyond;
        self
    }

    /// What becomes of the base path (`basepath`).
    #[must_use]
    pub fn base_path(mut self, base_path: BasePath) -> Self {
        self.base_path = base_path;
        self
    }

    /// Whether a document with warnings is refused (`failonwarnings`).
    #[must_use]
    pub fn fail_on_warnings(mut self, fail: bool) -> Self {
        self.fail_on_warnings = fail;
        self
    }

    /// Whether documentation parts are left out (`ignore=documentation`).
    #[must_use]
    pub fn ignore_documentation(mut self, ignore: bool) -> Self {
        self.ignore_documentation = ignore;
        self
    }

    /// The id of the API: models refer to each other with it, and a resource policy names it.
    #[must_use]
    pub fn api_id(mut self, id: impl Into<String>) -> Self {
        self.api_id = Some(id.into());
        self
    }

    /// What `${AWS::AccountId}` and `${AWS::Region}` stand for, which are left as they are unless given.
    #[must_use]
    pub fn account(mut self, account_id: impl Into<String>, region: impl Into<String>) -> Self {
        self.account_id = Some(account_id.into());
        self.region = Some(region.into());
        self
    }

    /// What `${AWS::Partition}` stands for; `aws` unless given.
    #[must_use]
    pub fn partition(mut self, partition: impl Into<String>) -> Self {
        self.partition = Some(partition.into());
        self
    }

    /// What kind of endpoint a REST API gets (`endpointConfigurationTypes`).
    #[must_use]
    pub fn endpoint(mut self, endpoint: EndpointType) -> Self {
        self.endpoint = endpoint;
        self
    }

    pub(super) fn partition_name(&self) -> &str {
        self.partition.as_deref().unwrap_or("aws")
    }
}
