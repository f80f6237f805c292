//! Deployments, stages and canaries.

use std::{collections::BTreeMap, time::Duration};

use gateway_core::{
    AccessLog, AccessLogFormat, Api, Body, Canary, Definition, Error, Gateway, GatewayHandle, Request, Response, Route,
    RouteDefinition, StageDefinition, StageError, Throttle,
    testing::{CapturedLines, RecordingIntegration, TestGateway},
};
use proptest::prelude::*;
use tower::ServiceExt;

use crate::{Outcome, gateway, problems, run};

fn answering(answer: &'static str) -> RouteDefinition {
    Route::to(RecordingIntegration::answering(answer))
}

fn version(answer: &'static str) -> Api {
    Api::rest("api").route("GET /x", answering(answer))
}

/// Answers with what a canary changes: variables, and whether it is one.
fn telling(name: &'static str) -> RouteDefinition {
    Route::to(move |request: Request| async move {
        let context = request.extensions().get::<std::sync::Arc<gateway_core::Context>>().cloned();
        let context = context.ok_or(gateway_core::ErrorKind::ApiConfigurationError)?;
        let variables: Vec<_> =
            ["own", "both", "new"].map(|name| context.stage_variable(name).unwrap_or("-").to_owned()).into();
        let canary = context.lookup("isCanaryRequest");
        let text = format!("{name} {} {}", variables.join(" "), canary.as_deref().unwrap_or("none"));
        Ok::<_, Error>(Response::new(Body::from(text)))
    })
}

fn with_canary(percent: f64) -> Definition {
    let canary = Canary::percent(percent).api("next").variable("both", "canary").variable("new", "canary");
    let stage = StageDefinition::new("prod").variable("own", "stage").variable("both", "stage").canary(canary);
    Definition::new()
        .api(Api::rest("api").route("GET /x", telling("stable")).stage(stage))
        .api(Api::rest("next").route("GET /x", telling("next")))
}

async fn get(gateway: &TestGateway, path: &str) -> String {
    gateway.send(http::Request::get(path)).await.text().to_owned()
}

fn ids(handle: &GatewayHandle) -> Result<Vec<String>, StageError> {
    Ok(handle.deployments("api")?.into_iter().map(|deployment| deployment.id).collect())
}

#[test]
fn a_stage_is_deployed_to_rolled_back_and_promoted_and_what_was_used_stays_used() -> Outcome {
    run(async {
        let throttled = || StageDefinition::new("prod").throttle("GET /x", Throttle::new(0.000_001, 4));
        let api = version("one").stage(throttled()).stage(StageDefinition::new("beta").variable("a", "b"));
        let gateway = gateway(Definition::new().api(api))?;
        let handle = gateway.gateway().handle();
        let first = handle.stage("api", "prod")?.deployment_id;
        gateway.clock().advance(Duration::from_secs(60));
        let second = handle.deploy(&version("two"), "beta", Some("the second"))?;
        assert_eq!((get(&gateway, "/prod/x").await, get(&gateway, "/beta/x").await), ("one".into(), "two".into()));
        let kept = handle.deployments("api")?;
        assert_eq!(kept.iter().map(|kept| kept.id.as_str()).collect::<Vec<_>>(), [&*second, &*first]);
        assert_eq!(kept[0].created.duration_since(kept[1].created)?, Duration::from_secs(60));
        assert_eq!((kept[0].description.as_deref(), &*kept[0].stages), (Some("the second"), &["beta".to_owned()][..]));

        assert_eq!(handle.promote("api", "beta", "prod")?, second);
        assert_eq!(get(&gateway, "/prod/x").await, "two");
        assert_eq!(handle.deployment("api", "prod").ok_or("none")?.facts().deployment_id, second);
        assert_eq!(handle.roll_back("api", "prod")?, first);
        assert_eq!(get(&gateway, "/prod/x").await, "one");
        handle.serve("api", "prod", &second)?;
        assert_eq!(get(&gateway, "/prod/x").await, "two");
        assert_eq!(gateway.send(http::Request::get("/prod/x")).await.status, 429, "one bucket for all deployments");

        assert_eq!(handle.serve("api", "prod", "none").unwrap_err().to_string(), "Deployment id does not exist");
        assert!(matches!(handle.roll_back("api", "none"), Err(StageError::NoStage(_))));
        assert!(matches!(handle.roll_back("none", "prod"), Err(StageError::NoApi(_))));
        assert_eq!(handle.roll_back("api", "beta")?, first);
        assert!(matches!(handle.roll_back("api", "beta"), Err(StageError::NothingBefore)));
        Ok(())
    })
}

