//! The header rules of a definition.

use std::{collections::BTreeMap, net::IpAddr};

use gateway_core::{
    Problem, Problems,
    config::{BackendConfig, HeaderRulesConfig},
    pointer_token,
};
use http::{HeaderName, HeaderValue};
use ipnet::IpNet;

use crate::http::HeaderRules;

/// The rules of an integration; none unless it has some.
pub(super) fn rules(config: &BackendConfig) -> Result<HeaderRules, Problems> {
    let Some(config) = &config.header_rules else { return Ok(HeaderRules::new()) };
    let mut problems = Vec::new();
    let mut rules = HeaderRules::new().preserve_host(config.preserve_host);
    if let Some(trusted) = trusted(config, &mut problems) {
        rules = rules.trust_forwarded(move |peer| trusted.iter().any(|range| range.contains(&peer)));
    }
    if let Some(via) = &config.via {
        match HeaderValue::from_str(via) {
            Ok(via) => rules = rules.via(via),
            Err(_) => problems.push(Problem::new("/headerRules/via", "the value holds letters that no header may")),
        }
    }
    for (name, value) in changes(&config.request, "request", &mut problems) {
        rules = rules.request_header(name, value);
    }
    for (name, value) in changes(&config.response, "response", &mut problems) {
        rules = rules.response_header(name, value);
    }
    if problems.is_empty() { Ok(rules) } else { Err(problems.into_iter().collect()) }
}

fn trusted(config: &HeaderRulesConfig, problems: &mut Vec<Problem>) -> Option<Vec<IpNet>> {
    let mut ranges = Vec::new();
    for (place, text) in config.trusted_proxies.as_ref()?.iter().enumerate() {
        match text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)) {
            Ok(range) => ranges.push(range),
            Err(_) => problems.push(Problem::new(
                format!("/headerRules/trustedProxies/{place}"),
                format_args!("`{text}` is neither an address nor a range such as 10.0.0.0/8"),
            )),
        }
    }
    Some(ranges)
}

fn changes(
    config: &BTreeMap<String, Option<String>>,
    side: &str,
    problems: &mut Vec<Problem>,
) -> Vec<(HeaderName, Option<HeaderValue>)> {
    let mut changes = Vec::with_capacity(config.len());
    for (name, value) in config {
        let pointer = || format!("/headerRules/{side}/{}", pointer_token(name));
        let Ok(parsed) = name.parse::<HeaderName>() else {
            problems.push(Problem::new(pointer(), "this is no name of a header"));
            continue;
        };
        match value.as_deref().map(HeaderValue::from_str).transpose() {
            Ok(value) => changes.push((parsed, value)),
            Err(_) => problems.push(Problem::new(pointer(), "the value holds letters that no header may")),
        }
    }
    changes
}
