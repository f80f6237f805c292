use std::{collections::BTreeMap, fmt, net::IpAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

use super::GatewayHandle;
use crate::{
    body::Body,
    clock::Clock,
    context::{ApiKind, Context, Head, PathParams, PathVariable, RequestId, StageFacts, Variables},
    header_case::HeaderCase,
    observe::ExecutionLog,
    route::Route,
    router::{PathSegment, PathTemplate},
    service::{Parts, Request},
    source::query_pairs,
    stage::Deployment,
    trace::{Step, Trace, TracedStep},
};

/// A call of one method, past everything that stands in front of it.
///
/// API Gateway API reference: *TestInvokeMethod*.
#[derive(Clone, Default)]
pub struct TestInvoke {
    /// The path of the resource: `/pets/{petId}`.
    pub resource_path: String,
    /// The method.
    pub method: Method,
    /// Path and query of the request; without one the resource's own path is taken as it is written.
    pub path_with_query: Option<String>,
    /// The headers, spelt as the log is to print them.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// The stage variables.
    pub stage_variables: Variables,
}

/// What a method answered, and the log of it.
#[derive(Clone)]
#[non_exhaustive]
pub struct TestInvoked {
    /// The status.
    pub status: StatusCode,
    /// Each header with its last value.
    pub headers: BTreeMap<String, String>,
    /// Each header with all its values.
    pub multi_value_headers: BTreeMap<String, Vec<String>>,
    /// The body.
    pub body: Bytes,
    /// The execution log, in AWS's words; it ends with a line break.
    pub log: String,
    /// How long it took.
    pub latency: Duration,
    /// What was decided, in order.
    pub steps: Vec<TracedStep>,
}

/// Why a method could not be called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TestInvokeError {
    /// There is no such API, stage or resource.
    #[error("Invalid Resource identifier specified")]
    Resource,
    /// The resource has no such method.
    #[error("Invalid Method identifier specified")]
    Method,
    /// Path or query cannot be in a request.
    #[error("the path with its query must start with `/` and be a path of HTTP")]
    Path,
    /// A header cannot be in a request.
    #[error("`{0}` is no header, or its value is none")]
    Header(String),
    /// The API has no such authorizer.
    #[error("Invalid Authorizer identifier specified")]
    Authorizer,
    /// A fact of the request cannot be given, or not so.
    #[error("`{0}` cannot be given, or its value is none: it is httpMethod, identity.sourceIp or resourcePath")]
    Context(String),
}

/// What AWS calls the stage of such a call.
const STAGE: &str = "test-invoke-stage";

const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short] [month repr:short] [day] [hour]:[minute]:[second] UTC [year]");

impl GatewayHandle {
    /// Calls a method of an API directly: no policy, authorizer, key or throttle is asked, and nothing is counted.
    ///
    /// `stage` chooses the deployment, the first by name if there is none; its name and variables are not seen.
    ///
    /// # Errors
    /// When there is no such method, or the request cannot be.
    pub async fn test_invoke(
        &self,
        api: &str,
        stage: Option<&str>,
        call: TestInvoke,
    ) -> Result<TestInvoked, TestInvokeError> {
        let deployment = self.tested(api, stage)?;
        let route = route(&deployment, &call)?;
        let runtime = &self.shared.runtime;
        let trace = Trace::new();
        let request = request(&call, &trace)?;
        let (mut parts, mut body) = request.into_parts();
        let context = self.test_context(&parts, &deployment, &call.stage_variables, None);
        context.set_route(Arc::clone(&route.facts));
        context.set_path_params(path_params(&parts.uri, &route.facts.resource_path, deployment.facts.kind));
        if deployment.keeps_headers {
            context.set_headers(parts.headers.clone());
        }

        let mut text = String::new();
        let mut log = log(&mut text, &runtime.clock, &context);
        log.line(format_args!("Starting execution for request: {}", context.request_id()));
        log.line(format_args!("HTTP Method: {}, Resource Path: {}", call.method, parts.uri.path()));
        log.map("Method request path", context.path_params().into_iter().flat_map(PathParams::iter));
        let query: Vec<_> = query_pairs(parts.uri.query().unwrap_or_default()).collect();
        log.map("Method request query string", query.iter().map(|(name, value)| (&**name, &**value)));
        log.map("Method request headers", call.headers.iter().map(|(name, value)| (&**name, &**value)));
        log.body("Method request body before transformations", &call.body);

        let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or("application/json").to_owned();
        let answer = route.call(&mut parts, &mut body, &context).await;
        let failure = answer.as_ref().err().map(|error| (error.kind(), error.message().map(str::to_owned)));
        let response = answer.unwrap_or_else(|error| {
            let mut response = deployment.responses.render(error, &context);
            for name in ["content-type", "x-amzn-requestid", "x-amz-apigw-id"] {
                response.headers_mut().remove(name);
            }
            response
        });
        let (head, body) = response.into_parts();
        let body = body.with_limit(deployment.limits.payload).collect().await.unwrap_or_default();
        let steps = trace.steps();
        log.steps(steps.iter().map(|traced| &traced.step));
        let told = steps.iter().any(|traced| matches!(traced.step, Step::Failed { .. }));
        match failure {
            Some((kind, message)) if !told => log.failed(kind, message.as_deref(), &context, &content_type),
            Some(_) => {}
            None => {
                log.body("Method response body after transformations", &body);
                log.headers("Method response headers", &head.headers);
                log.line(format_args!("Successfully completed execution"));
            }
        }
        log.line(format_args!("Method completed with status: {}", head.status.as_u16()));

        drop(log);
        let mut multi_value_headers = BTreeMap::<_, Vec<_>>::new();
        for (name, value) in &head.headers {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            multi_value_headers.entry(HeaderCase::usual(name).into_owned()).or_default().push(value);
        }
        let last = |(name, values): (&String, &Vec<String>)| Some((name.clone(), values.last()?.clone()));
        Ok(TestInvoked {
            status: head.status,
            headers: multi_value_headers.iter().filter_map(last).collect(),
            multi_value_headers,
            body,
            log: text,
            latency: context.age(),
            steps,
        })
    }
}