#[test]
fn a_deployment_keeps_the_stage_and_makes_one_that_is_not_there() -> Outcome {
    run(async {
        let api = Api::rest("api").route("GET /x", telling("one"));
        let gateway =
            gateway(Definition::new().api(api.clone().stage(StageDefinition::new("prod").variable("own", "v"))))?;
        let handle = gateway.gateway().handle();
        let next = Api::rest("api").route("GET /x", telling("two")).route("GET /y", telling("two"));
        handle.deploy(&next.clone().stage(StageDefinition::new("prod").variable("own", "ignored")), "prod", None)?;
        assert_eq!(get(&gateway, "/prod/x").await, "two v - - none");
        assert!(matches!(handle.deploy(&next, "beta", None), Err(StageError::NoStage(_))));
        handle.deploy(&next.clone().stage(StageDefinition::new("beta").variable("new", "w")), "beta", None)?;
        assert_eq!(get(&gateway, "/beta/y").await, "two - - w none");
        let broken = next.clone().route("GET /y", telling("three"));
        assert!(matches!(handle.deploy(&broken, "prod", None), Err(StageError::Problems(_))));
        assert!(matches!(handle.deploy(&Api::rest("other"), "prod", None), Err(StageError::NoApi(_))));
        let canary = next.stage(StageDefinition::new("none").canary(Canary::percent(1.0)));
        assert_eq!(
            handle.deploy(&canary, "none", None).unwrap_err().to_string(),
            "Invalid deployment content specified.Stage none must already be created before making a canary release deployment"
        );
        assert_eq!(get(&gateway, "/prod/x").await, "two v - - none", "nothing of that was done");
        Ok(())
    })
}

#[test]
fn a_reload_can_be_rolled_back_and_old_deployments_are_dropped() -> Outcome {
    run(async {
        let definition = |answer| Definition::new().api(version(answer).stage(StageDefinition::new("prod")));
        let gateway = TestGateway::build(Gateway::builder(definition("0")).deployments_kept(3))?;
        let handle = gateway.gateway().handle();
        for answer in ["1", "2", "3", "4"] {
            handle.reload(&definition(answer))?;
        }
        assert_eq!(ids(&handle)?.len(), 3);
        for answer in ["4", "3", "2"] {
            assert_eq!(get(&gateway, "/prod/x").await, answer);
            assert_eq!(handle.roll_back("api", "prod").is_ok(), answer != "2");
        }
        Ok(())
    })
}

#[test]
fn two_deployments_are_compared_by_their_routes() -> Outcome {
    let kept = answering("kept");
    let api = |own: &str| {
        Api::rest("api")
            .route("GET /kept", kept.clone())
            .route(format!("GET /{own}"), answering(""))
            .route("GET /changed", kept.clone().timeout(Duration::from_secs(own.len() as u64)))
    };
    let handle = gateway(Definition::new().api(api("old").stage(StageDefinition::new("prod"))))?.gateway().handle();
    let first = handle.stage("api", "prod")?.deployment_id;
    let second = handle.deploy(&api("newer"), "prod", None)?;
    let diff = handle.diff("api", &first, &second)?;
    assert_eq!((diff.added, diff.removed), (vec!["GET /newer".to_owned()], vec!["GET /old".to_owned()]));
    assert_eq!(diff.changed, ["GET /changed"]);
    assert_eq!(handle.diff("api", &second, &second)?, Default::default());
    Ok(())
}

#[test]
fn a_canary_sees_the_stage_variables_with_its_own_over_them() -> Outcome {
    run(async {
        for (percent, answer) in [(100.0, "next stage canary canary true"), (0.0, "stable stage stage - false")] {
            let gateway = gateway(with_canary(percent))?;
            for _ in 0..200 {
                assert_eq!(get(&gateway, "/prod/x").await, answer);
            }
        }
        Ok(())
    })
}

