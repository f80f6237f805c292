//! The crossing from data to trait objects.

use std::{collections::BTreeMap, io, sync::Arc, time::Duration};

use sha2::{Digest, Sha256};

use super::{
    AccessLogConfig, ApiConfig, AuthorizerConfig, AuthorizerPlace, CanaryConfig, Config, GatewayResponseConfig,
    IntegrationConfig, IntegrationPlace, LogDestination, Registry, StageConfig, Tried, UsagePlanConfig,
    plan::ApiKeyConfig,
};
use crate::{
    authorizer::{Authorizer, CachedAuthorizer},
    cache::StageCache,
    context::{ApiKind, Authorization, Context},
    definition::{Api, Canary, Definition, RouteDefinition, Slots, StageDefinition},
    error::{Error, ErrorKind},
    observe::{AccessLog, AccessLogFormat},
    problem::{Problem, pointer_token},
    responses::{GatewayResponse, GatewayResponseError},
    service::{Parts, Request, Response},
    source::ValueSource,
    usage_plan::{ApiKey, Plan, PlanStage, Quota},
    validate::RequestValidator,
};

impl Config {
    /// Makes a definition of the data, with what `registry` has.
    ///
    /// What is wrong is kept in the definition, and said when it is compiled, with everything else.
    #[must_use]
    pub fn define(&self, registry: &Registry) -> Definition {
        let mut scribe = Scribe { registry, problems: Vec::new() };
        let mut definition = Definition::new();
        scribe.unknown("", &self.unknown);
        // Before the integrations that name them.
        definition.served = registry.make_upstreams(&self.upstreams, &mut scribe.problems).into_iter().collect();
        definition.apis = scribe.each("/apis", &self.apis, Scribe::api);
        definition.plans = scribe.each("/usagePlans", &self.usage_plans, Scribe::plan);
        definition.domains = scribe.each("/domains", &self.domains, Scribe::domain);
        definition.proxies = scribe.proxies(&self.trusted_proxies);
        if let Some(throttle) = self.account_throttle.as_ref().and_then(|part| scribe.read("/accountThrottle", part)) {
            definition = definition.account_throttle((*throttle).into());
        }
        definition.on_load = self.make_functions(registry, &mut scribe.problems);
        definition.problems = scribe.problems;
        definition
    }
}

/// Writes a definition, and down what is wrong.
pub(super) struct Scribe<'a> {
    pub(super) registry: &'a Registry,
    pub(super) problems: Vec<Problem>,
}

type Authorizers = BTreeMap<String, Option<Arc<dyn Authorizer>>>;
type Validators = BTreeMap<String, RequestValidator>;

