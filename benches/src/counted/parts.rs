//! The parts that a request meets, each alone.

use std::{hint::black_box, sync::Arc, time::Duration};

use gateway_core::{
    AccessLog, AccessLogFormat, ApiKey, ApiKind, Authorizer, Context, IntegrationFacts, Observer, Parts, Plan, Quota,
    Random, ResponseFacts, RestRouter, RouteKey, Router, SystemClock, Throttle, UsagePlan, UsagePlans,
};
use gateway_integrations::velocity::{Scene, Template};
use http::StatusCode;
use tokio::runtime::Builder;
use tower::BoxError;

use super::{Run, Subject};
use crate::{
    admission::UNLIMITED,
    signed::{SignedCall, sign_once},
    token::Signed,
};

pub(super) const SUBJECTS: &[Subject] = &[
    Subject { name: "route of 10,000", begin: route },
    Subject { name: "usage plan of 10,000 keys", begin: usage_plan },
    Subject { name: "remembered token", begin: remembered_token },
    Subject { name: "new token", begin: new_token },
    Subject { name: "signature verified", begin: || signed(SignedCall::verify) },
    Subject { name: "signature made by the SDK", begin: || signed(|call| sign_once(call.now()).is_ok()) },
    Subject { name: "signature and policy", begin: || signed(SignedCall::authorize) },
    Subject { name: "policy of 20 statements", begin: || signed(SignedCall::evaluate) },
    Subject { name: "access log line", begin: access_log },
    Subject { name: "mapping template", begin: template },
];

const MANY: usize = 10_000;

fn route() -> Result<Run, BoxError> {
    let keys = (0..MANY).map(|number| RouteKey::parse(&format!("GET /api/r{number}/items/{{id}}"), ApiKind::Rest));
    let router = RestRouter::new(keys.collect::<Result<Vec<_>, _>>()?).map_err(|conflicts| format!("{conflicts:?}"))?;
    let target = head("/api/r4711/items/42", "accept", "*/*")?;
    Ok(repeated(move || black_box(router.route(black_box(&target))).is_ok()))
}

fn usage_plan() -> Result<Run, BoxError> {
    let value = |number: usize| format!("key-{number:05}-0123456789abcdef");
    let plan = Plan::new("gold").throttle(Throttle::new(UNLIMITED, u32::MAX)).quota(Quota::per_month(u64::MAX));
    let plan = (0..MANY).try_fold(plan, |plan, number| {
        Ok::<_, BoxError>(plan.key(ApiKey::new(format!("{number}"), &value(number))?))
    })?;
    let plans = UsagePlans::new([plan]);
    let head = head("/pets/42", "x-api-key", &value(4711))?;
    let context = context(&head);
    let runtime = Builder::new_current_thread().build()?;
    Ok(Box::new(move |count| {
        runtime.block_on(async {
            for _ in 0..count {
                plans.admit(&head, &context).await?;
            }
            Ok(())
        })
    }))
}

fn remembered_token() -> Result<Run, BoxError> {
    token(1_000)
}

/// None is remembered, so that each is a first one.
fn new_token() -> Result<Run, BoxError> {
    token(0)
}

fn token(remembered: u64) -> Result<Run, BoxError> {
    let signed = Signed::es256()?;
    let authorizer = signed.authorizer(remembered)?;
    let head = head("/pets/42", "authorization", &signed.bearer())?;
    let context = context(&head);
    Ok(repeated(move || matches!(black_box(authorizer.authorize_now(&head, &context)), Some(Ok(_)))))
}

fn signed(once: fn(&SignedCall) -> bool) -> Result<Run, BoxError> {
    let call = SignedCall::new()?;
    Ok(repeated(move || black_box(once(black_box(&call)))))
}

fn access_log() -> Result<Run, BoxError> {
    let log = AccessLog::new(AccessLogFormat::json(ApiKind::Rest), |line: &str| {
        black_box(line.len());
    });
    let context = context(&head("/pets/42", "user-agent", "bench/1.0")?);
    let (status, latency) = (Some(StatusCode::OK), Duration::from_millis(7));
    context.set_integration(IntegrationFacts { status, latency, error: None, request_id: None, request_id2: None });
    context.set_response(ResponseFacts { status, length: 128, latency, complete: true, failure: None });
    Ok(repeated(move || {
        log.finished(&context);
        true
    }))
}

fn template() -> Result<Run, BoxError> {
    let template = Template::parse(include_str!("../../velocity/template.vtl"))?;
    Ok(repeated(move || {
        let scene = Scene::new()
            .body(include_str!("../../velocity/body.json"))
            .path_param("tenant", "acme")
            .header("x-trace", "Root=1-65920080-abcdef012345678912345678")
            .context_value("requestId", "c6af9ac6-7b61-11e6-9a41-93e8deadbeef")
            .context_value("stage", "prod")
            .stage_variable("table", "orders");
        black_box(template.render(&scene)).is_ok()
    }))
}

/// Does `once` again and again; it says whether it went well.
fn repeated(mut once: impl FnMut() -> bool + 'static) -> Run {
    Box::new(move |count| if (0..count).all(|_| once()) { Ok(()) } else { Err("what should pass was refused".into()) })
}

fn head(path: &str, name: &str, value: &str) -> http::Result<Parts> {
    let request = http::Request::get(path).header("host", "api.example.com").header(name, value);
    Ok(request.body(())?.into_parts().0)
}

fn context(head: &Parts) -> Context {
    Context::begin(head, Arc::new(SystemClock::new()), &Random::seeded(1))
}