#[test]
fn a_canary_is_promoted_by_merging_and_stays_until_it_is_removed() -> Outcome {
    run(async {
        let gateway = gateway(with_canary(100.0))?;
        let handle = gateway.gateway().handle();
        let before = handle.stage("api", "prod")?;
        let canary = before.canary.clone().ok_or("no canary")?;
        assert_ne!(before.deployment_id, canary.deployment_id);
        assert!(matches!(handle.serve("api", "prod", &canary.deployment_id), Err(StageError::CanaryEnabled)));
        assert!(matches!(handle.roll_back("api", "prod"), Err(StageError::CanaryEnabled)));
        handle.promote_canary("api", "prod")?;
        let after = handle.stage("api", "prod")?;
        assert_eq!(after.deployment_id, canary.deployment_id);
        let variables = [("both", "canary"), ("new", "canary"), ("own", "stage")];
        assert_eq!(after.variables, variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        let stays = after.canary.ok_or("the canary is gone")?;
        assert_eq!((stays.percent_traffic, &stays.stage_variable_overrides), (0.0, &canary.stage_variable_overrides));
        assert_eq!(get(&gateway, "/prod/x").await, "next stage canary canary false");
        handle.remove_canary("api", "prod")?;
        assert_eq!(get(&gateway, "/prod/x").await, "next stage canary canary none");
        for refused in [handle.promote_canary("api", "prod"), handle.remove_canary("api", "prod")] {
            assert_eq!(refused.unwrap_err().to_string(), "Promotion not available. Canary does not exist.");
        }
        assert_eq!(handle.roll_back("api", "prod")?, before.deployment_id);
        Ok(())
    })
}

#[test]
fn a_deployment_to_a_stage_with_a_canary_moves_the_canary() -> Outcome {
    run(async {
        let gateway = gateway(Definition::new().api(version("one").stage(StageDefinition::new("prod"))))?;
        let handle = gateway.gateway().handle();
        handle.set_canary("api", "prod", Canary::percent(50.0))?;
        assert_eq!(ids(&handle)?.len(), 1, "at first it is the stage's own");
        let second = handle.deploy(&version("two"), "prod", None)?;
        let deployments = handle.deployments("api")?;
        assert_eq!((&*deployments[0].canary_of, deployments[0].stages.len()), (&["prod".to_owned()][..], 0));
        handle.set_canary("api", "prod", Canary::percent(100.0))?;
        assert_eq!(get(&gateway, "/prod/x").await, "two", "other settings, the same deployment");
        handle.remove_canary("api", "prod")?;
        assert_eq!(get(&gateway, "/prod/x").await, "one");
        handle.set_canary("api", "prod", Canary::percent(100.0).deployment_id(&second))?;
        assert_eq!(get(&gateway, "/prod/x").await, "two");
        let unknown = handle.set_canary("api", "prod", Canary::percent(100.0).deployment_id("none"));
        assert_eq!(unknown.unwrap_err().to_string(), "Deployment id does not exist");
        assert!(matches!(handle.set_canary("api", "prod", Canary::percent(-0.5)), Err(StageError::Problems(_))));
        Ok(())
    })
}

#[test]
fn a_canarys_requests_are_logged_once_more() -> Outcome {
    run(async {
        let (stage, canary) = (CapturedLines::default(), CapturedLines::default());
        let log = |lines: &CapturedLines| -> Result<AccessLog, Box<dyn std::error::Error>> {
            let format = AccessLogFormat::parse("$context.requestId $context.isCanaryRequest")?;
            Ok(AccessLog::new(format, lines.clone()))
        };
        let settings = Canary::percent(50.0).observer(log(&canary)?);
        let prod = StageDefinition::new("prod").observer(log(&stage)?).canary(settings);
        let gateway = gateway(Definition::new().api(version("x").stage(prod)))?;
        for _ in 0..64 {
            get(&gateway, "/prod/x").await;
        }
        let all = stage.lines();
        let own: Vec<_> = all.iter().filter(|line| line.ends_with(" true")).cloned().collect();
        assert_eq!((all.len(), canary.lines()), (64, own.clone()));
        assert!((10..54).contains(&own.len()), "{} of 64", own.len());
        Ok(())
    })
}

#[test]
fn canaries_share_the_throttle_of_their_stage() -> Outcome {
    run(async {
        let stage = StageDefinition::new("prod").throttle("GET /x", Throttle::new(0.000_001, 10));
        let stage = stage.canary(Canary::percent(50.0).api("next"));
        let next = Api::rest("next").route("GET /x", answering("next"));
        let gateway = gateway(Definition::new().api(version("x").stage(stage)).api(next))?;
        let mut passed = 0;
        for _ in 0..40 {
            passed += usize::from(gateway.send(http::Request::get("/prod/x")).await.status == 200);
        }
        assert_eq!(passed, 10);
        Ok(())
    })
}

#[test]
fn what_is_wrong_with_a_canary_is_said() {
    let api =
        |canary| Api::rest("api").route("GET /x", answering("")).stage(StageDefinition::new("prod").canary(canary));
    let canary = Canary::percent(100.1).api("none").variable("a b", "c").variable("d", "e f");
    assert_eq!(
        problems(Definition::new().api(api(canary))),
        [
            "/apis/0/stages/0/canarySettings/percentTraffic: 100.1 is no share of a hundred requests: write 0.0 to 100.0",
            "/apis/0/stages/0/canarySettings/stageVariableOverrides/a b: `a b` is no name of a variable: 1 to 64 letters, digits and `_`",
            "/apis/0/stages/0/canarySettings/stageVariableOverrides/d: the value of a variable is at most 512 letters, digits and `-._~:/?#&=,`",
            "/apis/0/stages/0/canarySettings/api: there is no API `none` to be a canary; define it, or correct the name",
        ]
    );
    assert_eq!(problems(Definition::new().api(api(Canary::percent(f64::NAN)))).len(), 1);
}

/// One call of the handle.
#[derive(Clone, Copy, Debug)]
enum Call {
    Deploy(usize),
    Serve(usize, usize),
    RollBack(usize),
    Promote(usize, usize),
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let stage = 0..2_usize;
    let call = prop_oneof![
        stage.clone().prop_map(Call::Deploy),
        (stage.clone(), 0..12_usize).prop_map(|(stage, place)| Call::Serve(stage, place)),
        stage.clone().prop_map(Call::RollBack),
        (stage.clone(), stage).prop_map(|(from, to)| Call::Promote(from, to)),
    ];
    proptest::collection::vec(call, 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The naive model: a list of ids, and for each stage the list of those that it served.
    #[test]
    fn any_calls_do_what_a_naive_model_does(calls in calls()) {
        const STAGES: [&str; 2] = ["a", "b"];
        let api = STAGES.iter().fold(version("x"), |api, name| api.stage(StageDefinition::new(*name)));
        let builder = Gateway::builder(Definition::new().api(api)).deployments_kept(100);
        let handle = TestGateway::build(builder).unwrap().gateway().handle();
        let mut all = ids(&handle).unwrap();
        let mut served: BTreeMap<_, _> = STAGES.iter().map(|name| (*name, vec![all[0].clone()])).collect();
        for call in calls {
            let mut to = |stage: &'static str, id: String| {
                let served = served.get_mut(stage).unwrap();
                if served.last() != Some(&id) {
                    served.push(id);
                }
            };
            match call {
                Call::Deploy(stage) => {
                    all.insert(0, handle.deploy(&version("x"), STAGES[stage], None).unwrap());
                    to(STAGES[stage], all[0].clone());
                }
                Call::Serve(stage, place) => match all.get(place) {
                    Some(id) => {
                        handle.serve("api", STAGES[stage], id).unwrap();
                        to(STAGES[stage], id.clone());
                    }
                    None => prop_assert!(handle.serve("api", STAGES[stage], "none").is_err()),
                },
                Call::RollBack(stage) => {
                    let served = served.get_mut(STAGES[stage]).unwrap();
                    let expected = (served.len() > 1).then(|| served.pop()).and_then(|_| served.last().cloned());
                    prop_assert_eq!(handle.roll_back("api", STAGES[stage]).ok(), expected);
                }
                Call::Promote(from, stage) => {
                    let id = handle.promote("api", STAGES[from], STAGES[stage]).unwrap();
                    to(STAGES[stage], id);
                }
            }
            prop_assert_eq!(&ids(&handle).unwrap(), &all);
            for (stage, served) in &served {
                prop_assert_eq!(Some(&handle.stage("api", stage).unwrap().deployment_id), served.last());
                let compiled = handle.deployment("api", stage).unwrap();
                prop_assert_eq!(Some(&compiled.facts().deployment_id), served.last());
            }
        }
    }

    #[test]
    fn the_canarys_share_is_what_was_asked_for(seed in any::<u64>(), percent in 0.0..=100.0_f64) {
        const DRAWS: u32 = 2_000;
        let stage = StageDefinition::new("prod").canary(Canary::percent(percent));
        let api = Api::rest("api").route("GET /x", telling("x")).stage(stage);
        let builder = Gateway::builder(Definition::new().api(api)).random(gateway_core::Random::seeded(seed));
        let gateway = builder.build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let drawn = runtime.block_on(async {
            let mut drawn = 0_u32;
            for _ in 0..DRAWS {
                let request = http::Request::get("/prod/x").body(Body::empty()).unwrap();
                let Ok(response) = gateway.clone().oneshot(request).await;
                drawn += u32::from(response.into_body().collect().await.unwrap().ends_with(b" true"));
            }
            drawn
        });
        let (share, count) = (percent / 100.0, f64::from(DRAWS));
        // Six standard deviations, and some for where those are next to nothing.
        let bound = 6.0 * (count * share * (1.0 - share)).sqrt() + 3.0;
        prop_assert!((f64::from(drawn) - count * share).abs() <= bound, "{drawn} of {DRAWS} at {percent} %");
    }
}
