//! The subtypes and their parameters.
//!
//! AWS developer guide: *Integration subtype reference*.

/// What an HTTP API can call of a service.
#[derive(Debug)]
pub(super) struct Subtype {
    pub(super) name: &'static str,
    /// The service's name in host names and signatures.
    pub(super) service: &'static str,
    pub(super) action: &'static str,
    pub(super) protocol: Protocol,
    pub(super) parameters: &'static [Parameter],
}

/// How a service is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// JSON, with the prefix of `X-Amz-Target` and the version of the content type.
    Json(&'static str, &'static str),
    /// A form (`SQS`).
    Form,
    /// A path of its own (`AppConfig`).
    Rest,
}

/// A parameter of a subtype.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) is_required: bool,
    /// Its name in the call.
    pub(super) wire: &'static str,
    pub(super) kind: Kind,
}

/// How a parameter is written into the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// Text that is encoded.
    Base64,
    /// A time: seconds since 1970, or a text.
    Time,
    /// A list of texts: JSON, or one text.
    List,
    /// Attributes of a message, by name: JSON.
    Attributes,
}

const fn required(name: &'static str, wire: &'static str) -> Parameter {
    Parameter { name, is_required: true, wire, kind: Kind::Text }
}

const fn optional(name: &'static str, wire: &'static str) -> Parameter {
    Parameter { name, is_required: false, wire, kind: Kind::Text }
}

const fn of_kind(name: &'static str, wire: &'static str, kind: Kind) -> Parameter {
    Parameter { name, is_required: false, wire, kind }
}

const EVENTS: Protocol = Protocol::Json("AWSEvents", "1.1");
const STATES: Protocol = Protocol::Json("AWSStepFunctions", "1.0");
const KINESIS: Protocol = Protocol::Json("Kinesis_20131202", "1.1");

pub(super) static SUBTYPES: [Subtype; 10] = [
    Subtype {
        name: "EventBridge-PutEvents",
        service: "events",
        action: "PutEvents",
        protocol: EVENTS,
        parameters: &[
            required("Detail", "Detail"),
            required("DetailType", "DetailType"),
            required("Source", "Source"),
            of_kind("Time", "Time", Kind::Time),
            optional("EventBusName", "EventBusName"),
            of_kind("Resources", "Resources", Kind::List),
            optional("TraceHeader", "TraceHeader"),
        ],
    },
    Subtype {
        name: "SQS-SendMessage",
        service: "sqs",
        action: "SendMessage",
        protocol: Protocol::Form,
        parameters: &[
            required("QueueUrl", "QueueUrl"),
            required("MessageBody", "MessageBody"),
            optional("DelaySeconds", "DelaySeconds"),
            of_kind("MessageAttributes", "MessageAttribute", Kind::Attributes),
            optional("MessageDeduplicationId", "MessageDeduplicationId"),
            optional("MessageGroupId", "MessageGroupId"),
            of_kind("MessageSystemAttributes", "MessageSystemAttribute", Kind::Attributes),
        ],
    },
    Subtype {
        name: "SQS-ReceiveMessage",
        service: "sqs",
        action: "ReceiveMessage",
        protocol: Protocol::Form,
        parameters: &[
            required("QueueUrl", "QueueUrl"),
            of_kind("AttributeNames", "AttributeName", Kind::List),
            optional("MaxNumberOfMessages", "MaxNumberOfMessages"),
            of_kind("MessageAttributeNames", "MessageAttributeName", Kind::List),
            optional("ReceiveRequestAttemptId", "ReceiveRequestAttemptId"),
            optional("VisibilityTimeout", "VisibilityTimeout"),
            optional("WaitTimeSeconds", "WaitTimeSeconds"),
        ],
    },
    Subtype {
        name: "SQS-DeleteMessage",
        service: "sqs",
        action: "DeleteMessage",
        protocol: Protocol::Form,
        parameters: &[required("ReceiptHandle", "ReceiptHandle"), required("QueueUrl", "QueueUrl")],
    },
    Subtype {
        name: "SQS-PurgeQueue",
        service: "sqs",
        action: "PurgeQueue",
        protocol: Protocol::Form,
        parameters: &[required("QueueUrl", "QueueUrl")],
    },
    Subtype {
        name: "AppConfig-GetConfiguration",
        service: "appconfig",
        action: "GetConfiguration",
        protocol: Protocol::Rest,
        parameters: &[
            required("Application", "applications"),
            required("Environment", "environments"),
            required("Configuration", "configurations"),
            required("ClientId", "client_id"),
            optional("ClientConfigurationVersion", "client_configuration_version"),
        ],
    },
    Subtype {
        name: "Kinesis-PutRecord",
        service: "kinesis",
        action: "PutRecord",
        protocol: KINESIS,
        parameters: &[
            required("StreamName", "StreamName"),
            Parameter { name: "Data", is_required: true, wire: "Data", kind: Kind::Base64 },
            required("PartitionKey", "PartitionKey"),
            optional("SequenceNumberForOrdering", "SequenceNumberForOrdering"),
            optional("ExplicitHashKey", "ExplicitHashKey"),
        ],
    },
    Subtype {
        name: "StepFunctions-StartExecution",
        service: "states",
        action: "StartExecution",
        protocol: STATES,
        parameters: &[
            required("StateMachineArn", "stateMachineArn"),
            optional("Name", "name"),
            optional("Input", "input"),
        ],
    },
    Subtype {
        name: "StepFunctions-StartSyncExecution",
        service: "states",
        action: "StartSyncExecution",
        protocol: STATES,
        parameters: &[
            required("StateMachineArn", "stateMachineArn"),
            optional("Name", "name"),
            optional("Input", "input"),
            optional("TraceHeader", "traceHeader"),
        ],
    },
    Subtype {
        name: "StepFunctions-StopExecution",
        service: "states",
        action: "StopExecution",
        protocol: STATES,
        parameters: &[required("ExecutionArn", "executionArn"), optional("Cause", "cause"), optional("Error", "error")],
    },
];
