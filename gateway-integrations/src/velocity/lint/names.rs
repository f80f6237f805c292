//! Names that nothing sets, and members that do not exist.

use std::{collections::HashSet, sync::Arc};

use super::Found;
use crate::{
    jsonpath::JsonPath,
    velocity::ast::{Expression, Node, Reference, Step},
};

/// What is there without a `#set`; `$null` is the usual name for nothing.
const ROOTS: [&str; 8] =
    ["input", "context", "stageVariables", "util", "foreach", "velocityCount", "velocityHasNext", "null"];
const INPUT: [&str; 5] = ["body", "json", "path", "params", "getBody"];
const UTIL: [&str; 6] = ["escapeJavaScript", "parseJson", "urlEncode", "urlDecode", "base64Encode", "base64Decode"];
const CONTEXT: [&str; 30] = [
    "accountId",
    "apiId",
    "deploymentId",
    "stage",
    "resourceId",
    "resourcePath",
    "httpMethod",
    "path",
    "protocol",
    "domainName",
    "domainPrefix",
    "requestId",
    "extendedRequestId",
    "requestTime",
    "requestTimeEpoch",
    "identity",
    "authorizer",
    "isCanaryRequest",
    "wafResponseCode",
    "webaclArn",
    "awsEndpointRequestId",
    "requestOverride",
    "responseOverride",
    "error",
    "xrayTraceId",
    "customDomain",
    "authenticate",
    "authorize",
    "waf",
    "integration",
];

pub(super) fn check(nodes: &[Node], found: &mut Found<'_>) {
    let mut set = HashSet::new();
    collect(nodes, &mut set);
    walk(nodes, &mut |reference| member(reference, &set, found));
}

/// Every name that some part of the template sets.
fn collect(nodes: &[Node], set: &mut HashSet<Arc<str>>) {
    for node in nodes {
        match node {
            Node::Set { target, .. } if target.steps.is_empty() => drop(set.insert(Arc::clone(&target.name.text))),
            Node::If { arms, otherwise, .. } => {
                arms.iter().map(|(_, body)| body).chain(otherwise).for_each(|body| collect(body, set));
            }
            Node::Foreach { name, body, .. } | Node::Define { name, body } => {
                set.insert(Arc::clone(&name.text));
                collect(body, set);
            }
            _ => {}
        }
    }
}

fn member(reference: &Reference, set: &HashSet<Arc<str>>, found: &mut Found<'_>) {
    let name = &*reference.name.text;
    if set.contains(name) {
        return;
    }
    if !ROOTS.contains(&name) {
        found.add(
            reference.at,
            format!("nothing sets ${name}: it prints nothing; set it before, or write \\${name} for the text"),
        );
        return;
    }
    let first = match reference.steps.first() {
        Some(Step::Property(first)) => &**first,
        Some(Step::Method(call)) => &*call.name,
        _ => return,
    };
    let known: &[&str] = match name {
        "input" => &INPUT,
        "util" => &UTIL,
        "context" if matches!(reference.steps.first(), Some(Step::Property(_))) => &CONTEXT,
        _ => return,
    };
    if !known.contains(&first) {
        found.add(reference.at, format!("${name} has no `{first}`: it prints nothing; there are {}", known.join(", ")));
    }
    if let Some(Step::Method(call)) = reference.steps.first()
        && matches!((name, first), ("input", "path" | "json"))
        && let [Expression::Text(path)] = call.arguments.as_slice()
        && let Err(error) = JsonPath::parse(path)
    {
        found.add(reference.at, error.to_string());
    }
}

/// Visits every reference, also within expressions.
fn walk(nodes: &[Node], visit: &mut impl FnMut(&Reference)) {
    for node in nodes {
        match node {
            Node::Print { reference, .. } => inside(reference, visit),
            Node::Set { target, value } => {
                if !target.steps.is_empty() {
                    inside(target, visit);
                }
                expression(value, visit);
            }
            Node::If { arms, otherwise, .. } => {
                for (condition, body) in arms {
                    expression(condition, visit);
                    walk(body, visit);
                }
                otherwise.iter().for_each(|body| walk(body, visit));
            }
            Node::Foreach { items, body, .. } => {
                expression(items, visit);
                walk(body, visit);
            }
            Node::Define { body, .. } => walk(body, visit),
            Node::Text(_) | Node::Break | Node::Stop => {}
        }
    }
}

fn inside(reference: &Reference, visit: &mut impl FnMut(&Reference)) {
    visit(reference);
    for step in &reference.steps {
        match step {
            Step::Property(_) => {}
            Step::Index(index) => expression(index, visit),
            Step::Method(call) => call.arguments.iter().for_each(|argument| expression(argument, visit)),
        }
    }
}

fn expression(value: &Expression, visit: &mut impl FnMut(&Reference)) {
    match value {
        Expression::Reference(reference) => inside(reference, visit),
        Expression::Interpolated(block) => walk(block, visit),
        Expression::List(items) => items.iter().for_each(|item| expression(item, visit)),
        Expression::Map(pairs) => {
            for (key, value) in pairs {
                expression(key, visit);
                expression(value, visit);
            }
        }
        Expression::Range(bounds, _) => {
            expression(&bounds.0, visit);
            expression(&bounds.1, visit);
        }
        Expression::Not(inner) => expression(inner, visit),
        Expression::Chain(first, rest) => {
            expression(first, visit);
            rest.iter().for_each(|(_, value)| expression(value, visit));
        }
        _ => {}
    }
}
