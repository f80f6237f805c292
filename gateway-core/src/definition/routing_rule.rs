/// A routing rule of a [`Domain`](super::Domain): what a request must be, and which stage it then goes to.
///
/// The rule with the lowest priority is asked first, and the first that matches decides. All conditions of a rule must
/// hold; a rule without any takes every request. Rules of AWS invoke REST APIs only, these every API.
///
/// AWS developer guide: *Routing rules to connect API stages to a custom domain name for REST APIs*.
///
/// # Example
/// ```
/// use gateway_core::RoutingRule;
///
/// let beta = RoutingRule::new(10, "orders", "beta")
///     .match_headers([("x-version", "beta*"), ("cookie", "*ux=beta*")])
///     .match_base_paths(["orders"])
///     .strip_base_path(true);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutingRule {
    pub(crate) id: Option<String>,
    pub(crate) priority: u32,
    pub(crate) conditions: Vec<RoutingCondition>,
    pub(crate) api: String,
    pub(crate) stage: String,
    pub(crate) strips_base_path: bool,
}

/// What must hold for a rule; of the parts of one condition, one is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RoutingCondition {
    /// Names of headers, with globs for their values.
    Headers(Vec<(String, String)>),
    /// Paths whose segments begin the request's.
    BasePaths(Vec<String>),
}

impl RoutingRule {
    /// A rule that invokes a stage of an API, by the API's name or id. Its priority, 1 to 1,000,000, is no other's of the
    /// domain.
    #[must_use]
    pub fn new(priority: u32, api: impl Into<String>, stage: impl Into<String>) -> Self {
        let (api, stage) = (api.into(), stage.into());
        Self { id: None, priority, conditions: Vec::new(), api, stage, strips_base_path: false }
    }

    /// `$context.customDomain.routingRuleIdMatched`; made of domain and priority unless given.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Adds a condition: one of these headers has a value that its glob matches: `beta`, `beta*`, `*beta`, `*beta*`, or
    /// `*` for any. A rule has at most two of them.
    ///
    /// Names have no case, values have. Of a header that stands there several times, one value is enough. `host` is the
    /// host that was called, without its port.
    #[must_use]
    pub fn match_headers<N: Into<String>, V: Into<String>>(mut self, any_of: impl IntoIterator<Item = (N, V)>) -> Self {
        let any_of = any_of.into_iter().map(|(name, glob)| (name.into(), glob.into()));
        self.conditions.push(RoutingCondition::Headers(any_of.collect()));
        self
    }

    /// Adds a condition: the segments of one of these paths begin the request's. A rule has at most one of them.
    #[must_use]
    pub fn match_base_paths<P: AsRef<str>>(mut self, any_of: impl IntoIterator<Item = P>) -> Self {
        let any_of = any_of.into_iter().map(|path| path.as_ref().trim_matches('/').to_owned());
        self.conditions.push(RoutingCondition::BasePaths(any_of.collect()));
        self
    }

    /// Whether the longest base path that matched is taken off the path; the API sees it unless given.
    #[must_use]
    pub fn strip_base_path(mut self, strip: bool) -> Self {
        self.strips_base_path = strip;
        self
    }
}