impl Scribe<'_> {
    fn wrong(&mut self, pointer: impl Into<String>, message: impl std::fmt::Display) {
        self.problems.push(Problem::new(pointer, message));
    }

    fn unknown(&mut self, pointer: &str, fields: &BTreeMap<String, serde_json::Value>) {
        for field in fields.keys() {
            self.wrong(
                format!("{pointer}/{}", pointer_token(field)),
                format!("unknown field `{field}`; remove or correct it"),
            );
        }
    }

    fn read<'t, T>(&mut self, pointer: &str, part: &'t Tried<T>) -> Option<&'t T> {
        part.get().map_err(|problem| self.problems.push(problem.clone().below(pointer))).ok()
    }

    /// Reads every part of a list; one that cannot be read leaves its place empty.
    fn each<T, U>(
        &mut self,
        pointer: &str,
        parts: &[Tried<T>],
        mut write: impl FnMut(&mut Self, &str, &T) -> U,
    ) -> Slots<U> {
        let mut slots = Slots::with_capacity(parts.len());
        for (place, part) in parts.iter().enumerate() {
            let pointer = format!("{pointer}/{place}");
            let part = self.read(&pointer, part);
            slots.push(part.map(|part| write(self, &pointer, part)));
        }
        slots
    }

    fn api(&mut self, pointer: &str, config: &ApiConfig) -> Api {
        self.unknown(pointer, &config.unknown);
        let mut api = Api::new(&config.name, config.protocol_type.into())
            .api_key_source(config.api_key_source)
            .binary_media_types(config.binary_media_types.iter().map(String::as_str))
            .endpoint(config.endpoint_configuration.r#type)
            .default_endpoint(!config.disable_execute_api_endpoint);
        api.id.clone_from(&config.id);
        api.account_id = config.account_id.clone().unwrap_or(api.account_id);
        api.region = config.region.clone().unwrap_or(api.region);
        for (name, part) in &config.gateway_responses {
            let pointer = format!("{pointer}/gatewayResponses/{}", pointer_token(name));
            let Some(part) = self.read(&pointer, part) else { continue };
            match response(part).map(|response| api.set_response(name, response)) {
                Ok(true) => {}
                // AWS takes it, and answers with its own all the same.
                Ok(false) if name == "REQUEST_TOO_LARGE" => {}
                Ok(false) => self.wrong(pointer, format!("`{name}` is no gateway response type that can be defined")),
                Err(error) => self.wrong(pointer, error),
            }
        }
        api.cors = config.cors.as_ref().map(Into::into);
        if let Some(document) = &config.policy {
            match self.registry.make_policy(document, config) {
                Ok(policy) => api.policy = Some(policy),
                Err(problem) => self.problems.push(problem.below(&format!("{pointer}/policy"))),
            }
        }
        let authorizers = self.authorizers(pointer, config);
        let named = authorizers.iter().filter_map(|(name, made)| Some((name.clone(), made.clone()?)));
        api.authorizers = Arc::new(named.collect());
        let validators = self.validators(pointer, config);
        api.minimum_compression_size = config.minimum_compression_size;
        api.models.clone_from(&config.models);
        api.validator = self.validator(pointer, config.request_validator.as_deref(), &validators);
        api.routes = self.each(&format!("{pointer}/routes"), &config.routes, |scribe, pointer, route| {
            (
                route.route.clone(),
                scribe.route(pointer, IntegrationPlace { api: config, route }, &authorizers, &validators),
            )
        });
        api.stages = self.each(&format!("{pointer}/stages"), &config.stages, |scribe, pointer, stage| {
            scribe.stage(pointer, stage, config.protocol_type.into())
        });
        api
    }

    fn authorizers(&mut self, pointer: &str, config: &ApiConfig) -> Authorizers {
        let mut authorizers = Authorizers::new();
        for (name, part) in &config.authorizers {
            let pointer = format!("{pointer}/authorizers/{}", pointer_token(name));
            let made = self.read(&pointer, part).and_then(|part| {
                let place = AuthorizerPlace::new(config, name, self.registry);
                match self.registry.make_authorizer(part, place).and_then(|made| cached(part, place, made)) {
                    Ok(made) => Some(made),
                    Err(problem) => {
                        self.problems.push(problem.below(&pointer));
                        None
                    }
                }
            });
            authorizers.insert(name.clone(), made);
        }
        authorizers
    }

    /// One that cannot be read lets everything pass, and was reported.
    fn validators(&mut self, pointer: &str, config: &ApiConfig) -> Validators {
        let parts = config.request_validators.iter().map(|(name, part)| {
            let pointer = format!("{pointer}/requestValidators/{}", pointer_token(name));
            (name.clone(), self.read(&pointer, part).copied().unwrap_or_default())
        });
        parts.collect()
    }

    fn validator(&mut self, pointer: &str, name: Option<&str>, validators: &Validators) -> Option<RequestValidator> {
        let name = name?;
        let found = validators.get(name).copied();
        if found.is_none() {
            let message = format!("the API has no request validator `{name}`");
            self.wrong(format!("{pointer}/requestValidator"), message);
        }
        found
    }

    fn route(
        &mut self,
        pointer: &str,
        place: IntegrationPlace<'_>,
        authorizers: &Authorizers,
        validators: &Validators,
    ) -> RouteDefinition {
        let config = place.route;
        let made = match &config.integration {
            Some(integration) => self.registry.make_integration(integration, place),
            None => Err(Problem::new("", "no integration is defined for this method; add one").into()),
        };
        let integration = made.unwrap_or_else(|problems| {
            let pointer = format!("{pointer}/integration");
            self.problems.extend(problems.into_iter().map(|problem| problem.below(&pointer)));
            Arc::new(|_: Request| async { Err::<Response, _>(ErrorKind::ApiConfigurationError.into()) })
        });
        let mut route = RouteDefinition::new(integration).scopes(&config.authorization_scopes);
        route.digest = Some(digest(place));
        route.operation_name.clone_from(&config.operation_name);
        route.timeout = config.integration.as_ref().and_then(IntegrationConfig::timeout);
        route.api_key_required = config.api_key_required;
        route.validator = self.validator(pointer, config.request_validator.as_deref(), validators);
        route.request_parameters.clone_from(&config.request_parameters);
        route.request_models.clone_from(&config.request_models);
        if let Some(backend) = config.integration.as_ref().and_then(IntegrationConfig::backend) {
            route.streams = backend.streams();
            let most = backend.longest_timeout(place.api);
            if backend.timeout_in_millis.is_some_and(|millis| millis > most) {
                let message =
                    format_args!("behind this kind of API and endpoint a timeout is at most {most} milliseconds");
                self.wrong(format!("{pointer}/integration/timeoutInMillis"), message);
            }
            route.cache_namespace.clone_from(&backend.cache_namespace);
            // What the integration is called with is known by where that comes from.
            let source = |name: &String| backend.request_parameters.get(name).unwrap_or(name).clone();
            route.cache_key = backend.cache_key_parameters.iter().map(source).collect();
        }
        if let Some(name) = &config.authorizer {
            match authorizers.get(name) {
                Some(made) => route.authorizer = Some(made.clone().unwrap_or_else(|| Arc::new(unmade))),
                None => self.wrong(format!("{pointer}/authorizer"), format!("the API has no authorizer `{name}`")),
            }
        }
        if config.iam_authorization {
            let pointer = format!("{pointer}/iamAuthorization");
            if config.authorizer.is_some() {
                self.wrong(&pointer, "a method has one kind of authorization; leave out this or the authorizer");
            }
            let place = AuthorizerPlace::new(place.api, "", self.registry);
            let made = self.registry.make_authorizer(&AuthorizerConfig::AwsIam, place).map_err(|problem| {
                self.wrong(&pointer, problem.message);
            });
            route.authorizer = Some(made.unwrap_or_else(|()| Arc::new(unmade)));
        }
        route
    }

    fn stage(&mut self, pointer: &str, config: &StageConfig, kind: ApiKind) -> StageDefinition {
        let mut stage = StageDefinition::new(&config.name);
        stage.deployment_id.clone_from(&config.deployment_id);
        self.problems.extend(config.wrong_deployment(kind).map(|problem| problem.below(pointer)));
        let certificate = config.client_certificate_id.as_deref();
        stage.client_certificate_id = certificate.and_then(|id| self.client_certificate(pointer, id, kind));
        stage.variables.clone_from(&config.variables);
        stage.default_settings = config.default_route_settings.map(Into::into);
        let settings = config.route_settings.iter();
        stage.settings = settings.map(|(key, settings)| (key.clone(), (*settings).into())).collect();
        match (config.cache_cluster_enabled, config.cache_bytes()) {
            (true, Ok(bytes)) => stage.cache = Some(StageCache::new(bytes)),
            (false, Ok(_)) => {}
            (_, Err(message)) => self.wrong(format!("{pointer}/cacheClusterSize"), message),
        }
        stage.metrics = config.metrics_enabled || config.detailed_metrics_enabled;
        stage.detailed_metrics = config.detailed_metrics_enabled;
        if stage.metrics && cfg!(not(feature = "metrics")) {
            self.wrong(format!("{pointer}/metricsEnabled"), "gateway-core was built without its feature `metrics`");
        }
        if let Some(log) = &config.access_log {
            let pointer = format!("{pointer}/accessLog");
            match access_log(self.registry, log, &log.destination, "/destination", kind) {
                Ok(log) => stage = stage.observer(log),
                Err(problem) => self.problems.push(problem.below(&pointer)),
            }
        }
        stage.canary = config.canary_settings.as_ref().map(|canary| self.canary(pointer, canary, config, kind));
        stage
    }

    fn canary(&mut self, pointer: &str, config: &CanaryConfig, stage: &StageConfig, kind: ApiKind) -> Canary {
        let mut canary = Canary::percent(config.percent_traffic).use_stage_cache(config.use_stage_cache);
        canary.api.clone_from(&config.api);
        canary.deployment_id.clone_from(&config.deployment_id);
        canary.variables.clone_from(&config.stage_variable_overrides);
        let log = stage.access_log.as_ref().and_then(|log| Some((log, log.canary_destination.as_ref()?)));
        let Some((log, destination)) = log else { return canary };
        match access_log(self.registry, log, destination, "/canaryDestination", kind) {
            Ok(log) => canary.observer(log),
            Err(problem) => {
                self.problems.push(problem.below(&format!("{pointer}/accessLog")));
                canary
            }
        }
    }

    fn plan(&mut self, pointer: &str, config: &UsagePlanConfig) -> Plan {
        let mut plan = Plan::new(&config.id);
        plan.throttle = config.throttle.map(Into::into);
        plan.quota = config
            .quota
            .map(|quota| Quota::new(quota.limit, quota.period).with_offset(quota.offset).starting_on(quota.start_day));
        for stage in &config.api_stages {
            let methods = stage.throttle.iter();
            plan =
                plan.stage_with(methods.fold(PlanStage::new(&stage.api, &stage.stage), |stage, (route, throttle)| {
                    stage.method(route, (*throttle).into())
                }));
        }
        for (place, key) in config.api_keys.iter().enumerate() {
            match api_key(key) {
                Ok(key) => plan = plan.key(key),
                Err(problem) => self.problems.push(problem.below(&format!("{pointer}/apiKeys/{place}"))),
            }
        }
        plan
    }
}

