//! Services of AWS behind gateways, which sign the calls: moto's stand in for AWS's.

use std::{process::Command, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gateway_core::{
    Body, Gateway,
    config::{Config, Registry},
    testing::TestGateway,
};
use gateway_integrations::{
    Integrations,
    aws::{Credentials, SignedClient},
    http::PooledClient,
};
use serde_json::{Value, json};

use crate::{
    host::{Host, Outcome, curl_is_here},
    moto::{Moto, installed},
};

fn variables(endpoint: &str) -> [(&'static str, &str); 3] {
    [("AWS_ENDPOINT_URL", endpoint), ("AWS_ACCESS_KEY_ID", "local"), ("AWS_SECRET_ACCESS_KEY", "local")]
}

#[test]
fn kinesis_ingest_puts_records_into_a_stream() -> Outcome {
    let Some((_moto, endpoint)) = Moto::start()?.filter(|_| curl_is_here()) else { return Ok(()) };
    let host = Host::run(Command::new(env!("CARGO_BIN_EXE_kinesis_ingest")).envs(variables(&endpoint)))?;
    host.follow()?;
    let (status, iterator) = host.get("/prod/streams/readings/iterator", "")?;
    let (again, records) = host.get("/prod/records", &format!("--json '{iterator}'"))?;
    assert_eq!((status, again), (200, 200), "{records}");
    let records: Value = serde_json::from_str(&records)?;
    let record = &records["Records"][0];
    assert_eq!(record["PartitionKey"], "sensor-1");
    let data = STANDARD.decode(record["Data"].as_str().unwrap_or_default())?;
    assert_eq!(serde_json::from_slice::<Value>(&data)?, json!({"temperature": 21.5}));
    Ok(())
}

#[test]
fn sqs_queue_takes_messages_and_gives_them_out() -> Outcome {
    let Some((_moto, endpoint)) = Moto::start()?.filter(|_| curl_is_here()) else { return Ok(()) };
    let queue = "import boto3; boto3.client('sqs', region_name='us-east-1').create_queue(QueueName='jobs')";
    let python = installed().join("python/bin/python3");
    assert!(Command::new(python).args(["-c", queue]).envs(variables(&endpoint)).status()?.success());
    let host = Host::run(Command::new(env!("CARGO_BIN_EXE_sqs_queue")).envs(variables(&endpoint)))?;
    host.follow()?;
    let (status, message) = host.get("/messages", "")?;
    assert!(status == 200 && message.contains("<Body>hello</Body>"), "{message}");
    let sender = message.split_once("<StringValue>").map_or("", |(_, rest)| rest);
    assert!(sender.starts_with("curl/"), "{message}");
    let receipt = message.split_once("<ReceiptHandle>").and_then(|(_, rest)| rest.split_once("</ReceiptHandle>"));
    let (receipt, _) = receipt.ok_or("no receipt")?;
    assert_eq!(host.get("/messages", &format!("-X DELETE -G --data-urlencode 'receipt={receipt}'"))?.0, 204);
    assert!(!host.get("/messages", "")?.1.contains("<Body>"));
    Ok(())
}

/// An action of a service: the protocol's version, what is sent, and what the answer must have.
type Action<'a> = (&'a str, &'a str, Value, &'a str);

/// A gateway with a route for each action; the body is the service's.
fn gateway(actions: &[Action<'_>], endpoint: &str) -> Outcome<TestGateway> {
    let routes: Vec<_> = actions
        .iter()
        .map(|(service, action, _, _)| {
            let version = if ["dynamodb", "states"].contains(service) { "1.0" } else { "1.1" };
            json!({ "route": format!("POST /{service}/{action}"), "methodResponses": { "200": {}, "400": {} }, "integration": {
                "type": "aws",
                "uri": format!("arn:aws:apigateway:us-east-1:{service}:action/{action}"),
                "httpMethod": "POST",
                "credentials": "arn:aws:iam::123456789012:role/caller",
                "requestParameters": {
                    "integration.request.header.Content-Type": format!("'application/x-amz-json-{version}'"),
                },
                "responses": [{ "statusCode": 200 }, { "statusCode": 400, "selectionPattern": "4.*" }],
            } })
        })
        .chain([json!({ "route": "GET /queues/{queue}", "methodResponses": { "200": {}, "400": {} }, "integration": {
            "type": "aws",
            "uri": "arn:aws:apigateway:us-east-1:sqs:path/123456789012/{queue}",
            "httpMethod": "POST",
            "requestParameters": {
                "integration.request.path.queue": "method.request.path.queue",
                "integration.request.header.Content-Type": "'application/x-www-form-urlencoded'",
            },
            "requestTemplates": {
                "application/json": "Action=SendMessage&MessageBody=$util.urlEncode($input.params('message'))",
            },
            "responses": [{ "statusCode": 200 }, { "statusCode": 400, "selectionPattern": "4.*" }],
        } })])
        .collect();
    let api = json!({ "name": "services", "protocolType": "REST", "routes": routes, "stages": [{ "name": "prod" }] });
    let client = Arc::new(PooledClient::new()?);
    let signed =
        SignedClient::new(client.clone(), Credentials::from_keys("local", "local", None)).endpoint(endpoint)?;
    // By moto's STS: what it gives is what the calls are signed with.
    let signed = signed.assume_roles("us-east-1");
    let registry = Registry::new().integrations(Integrations::new(client).service_client(signed));
    let config: Config = serde_json::from_value(json!({ "apis": [api] }))?;
    Ok(TestGateway::build(Gateway::builder(config.define(&registry)))?)
}

#[test]
fn services_that_speak_json_and_forms_are_called_by_path_and_by_action() -> Outcome {
    let Some((_moto, endpoint)) = Moto::start()? else { return Ok(()) };
    let table = json!({
        "TableName": "pets", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
    });
    let rex = json!({ "TableName": "pets", "Item": { "id": { "S": "rex" } } });
    let event = json!({ "Entries": [{ "Source": "pets", "DetailType": "born", "Detail": "{}" }] });
    let states = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}"#;
    let machine = json!({ "name": "m", "definition": states, "roleArn": "arn:aws:iam::123456789012:role/r" });
    let start = json!({ "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:m", "input": "{}" });
    let actions = [
        ("dynamodb", "CreateTable", table, "\"TableName\""),
        ("dynamodb", "PutItem", rex, "{"),
        ("dynamodb", "Scan", json!({ "TableName": "pets" }), "\"rex\""),
        ("kinesis", "CreateStream", json!({ "StreamName": "s", "ShardCount": 1 }), ""),
        ("kinesis", "PutRecord", json!({ "StreamName": "s", "Data": "e30=", "PartitionKey": "k" }), "SequenceNumber"),
        ("events", "PutEvents", event, "\"EventId\""),
        ("states", "CreateStateMachine", machine, "stateMachineArn"),
        ("states", "StartExecution", start, "executionArn"),
        ("sqs", "CreateQueue", json!({ "QueueName": "jobs" }), ""),
    ];
    let gateway = gateway(&actions, &endpoint)?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        for (service, action, body, expected) in &actions {
            let request = http::Request::post(format!("/prod/{service}/{action}?QueueName=jobs"))
                .header("content-type", "application/json");
            let response = gateway.send_request(request.body(Body::from(body.to_string()))?).await;
            assert_eq!(response.status, 200, "{service}:{action}: {}", response.text());
            assert!(response.text().contains(expected), "{service}:{action}: {}", response.text());
        }
        let sent = gateway.send(http::Request::get("/prod/queues/jobs?message=a%20%26%20b")).await;
        assert!(sent.status == 200 && sent.text().contains("MessageId"), "{}", sent.text());
        let refused = gateway.send(http::Request::get("/prod/queues/none?message=x")).await;
        assert!(refused.status == 400 && refused.text().contains("NonExistentQueue"), "{}", refused.text());
        Ok(())
    })
}
