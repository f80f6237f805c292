//! Signed tokens: what is invalid never verifies; what is valid does, where a gateway may take its algorithm.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gateway_auth::{KeySet, SignatureAlgorithm};
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use serde_json::{Value, json};

/// The cases of Wycheproof's groups, each with the key of its group.
pub(crate) fn grouped(document: &Value) -> impl Iterator<Item = (String, Value)> {
    let groups = document["groups"].as_array().into_iter().flatten().enumerate();
    groups.flat_map(|(number, group)| {
        let tests = group["tests"].as_array().into_iter().flatten();
        tests.map(move |test| {
            let mut case = test.clone();
            case["key"] = group["key"].clone();
            (format!("{number}/{}", test["tcId"]), case)
        })
    })
}

/// Checks one case: a token, the key or keys, and whether it is valid.
pub(crate) fn check(case: &Value) -> Result<(), String> {
    let (key, token) = (&case["key"], case["jws"].as_str().ok_or("no token")?);
    let keys = match key {
        Value::Null => json!({ "keys": [] }),
        set if set.get("keys").is_some() => set.clone(),
        key => json!({ "keys": [key] }),
    };
    let secret = keys["keys"].as_array().is_some_and(|keys| keys.iter().all(|key| key["kty"] == "oct"));
    let keys = KeySet::from_value(keys).map_err(|error| error.to_string())?;
    let verified = keys.verify(token, SignatureAlgorithm::ALL, &DEFAULT_PROVIDER);
    match (case["result"].as_str(), verified) {
        (Some("valid"), Ok(payload)) => match case["payload"].as_str() {
            Some(expected) if expected.as_bytes() != payload => Err("another payload".to_owned()),
            _ => Ok(()),
        },
        (Some("valid"), Err(error)) if !secret && is_known(token) => Err(format!("refused: {error}")),
        (_, Ok(_)) => Err("accepted".to_owned()),
        (_, Err(_)) => Ok(()),
    }
}

/// Whether the algorithm that the token names is one that a gateway may take.
fn is_known(token: &str) -> bool {
    let header = token.split('.').next().and_then(|header| URL_SAFE_NO_PAD.decode(header).ok());
    let header: Option<Value> = header.and_then(|header| serde_json::from_slice(&header).ok());
    header.and_then(|header| header["alg"].as_str()?.parse::<SignatureAlgorithm>().ok()).is_some()
}