/// Of what is said of a route and of its authorizer.
fn digest(place: IntegrationPlace<'_>) -> [u8; 32] {
    let authorizer = place.route.authorizer.as_ref().and_then(|name| place.api.authorizers.get(name));
    Sha256::digest(format!("{:?} {authorizer:?}", place.route)).into()
}

/// Stands where an authorizer could not be made, which was reported.
fn unmade(_: &Parts, _: &Context) -> Result<Authorization, Error> {
    Err(ErrorKind::AuthorizerConfigurationError.into())
}

fn api_key(config: &ApiKeyConfig) -> Result<ApiKey, Problem> {
    let key = match (&config.value, &config.sha256) {
        (Some(value), None) => ApiKey::new(&*config.id, value).map_err(|error| Problem::new("/value", error)),
        (None, Some(digest)) => {
            ApiKey::from_digest(&*config.id, digest).map_err(|error| Problem::new("/sha256", error))
        }
        _ => Err(Problem::new("", "give the key's `value`, or the `sha256` of it, and not both")),
    };
    key.map(|key| key.enabled(config.enabled))
}

fn cached(
    config: &AuthorizerConfig,
    place: AuthorizerPlace<'_>,
    made: Arc<dyn Authorizer>,
) -> Result<Arc<dyn Authorizer>, Problem> {
    let AuthorizerConfig::Custom(custom) = config else { return Ok(made) };
    if custom.result_ttl_in_seconds == 0 {
        return Ok(made);
    }
    if custom.result_ttl_in_seconds > 3600 {
        return Err(Problem::new("/resultTtlInSeconds", "results are remembered for at most 3600 seconds"));
    }
    if custom.identity_sources.is_empty() {
        return Err(Problem::new("/identitySources", "name what results are remembered by, or remember none"));
    }
    let mut sources = Vec::with_capacity(custom.identity_sources.len());
    for (place, source) in custom.identity_sources.iter().enumerate() {
        let parsed = ValueSource::parse(source);
        sources.push(parsed.map_err(|error| Problem::new(format!("/identitySources/{place}"), error))?);
    }
    let ttl = Duration::from_secs(custom.result_ttl_in_seconds);
    Ok(Arc::new(CachedAuthorizer::new(made, sources, ttl).with_cache(place.results())))
}

