//! Samples of what functions of HTTP APIs get (payload format 2.0).
//!
//! Most are AWS's documentation's, whose values do not go together: parts that no request could have made are compared
//! for their shape alone, and a body for what it says.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use gateway_core::{
    Api, Authorization, Authorizer, Body, CognitoIdentity, Context, Definition, Error, Identity, Invocation, Invoked,
    Parts, Request, Route, StageDefinition, testing::TestGateway,
};
use gateway_integrations::LambdaProxy;
use serde_json::{Map, Value};

use crate::invoke;

/// Headers that the gateway adds or completes, or that end at it.
const GATEWAYS: [&str; 6] =
    ["connection", "content-length", "x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"];
/// What no request to the sample's route could have made.
const ELSEWHERE: [&str; 2] = ["pathParameters", "requestContext"];

/// Sends the request of a sample, and compares the event.
pub(crate) async fn check(case: &Value) -> Result<(), String> {
    let expected = &case["event"];
    let event = event(case, expected).await?;
    let keys = |event: &Value| event.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect::<Vec<_>>();
    for key in keys(expected).iter().filter(|key| !ELSEWHERE.contains(&key.as_str())) {
        let (left, right) = (&event[key], &expected[key]);
        let same = match key.as_str() {
            "headers" => headers(left, right),
            "body" => body(&event) == body(expected),
            "isBase64Encoded" => left.is_boolean(),
            _ => left == right || (left.is_null() && is_nothing(right)),
        };
        if !same {
            return Err(format!("{key}: {left} is not {right}"));
        }
    }
    context(&event["requestContext"], &expected["requestContext"])
}

fn context(event: &Value, expected: &Value) -> Result<(), String> {
    for key in ["accountId", "apiId", "domainName", "domainPrefix", "routeKey", "stage"] {
        if event[key] != expected[key] {
            return Err(format!("requestContext.{key}: {} is not {}", event[key], expected[key]));
        }
    }
    for key in ["method", "path", "protocol"] {
        // One sample was given a slash at the end of one of its two paths only.
        let said = |event: &Value| event["http"][key].as_str().map(|text| text.trim_end_matches('/').to_owned());
        if said(event) != said(expected) {
            return Err(format!("requestContext.http.{key}: {:?} is not {:?}", said(event), said(expected)));
        }
    }
    for key in ["requestId", "time", "timeEpoch", "http"] {
        if event[key].is_null() {
            return Err(format!("requestContext.{key} is missing"));
        }
    }
    let (left, right) = (&event["authorizer"], &expected["authorizer"]);
    for kind in left.as_object().into_iter().flatten().map(|(kind, _)| kind) {
        let (mut left, mut right) = (left[kind].clone(), right[kind].clone());
        for authorizer in [&mut left, &mut right].into_iter().filter_map(Value::as_object_mut) {
            // A sample's caller and user are two; here they are one.
            authorizer.remove("callerId");
        }
        if left != right {
            return Err(format!("requestContext.authorizer.{kind}: {left} is not {right}"));
        }
    }
    if left.is_null() == is_nothing(right) { Ok(()) } else { Err(format!("authorizer: {left} is not {right}")) }
}

/// The event of the request of a case.
async fn event(case: &Value, expected: &Value) -> Result<Value, String> {
    let events = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&events);
    let function = move |invocation: Invocation| {
        if let Ok(mut kept) = kept.lock() {
            kept.push(invocation.payload);
        }
        async { Ok::<_, Error>(Invoked::new("{}")) }
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let about = &expected["requestContext"];
    let mut route = Route::to(LambdaProxy::new(function));
    if let Some(caller) = authorization(&about["authorizer"]) {
        route = route.scopes(caller.scopes().to_vec()).authorizer(Known(caller));
    }
    let mut stage = StageDefinition::new(text(&case["stage"]));
    for (name, value) in expected["stageVariables"].as_object().into_iter().flatten() {
        stage = stage.variable(name, text(value));
    }
    let api = Api::http("samples")
        .id(text(&about["apiId"]))
        .account(text(&about["accountId"]), "us-east-1")
        .route(text(&case["routeKey"]), route)
        .stage(stage);
    let gateway = TestGateway::new(Definition::new().api(api)).map_err(|problems| problems.to_string())?;
    let response = gateway.send_request(request(case, &text(&about["domainName"]))?).await;
    let event = events.lock().ok().and_then(|mut events| events.pop());
    let event: Bytes = event.ok_or_else(|| format!("no event: {} {}", response.status, response.text()))?;
    serde_json::from_slice(&event).map_err(|error| error.to_string())
}

fn request(case: &Value, host: &str) -> Result<Request, String> {
    let mut sent = case["request"].clone();
    sent["body"] = Value::Null;
    let mut request = invoke::request(&sent)?;
    request.headers_mut().insert("host", host.parse().map_err(|_| "no host")?);
    *request.body_mut() = Body::from(body(&case["request"]));
    request.extensions_mut().insert(IpAddr::from([192, 0, 2, 1]));
    Ok(request)
}

/// The bytes of a body.
fn body(event: &Value) -> Vec<u8> {
    let text = event["body"].as_str().unwrap_or_default();
    match event["isBase64Encoded"] == true {
        true => STANDARD.decode(text).unwrap_or_default(),
        false => text.as_bytes().to_vec(),
    }
}

/// Whether the event has all headers of the sample that a client sent.
fn headers(event: &Value, expected: &Value) -> bool {
    let mut expected = expected.as_object().into_iter().flatten();
    expected.all(|(name, value)| {
        let name = name.to_ascii_lowercase();
        GATEWAYS.contains(&name.as_str()) || name == "host" || event[name.as_str()] == *value
    })
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// What an authorizer must have found out.
fn authorization(authorizer: &Value) -> Option<Authorization> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Some(context) = authorizer["lambda"].as_object() {
        return Some(
            context
                .iter()
                .fold(Authorization::new("u"), |caller, (name, value)| caller.with_context(name, value.clone())),
        );
    }
    if let Some(jwt) = authorizer["jwt"].as_object() {
        let claims = jwt.get("claims").and_then(Value::as_object).cloned().unwrap_or_else(Map::new);
        let claims: BTreeMap<_, _> = claims.into_iter().map(|(name, claim)| (name, text(&claim))).collect();
        let scopes = jwt.get("scopes").and_then(Value::as_array).into_iter().flatten().map(text).collect();
        return Some(Authorization::new("u").with_claims(claims).with_scopes(scopes));
    }
    let iam = authorizer["iam"].as_object()?;
    let field = |name: &str| iam.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut identity = Identity::new(field("userArn")?, field("userId")?);
    identity.access_key = field("accessKey");
    identity.organization_id = field("principalOrgId");
    identity.cognito =
        iam.get("cognitoIdentity").filter(|cognito| cognito.is_object()).map(|cognito| CognitoIdentity {
            identity_id: text(&cognito["identityId"]),
            identity_pool_id: text(&cognito["identityPoolId"]),
            authentication_type: text(&cognito["amr"][0]),
            authentication_provider: None,
        });
    Some(Authorization::new("u").with_identity(identity))
}

/// Finds out what it is told to.
struct Known(Authorization);

#[async_trait::async_trait]
impl Authorizer for Known {
    async fn authorize(&self, _: &Parts, _: &Context) -> Result<Authorization, Error> {
        Ok(self.0.clone())
    }
}
