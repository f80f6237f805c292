//! Upstreams of a definition: made before what names them, in service when the definition is.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use gateway_core::{
    Gateway, Integration, Problem, Problems,
    config::{
        Config, IntegrationConfig, IntegrationFactory, IntegrationPlace, Registry, UpstreamConfig, UpstreamsReady,
    },
};

use crate::{Outcome, problems};

/// Writes down which upstreams were put into service.
#[derive(Clone, Default)]
struct Served(Arc<Mutex<Vec<String>>>);

impl IntegrationFactory for Served {
    fn integration(
        &self,
        _: &IntegrationConfig,
        _: IntegrationPlace<'_>,
    ) -> Option<Result<Arc<dyn Integration>, Problems>> {
        None
    }

    fn upstreams(&self, upstreams: &BTreeMap<&str, &UpstreamConfig>) -> Option<Result<UpstreamsReady, Problems>> {
        if upstreams.contains_key("bad") {
            return Some(Err(Problem::new("/bad/balance", "this is wrong").into()));
        }
        let names: Vec<_> = upstreams.keys().copied().collect();
        let (names, served) = (names.join(" "), self.0.clone());
        Some(Ok(Arc::new(move || {
            if let Ok(mut served) = served.lock() {
                served.push(names.clone());
            }
        })))
    }
}

fn definition(upstreams: &str, routes: &str) -> Result<Config, Problems> {
    Config::from_json(&format!(
        r#"{{"upstreams": {upstreams}, "apis": [{{"name": "a", "protocolType": "HTTP", "routes": [{routes}],
            "stages": [{{"name": "$default"}}]}}]}}"#
    ))
}

const WRONG: &str = r#"{"route": "nonsense"}"#;

#[test]
fn they_come_into_service_with_their_definition_and_not_before() -> Outcome {
    let served = Served::default();
    let registry = Registry::new().integrations(served.clone());
    let seen = || served.0.lock().map(|served| served.join("; ")).unwrap_or_default();
    let gateway = Gateway::new(definition(r#"{"a": {}, "b": {}}"#, "")?.define(&registry))?;
    assert_eq!(seen(), "a b");
    let next = definition(r#"{"b": {}}"#, "")?.define(&registry);
    let wrong = definition(r#"{"c": {}}"#, WRONG)?.define(&registry);
    assert!(gateway.handle().reload(&wrong).is_err());
    assert_eq!(seen(), "a b", "the last good ones stay");
    gateway.handle().reload(&next)?;
    gateway.handle().reload(&definition("{}", "")?.define(&registry))?;
    assert_eq!(seen(), "a b; b; ", "that there are none is told, too");
    Ok(())
}

#[test]
fn problems_say_where_they_are() -> Outcome {
    let none = Registry::new();
    let some = Registry::new().integrations(Served::default());
    for (registry, upstreams, said) in [
        (&none, r#"{"a": {}}"#, "/upstreams: no factory makes upstreams; add gateway_integrations to the registry"),
        (&some, r#"{"bad": {}}"#, "/upstreams/bad/balance: this is wrong"),
        (&some, r#"{"a/b": {"balance": "ROBIN"}}"#, "/upstreams/a~1b/balance: unknown variant `ROBIN`"),
        (&some, r#"{"a": {"retry": {"attempts": 3}}}"#, "/upstreams/a/retry/attempts: unknown field `attempts`"),
        (&some, r#"{"a": {"targets": [{"weight": 3}]}}"#, "/upstreams/a/targets/0: missing field `uri`"),
        (&some, r#"{"a": {"targets": [{"uri": 3}]}}"#, "/upstreams/a/targets/0/uri: invalid type"),
    ] {
        let found = problems(definition(upstreams, "")?.define(registry)).join("\n");
        assert!(found.starts_with(said), "{found}");
    }
    assert!(problems(definition("{}", "")?.define(&none)).is_empty());
    Ok(())
}
