use std::collections::HashSet;

use super::{
    find_api,
    settings::{Target, target},
    wrong_stage,
};
use crate::{
    context::ApiKind,
    definition::{Api, Definition, places},
    problem::{Problem, pointer_token},
    router::RouteKey,
    store::UsageStore,
    usage_plan::{Plan, PlanStage, Quota, UsagePlans},
};

/// Checks the usage plans: ids, stages, methods, keys.
pub(super) fn check(definition: &Definition, problems: &mut Vec<Problem>) {
    let mut ids = HashSet::new();
    let mut taken = HashSet::new();
    for (place, plan) in places(&definition.plans) {
        let pointer = format!("/usagePlans/{place}");
        if !ids.insert(&plan.id) {
            let message = format!("another usage plan is called `{}` already", plan.id);
            problems.push(Problem::new(format!("{pointer}/id"), message));
        }
        if let Some(quota) = plan.quota.filter(|quota| quota.start_day() > Quota::max_start_day(quota.period())) {
            let message = format!("a period starts on day 0 to {}", Quota::max_start_day(quota.period()));
            problems.push(Problem::new(format!("{pointer}/quota/startDay"), message));
        }
        check_stages(definition, plan, &pointer, problems);
        for (place, key) in plan.keys.iter().enumerate() {
            let pointer = format!("{pointer}/apiKeys/{place}");
            for stage in &plan.stages {
                let api = find_api(definition, &stage.api).map_or(&*stage.api, Api::stable_id);
                if !taken.insert((key.digest(), api, &stage.stage)) {
                    let message = format!(
                        "the key `{}` is in a usage plan of stage `{}` of `{}` already; one plan a stage",
                        key.id(),
                        stage.stage,
                        stage.api
                    );
                    problems.push(Problem::new(&pointer, message));
                }
            }
        }
    }
}

fn check_stages(definition: &Definition, plan: &Plan, pointer: &str, problems: &mut Vec<Problem>) {
    for (place, stage) in plan.stages.iter().enumerate() {
        let pointer = format!("{pointer}/apiStages/{place}");
        if let Some(message) = wrong_stage(definition, &stage.api, &stage.stage) {
            problems.push(Problem::new(&pointer, message));
            continue;
        }
        let api = find_api(definition, &stage.api);
        let mut throttled = HashSet::new();
        for written in stage.methods.keys() {
            let pointer = format!("{pointer}/throttle/{}", pointer_token(written));
            let route = route_of(written);
            let kind = api.map_or(ApiKind::Rest, |api| api.kind);
            if RouteKey::parse(&route, kind).is_err() {
                let message = "write the route's key, such as `GET /pets/{id}` or `/pets/{id}/GET`";
                problems.push(Problem::new(pointer, message));
            } else if !api.is_some_and(|api| api.routes.iter().flatten().any(|(key, _)| *key == route)) {
                let message = format!("the API `{}` has no route `{route}` to throttle", stage.api);
                problems.push(Problem::new(pointer, message));
            } else if !throttled.insert(route) {
                problems.push(Problem::new(pointer, "this route's throttle is given twice; keep one of them"));
            }
        }
    }
}

/// The key of the route that a throttle is for, in whichever form it is written.
fn route_of(written: &str) -> String {
    match target(written) {
        Target::Route(route) => route,
        Target::Default => written.to_owned(),
    }
}

/// The keys and limits of one stage.
pub(super) fn compile(definition: &Definition, api: &Api, stage: &str, store: &dyn UsageStore) -> UsagePlans {
    let mut plans = UsagePlans::empty(api.key_source);
    for (_, plan) in places(&definition.plans) {
        let here = plan.stages.iter().filter(|candidate| {
            let named = |found: &Api| found.stable_id() == api.stable_id();
            candidate.stage == stage && find_api(definition, &candidate.api).is_some_and(named)
        });
        for place in here {
            let methods = place.methods.iter().map(|(written, throttle)| (route_of(written), *throttle)).collect();
            plans.insert(plan, Some(&PlanStage { methods, ..place.clone() }), store);
        }
    }
    plans
}
