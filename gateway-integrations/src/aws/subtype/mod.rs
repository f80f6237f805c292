//! Services of AWS that HTTP APIs call by a subtype and its parameters, without a mapping template.

mod call;
mod table;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use gateway_core::{
    Context, Error, Integration, Problem, Problems, Request, Response, Step, config::BackendConfig, pointer_token,
};

use self::table::{Parameter, SUBTYPES, Subtype};
use super::{Pieces, ServiceClient, role};
use crate::{
    failure::{late, no_answer, of_call, read_request, readable},
    http::remove_hop_by_hop,
    mapping::{RequestScene, RequestValue},
};

/// A service of AWS that an HTTP API calls by a subtype (`AWS_PROXY` with `integrationSubtype`): `SQS-SendMessage`.
///
/// The request parameters are the service's own, with values as in a parameter mapping; the service's answer, also a
/// refusal, goes to the client. A value in `${...}` within a parameter that is JSON text cannot break that text.
///
/// | subtype | parameters; in brackets those that may be left out |
/// | --- | --- |
/// | `EventBridge-PutEvents` | `Detail`, `DetailType`, `Source` (`Time`, `EventBusName`, `Resources`, `TraceHeader`) |
/// | `SQS-SendMessage` | `QueueUrl`, `MessageBody` (`DelaySeconds`, `MessageAttributes`, `MessageDeduplicationId`, `MessageGroupId`, `MessageSystemAttributes`) |
/// | `SQS-ReceiveMessage` | `QueueUrl` (`AttributeNames`, `MaxNumberOfMessages`, `MessageAttributeNames`, `ReceiveRequestAttemptId`, `VisibilityTimeout`, `WaitTimeSeconds`) |
/// | `SQS-DeleteMessage` | `ReceiptHandle`, `QueueUrl` |
/// | `SQS-PurgeQueue` | `QueueUrl` |
/// | `AppConfig-GetConfiguration` | `Application`, `Environment`, `Configuration`, `ClientId` (`ClientConfigurationVersion`) |
/// | `Kinesis-PutRecord` | `StreamName`, `Data`, `PartitionKey` (`SequenceNumberForOrdering`, `ExplicitHashKey`) |
/// | `StepFunctions-StartExecution` | `StateMachineArn` (`Name`, `Input`) |
/// | `StepFunctions-StartSyncExecution` | `StateMachineArn` (`Name`, `Input`, `TraceHeader`) |
/// | `StepFunctions-StopExecution` | `ExecutionArn` (`Cause`, `Error`) |
///
/// `Region` may be given to each; the API's own is called otherwise. `Data` of Kinesis is encoded here.
///
/// AWS developer guide: *Create AWS service integrations for HTTP APIs*; *Integration subtype reference*.
#[derive(Clone)]
pub struct ServiceAction {
    subtype: &'static Subtype,
    parameters: Vec<(&'static Parameter, RequestValue)>,
    region: Option<RequestValue>,
    credentials: Option<Pieces>,
    client: Arc<dyn ServiceClient>,
}

impl ServiceAction {
    /// The service of a definition.
    ///
    /// # Errors
    /// Everything that is wrong: a subtype that there is not, parameters that it has not or that are missing, values that
    /// cannot be read, no `client`; the pointers start at the integration.
    pub fn define(config: &BackendConfig, client: Option<&Arc<dyn ServiceClient>>) -> Result<Self, Problems> {
        let name = config.integration_subtype.as_deref().unwrap_or_default();
        let bare = name.strip_suffix("-1.0").unwrap_or(name);
        let Some(subtype) = SUBTYPES.iter().find(|subtype| subtype.name == bare) else {
            let known: Vec<_> = SUBTYPES.iter().map(|subtype| subtype.name).collect();
            let message = format!("`{name}` is none of {}", known.join(", "));
            return Err(Problem::new("/integrationSubtype", message).into());
        };
        let mut problems = Vec::new();
        if !config.uri.is_empty() {
            problems.push(Problem::new("/uri", "an integration with a subtype has no address"));
        }
        if let Some(version) = config.payload_format_version.as_deref().filter(|version| *version != "1.0") {
            let message = format!("`{version}` is not 1.0, the format of integrations with a subtype");
            problems.push(Problem::new("/payloadFormatVersion", message));
        }
        let (mut parameters, mut region) = (Vec::new(), None);
        for (key, value) in &config.request_parameters {
            let pointer = format!("/requestParameters/{}", pointer_token(key));
            let known = subtype.parameters.iter().find(|parameter| parameter.name == key);
            if known.is_none() && key != "Region" {
                problems.push(Problem::new(pointer, format!("`{key}` is no parameter of {bare}")));
                continue;
            }
            match (RequestValue::parse(value), known) {
                (Ok(value), Some(parameter)) => parameters.push((parameter, value)),
                (Ok(value), None) => region = Some(value),
                (Err(error), _) => problems.push(error.at(pointer)),
            }
        }
        let given = |parameter: &Parameter| config.request_parameters.contains_key(parameter.name);
        for missing in subtype.parameters.iter().filter(|parameter| parameter.is_required && !given(parameter)) {
            let message = format!("{bare} needs the parameter `{}`", missing.name);
            problems.push(Problem::new("/requestParameters", message));
        }
        let credentials = role(config).map_err(|problem| problems.push(problem)).ok().flatten();
        let Some(client) = client.filter(|_| problems.is_empty()) else {
            if problems.is_empty() {
                let message = "nothing here calls services of AWS: give the integrations a client of them \
                               (`service_client`)";
                problems.push(Problem::new("/integrationSubtype", message));
            }
            return Err(Problems::from_iter(problems));
        };
        // In the order of the reference, whatever the definition's.
        parameters.sort_by_key(|(parameter, _)| subtype.parameters.iter().position(|own| own.name == parameter.name));
        Ok(Self { subtype, parameters, region, credentials, client: Arc::clone(client) })
    }
}

#[async_trait]
impl Integration for ServiceAction {
    async fn invoke(&self, request: Request, context: &Context) -> Result<Response, Error> {
        let (parts, mut body) = request.into_parts();
        let body = read_request(&mut body).await?;
        let call = self.call(&RequestScene::new(&parts.headers, parts.uri.path(), Some(&body), context), context)?;
        context.record(|| Step::EndpointRequest {
            uri: call.request.uri().to_string(),
            method: call.request.method().to_string(),
            headers: call.request.headers().clone(),
            body: readable(call.request.body()),
        });
        let called = context.clock().elapsed();
        let mut response = self.client.send(call, context).await.map_err(|error| no_answer(context, of_call(error)))?;
        context.record(|| Step::EndpointResponse {
            status: response.status(),
            latency: context.clock().elapsed().saturating_sub(called),
            headers: response.headers().clone(),
            body: String::new(),
        });
        remove_hop_by_hop(response.headers_mut());
        Ok(response)
    }

    fn late(&self) -> Error {
        late()
    }
}

impl fmt::Debug for ServiceAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceAction").field("subtype", &self.subtype.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
