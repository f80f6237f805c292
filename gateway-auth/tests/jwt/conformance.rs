//! RFC 7515 and Wycheproof: what is invalid never verifies, what is valid does if its algorithm is known.

use std::{
    io::{Write, stderr},
    path::PathBuf,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gateway_auth::{KeySet, SignatureAlgorithm};
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use serde_json::{Value, json};

/// The file, or `None`, said aloud, where the suite is not at hand.
fn suite(name: &str) -> Option<Value> {
    let default = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/conformance"));
    let path = std::env::var_os("CONFORMANCE_DIR").map_or_else(default, PathBuf::from).join("jws").join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes).unwrap()),
        Err(error) => {
            // Past the test harness, which swallows what a passing test prints.
            let line = format!("NOT RUN: {} is not there ({error}); set CONFORMANCE_DIR\n", path.display());
            let _ = stderr().write_all(line.as_bytes());
            None
        }
    }
}

/// What the token holds, if it verifies with `key`, a JWK or a set.
fn verified(key: &Value, jws: &str) -> Option<Vec<u8>> {
    let keys = if key.get("keys").is_some() { key.clone() } else { json!({ "keys": [key] }) };
    let keys = KeySet::from_value(keys).unwrap();
    keys.verify(jws, SignatureAlgorithm::ALL, &DEFAULT_PROVIDER).ok()
}

/// Whether the token's own algorithm is one of ours; secret keys are never.
fn is_supported(key: &Value, jws: &str) -> bool {
    let is_secret = |key: &Value| key["kty"] == "oct";
    if is_secret(key) || key["keys"].as_array().is_some_and(|keys| keys.iter().all(is_secret)) {
        return false;
    }
    let header = URL_SAFE_NO_PAD.decode(jws.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    header["alg"].as_str().unwrap().parse::<SignatureAlgorithm>().is_ok()
}

/// Judges one case; tells whether it was a valid one that had to verify.
fn judge(name: &str, key: &Value, jws: &str, result: &str) -> bool {
    let outcome = verified(key, jws);
    if result == "valid" && is_supported(key, jws) {
        assert!(outcome.is_some(), "{name} must verify");
        return true;
    }
    assert!(outcome.is_none(), "{name} must not verify");
    false
}

#[test]
fn rfc7515() {
    let Some(suite) = suite("rfc7515.json") else { return };
    let mut verified_cases = 0;
    for case in suite["cases"].as_array().unwrap() {
        let (id, jws) = (case["id"].as_str().unwrap(), case["jws"].as_str().unwrap());
        let valid = judge(id, &case["key"], jws, case["result"].as_str().unwrap());
        if valid {
            verified_cases += 1;
            assert_eq!(verified(&case["key"], jws).unwrap(), case["payload"].as_str().unwrap().as_bytes(), "{id}");
        }
    }
    assert_eq!(verified_cases, 3, "RS256, ES256 and ES512");
}

fn wycheproof(name: &str) -> Option<(usize, usize)> {
    let suite = suite(name)?;
    let (mut all, mut valid) = (0, 0);
    for group in suite["groups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            let id = format!("{} {} {}", group["comment"], test["tcId"], test["comment"]);
            let jws = test["jws"].as_str().unwrap();
            all += 1;
            valid += usize::from(judge(&id, &group["key"], jws, test["result"].as_str().unwrap()));
        }
    }
    Some((all, valid))
}

#[test]
fn wycheproof_signatures() {
    if let Some((all, valid)) = wycheproof("wycheproof-json_web_signature_test.json") {
        assert_eq!((all, valid), (236, 20));
    }
}

#[test]
fn wycheproof_keys() {
    if let Some((all, valid)) = wycheproof("wycheproof-json_web_key_test.json") {
        assert_eq!((all, valid), (18, 1));
    }
}