impl GatewayHandle {
    /// The deployment of a stage, of the first by name if there is none.
    pub(super) fn tested(&self, api: &str, stage: Option<&str>) -> Result<Arc<Deployment>, TestInvokeError> {
        let snapshot = self.shared.snapshot.load();
        let stage = stage.or_else(|| snapshot.first_stage(api)).unwrap_or_default();
        snapshot.stage(api, stage).map(|stage| Arc::clone(&stage.stable)).ok_or(TestInvokeError::Resource)
    }

    /// The facts of a test.
    pub(super) fn test_context(
        &self,
        request: &Parts,
        deployment: &Deployment,
        variables: &Variables,
        source_ip: Option<IpAddr>,
    ) -> Arc<Context> {
        let runtime = &self.shared.runtime;
        let (head, id) = (Head::of(&request.headers), RequestId::draw(&runtime.random));
        let context = Context::begin_shared(request, &head, Arc::clone(&runtime.clock), id, source_ip, None);
        let variables = variables.clone();
        context.set_stage(Arc::new(StageFacts {
            stage: STAGE.to_owned(),
            variables,
            is_test: true,
            ..(*deployment.facts).clone()
        }));
        context
    }
}

/// The log of a test, written to `text`.
pub(super) fn log<'a>(
    text: &'a mut String,
    clock: &'a Arc<dyn Clock>,
    context: &Context,
) -> ExecutionLog<impl FnMut(&str) + use<'a>> {
    *text = format!("Execution log for request {}\n", context.request_id());
    ExecutionLog::new(true, |event| {
        let time = OffsetDateTime::from(clock.now()).format(TIME).unwrap_or_default();
        text.push_str(&format!("{time} : {event}\n"));
    })
}

/// The resource's own method, else its `ANY`.
fn route<'d>(deployment: &'d Deployment, call: &TestInvoke) -> Result<&'d Route, TestInvokeError> {
    let on_resource = || deployment.routes.iter().filter(|route| route.facts.resource_path == call.resource_path);
    let with = |method: &str| {
        on_resource().find(|route| route.facts.route_key.split_once(' ').is_some_and(|(own, _)| own == method))
    };
    on_resource().next().ok_or(TestInvokeError::Resource)?;
    with(call.method.as_str()).or_else(|| with("ANY")).ok_or(TestInvokeError::Method)
}

fn request(call: &TestInvoke, trace: &Arc<Trace>) -> Result<Request, TestInvokeError> {
    let target = call.path_with_query.as_deref().filter(|path| !path.is_empty()).unwrap_or(&call.resource_path);
    let mut request = Request::new(Body::from(call.body.clone()));
    *request.method_mut() = call.method.clone();
    *request.uri_mut() = uri(target)?;
    *request.headers_mut() = headers(&call.headers)?;
    request.extensions_mut().insert(Arc::clone(trace));
    Ok(request)
}

pub(super) fn uri(target: &str) -> Result<Uri, TestInvokeError> {
    target.parse::<Uri>().ok().filter(|_| target.starts_with('/')).ok_or(TestInvokeError::Path)
}

pub(super) fn headers(given: &[(String, String)]) -> Result<HeaderMap, TestInvokeError> {
    let mut headers = HeaderMap::with_capacity(given.len());
    for (name, value) in given {
        let wrong = || TestInvokeError::Header(name.clone());
        let parsed = name.parse::<HeaderName>().map_err(|_| wrong())?;
        headers.append(parsed, value.parse::<HeaderValue>().map_err(|_| wrong())?);
    }
    Ok(headers)
}

/// The variables of `template` in the path; none where it does not fit, which AWS lets pass.
fn path_params(uri: &Uri, template: &str, kind: ApiKind) -> PathParams {
    let Ok(template) = PathTemplate::parse(template, kind) else { return PathParams::default() };
    let path = uri.path().strip_prefix('/').unwrap_or_default();
    let (mut variables, mut given) = (Vec::new(), path.split('/'));
    for (segment, expected) in template.segments().iter().enumerate() {
        let variable = |name: &Arc<str>, greedy| PathVariable { name: Arc::clone(name), segment, greedy };
        match (expected, given.next().filter(|text| !text.is_empty())) {
            (PathSegment::Literal(text), Some(found)) if **text == *found => {}
            (PathSegment::Variable(name), Some(_)) => variables.push(variable(name, false)),
            (PathSegment::Greedy(name), Some(_)) => {
                variables.push(variable(name, true));
                given = "".split('/');
                given.next();
            }
            _ => return PathParams::default(),
        }
    }
    let fits = template.segments().is_empty() || given.next().is_none();
    if fits { PathParams::new(uri, 1..uri.path().len(), &variables.into()) } else { PathParams::default() }
}

impl fmt::Debug for TestInvoke {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestInvoke")
            .field("resource_path", &self.resource_path)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for TestInvoked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestInvoked").field("status", &self.status).field("log", &self.log).finish_non_exhaustive()
    }
}
