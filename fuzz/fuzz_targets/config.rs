//! A definition in JSON or YAML, compiled with everything in it.

#![no_main]

use std::sync::LazyLock;

use gateway_core::{
    Gateway,
    config::{Config, Registry},
};
use gateway_integrations::Integrations;
use libfuzzer_sys::fuzz_target;

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let integrations = Integrations::with_default_client();
    integrations.map_or_else(|_| Registry::new(), |integrations| Registry::new().integrations(integrations))
});

fuzz_target!(|text: &str| {
    let config = if text.starts_with('{') { Config::from_json(text) } else { Config::from_yaml(text) };
    if let Ok(config) = config {
        let _ = Gateway::new(config.define(&REGISTRY));
    }
});