fn access_log(
    registry: &Registry,
    config: &AccessLogConfig,
    destination: &LogDestination,
    field: &str,
    kind: ApiKind,
) -> Result<AccessLog, Problem> {
    let format = match config.format.as_str() {
        "CLF" => AccessLogFormat::clf(kind),
        "JSON" => AccessLogFormat::json(kind),
        "XML" => AccessLogFormat::xml(kind),
        "CSV" => AccessLogFormat::csv(kind),
        custom => AccessLogFormat::parse(custom).map_err(|error| Problem::new("/format", error))?,
    };
    Ok(match destination {
        LogDestination::Stdout => AccessLog::to_writer(format, io::stdout()),
        LogDestination::Stderr => AccessLog::to_writer(format, io::stderr()),
        LogDestination::Tracing => AccessLog::to_tracing(format),
        LogDestination::Sink(name) => {
            let message = || format!("no log sink `{name}` is registered; add it to the registry");
            let sink = registry.sink(name).ok_or_else(|| Problem::new(format!("{field}/sink"), message()))?;
            AccessLog::new(format, sink)
        }
    })
}

fn response(config: &GatewayResponseConfig) -> Result<GatewayResponse, GatewayResponseError> {
    let mut response = GatewayResponse::new();
    if let Some(status) = config.status_code {
        response = response.status(status)?;
    }
    for (name, source) in &config.response_parameters {
        let header = name.strip_prefix("gatewayresponse.header.").unwrap_or(name);
        response = response.header(header, source)?;
    }
    let templates = config.response_templates.iter();
    Ok(templates.fold(response, |response, (content_type, template)| response.template(content_type, template)))
}
