use std::{fs::File, str::FromStr, sync::Arc};

use gateway_auth::{JwtAuthorizer, SignatureAlgorithm};
use gateway_core::{
    AccessLog, AccessLogFormat, Api, ApiKey, ApiKind, Definition, Domain, HttpClient, Plan, Quota, Route,
    RouteDefinition, RouteSettings, StageCache, StageDefinition, Throttle,
};
use gateway_integrations::{HttpProxy, Mock, http::PooledClient};
use serde_json::Value;
use tower::BoxError;

use super::Lab;
use crate::admission::UNLIMITED;

/// What the gateway of a comparison does.
///
/// All are HTTP APIs but those with API keys and with a cache, which only REST APIs know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// `s1`: answers by itself.
    Mock,
    /// `s2`: passes everything on.
    Proxy,
    /// `s3`: passes on what has one of 10,000 API keys; their plan has a throttle and a quota. Every request leaves a line
    /// in a file and counts in the metrics of its stage.
    ApiKeys,
    /// `s4-rs256`, `s4-es256`: passes on what has a token of the issuer.
    Jwt(SignatureAlgorithm),
    /// `s5`: passes on `/cached/{item}`, and answers from its cache for five minutes.
    Cache,
    /// `s6-N`: answers by itself on N routes `/api/rI/items/{id}`.
    Routes(usize),
}

const ISSUER: &str = "https://issuer.example/";
const AUDIENCE: &str = "lab";
/// In bytes.
const CACHE: u64 = 64 * 1024 * 1024;

impl FromStr for Scenario {
    type Err = BoxError;

    fn from_str(name: &str) -> Result<Self, BoxError> {
        match (name, name.strip_prefix("s6-").map(str::parse)) {
            ("s1", _) => Ok(Self::Mock),
            ("s2", _) => Ok(Self::Proxy),
            ("s3", _) => Ok(Self::ApiKeys),
            ("s4-rs256", _) => Ok(Self::Jwt(SignatureAlgorithm::Rs256)),
            ("s4-es256", _) => Ok(Self::Jwt(SignatureAlgorithm::Es256)),
            ("s5", _) => Ok(Self::Cache),
            (_, Some(Ok(routes))) => Ok(Self::Routes(routes)),
            _ => {
                Err(format!("unknown scenario `{name}`: there are s1, s2, s3, s4-rs256, s4-es256, s5 and s6-N").into())
            }
        }
    }
}

impl Lab {
    pub(super) fn definition(&self) -> Result<Definition, BoxError> {
        let definition = Definition::new();
        match self.scenario {
            Scenario::Mock => Ok(definition.api(open(Api::http("lab").route("$default", self.mock()?)))),
            Scenario::Proxy => Ok(definition.api(open(Api::http("lab").route("$default", self.proxy("")?)))),
            Scenario::ApiKeys => {
                let api = Api::rest("lab")
                    .route("ANY /", self.proxy("/")?.api_key_required())
                    .route("ANY /{proxy+}", self.proxy("/{proxy}")?.api_key_required())
                    .stage(StageDefinition::new("prod").metrics(false).observer(self.access_log()?));
                Ok(definition.api(api).plan(self.plan()?).domain(root()))
            }
            Scenario::Cache => {
                let route = self.proxy("/cached/{item}")?.cache_key(["method.request.path.item"]);
                let stage = StageDefinition::new("prod").cache(StageCache::new(CACHE));
                let stage = stage.default_settings(RouteSettings::new().caching(true));
                Ok(definition.api(Api::rest("lab").route("GET /cached/{item}", route).stage(stage)).domain(root()))
            }
            Scenario::Jwt(algorithm) => {
                let keys: Value = serde_json::from_str(&self.text("jwks.json")?)?;
                let authorizer = JwtAuthorizer::builder(ISSUER)
                    .audience([AUDIENCE])
                    .audience_optional()
                    .keys(keys)
                    .algorithms([algorithm]);
                let route = self.proxy("")?.authorizer(authorizer.build()?);
                Ok(definition.api(open(Api::http("lab").route("$default", route))))
            }
            Scenario::Routes(count) => {
                let mock = self.mock()?;
                let add = |api: Api, number| api.route(format!("GET /api/r{number}/items/{{id}}"), mock.clone());
                Ok(definition.api(open((0..count).fold(Api::http("lab"), add))))
            }
        }
    }

    fn mock(&self) -> Result<RouteDefinition, BoxError> {
        Ok(Route::to(Mock::json(200, self.text("body128.json")?)))
    }

    fn proxy(&self, path: &str) -> Result<RouteDefinition, BoxError> {
        let client: Arc<dyn HttpClient> =
            Arc::new(PooledClient::builder().pool_max_idle_per_host(1024).plain_only().build()?);
        Ok(Route::to(HttpProxy::new(&format!("http://{}{path}", self.upstream), client)?))
    }

    fn access_log(&self) -> Result<AccessLog, BoxError> {
        Ok(AccessLog::to_writer(AccessLogFormat::json(ApiKind::Rest), File::create(&self.access_log)?))
    }

    fn plan(&self) -> Result<Plan, BoxError> {
        let plan = Plan::new("lab")
            .throttle(Throttle::new(UNLIMITED, u32::MAX))
            .quota(Quota::per_month(u64::MAX))
            .stage("lab", "prod");
        let keys = self.text("keys.txt")?;
        let mut keys = keys.lines().enumerate();
        keys.try_fold(plan, |plan, (number, key)| Ok(plan.key(ApiKey::new(format!("key-{number}"), key)?)))
    }
}

/// Every host, as a whole.
fn root() -> Domain {
    Domain::any().map("", "lab", "prod")
}

/// Served at the root of every host.
fn open(api: Api) -> Api {
    api.stage(StageDefinition::new("$default"))
}
