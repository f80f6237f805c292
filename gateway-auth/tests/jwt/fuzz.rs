//! Foreign input neither panics nor passes.

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gateway_auth::{JwtAuthorizer, KeySet, SignatureAlgorithm};
use gateway_core::Authorizer;
use proptest::prelude::*;
use serde_json::json;

use crate::support::*;

static GOOD: LazyLock<String> = LazyLock::new(|| key_a().sign(&claims(json!({ "scope": "a" }))));

static AUTHORIZER: LazyLock<JwtAuthorizer> = LazyLock::new(|| {
    let keys = jwks(&[key_a(), &Signer::p256("e"), &Signer::ed25519("g")]);
    builder().keys(keys).algorithms(SignatureAlgorithm::ALL.iter().copied()).build().unwrap()
});

fn passes(token: &str) -> bool {
    let Ok(value) = http::HeaderValue::from_str(token) else { return false };
    let parts = http::Request::get("/").header("authorization", value).body(()).unwrap().into_parts().0;
    AUTHORIZER.authorize_now(&parts, &context(&parts, &Default::default(), &[])).unwrap().is_ok()
}

fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<f64>().prop_map(|value| json!(value).to_string()),
        prop_oneof![Just(ISSUER), Just("pets"), Just("RS256"), Just("EdDSA"), Just("a"), Just("g")]
            .prop_map(|text| json!(text).to_string()),
        ".*".prop_map(|text| json!(text).to_string()),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let name = prop_oneof![
            Just("exp"),
            Just("aud"),
            Just("iss"),
            Just("alg"),
            Just("kid"),
            Just("scope"),
            Just("crit"),
            Just("x")
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|all| format!("[{}]", all.join(","))),
            prop::collection::vec((name, inner), 0..8).prop_map(|all| {
                let members: Vec<_> = all.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_refused(text in ".*") {
        prop_assert!(!passes(&text));
    }

    #[test]
    fn any_three_parts_are_refused(header in json_text(), payload in json_text(), signature in any::<Vec<u8>>()) {
        let parts = [header.as_bytes(), payload.as_bytes(), &signature].map(|part| URL_SAFE_NO_PAD.encode(part));
        prop_assert!(!passes(&parts.join(".")));
    }

    #[test]
    fn any_signed_payload_is_judged_without_a_panic(payload in json_text()) {
        // Only a payload with the right claims may pass, and chance does not find those.
        let token = key_a().sign_raw("RS256", r#"{"alg":"RS256","kid":"a"}"#, &payload);
        prop_assert!(!passes(&token));
    }

    #[test]
    fn one_changed_byte_is_refused(at in any::<prop::sample::Index>(), byte in 0x21_u8..0x7f) {
        prop_assert!(passes(&GOOD));
        let mut token = GOOD.clone().into_bytes();
        let at = at.index(token.len());
        prop_assume!(token[at] != byte);
        token[at] = byte;
        prop_assert!(!passes(std::str::from_utf8(&token).unwrap()));
    }

    #[test]
    fn a_cut_or_longer_token_is_refused(at in any::<prop::sample::Index>(), more in "[ -~]{1,9}") {
        let at = at.index(GOOD.len());
        prop_assert!(!passes(&GOOD[..at]));
        let longer = format!("{}{more}", *GOOD);
        prop_assert!(!passes(&longer) || longer.trim_end() == *GOOD);
        let inserted = format!("{}{more}{}", &GOOD[..at], &GOOD[at..]);
        prop_assert!(!passes(&inserted) || inserted.trim() == *GOOD);
    }

    #[test]
    fn any_key_set_is_read_without_a_panic(json in json_text(), key in json_text()) {
        let _ = KeySet::from_slice(json.as_bytes());
        let _ = KeySet::from_slice(format!("{{\"keys\":[{key}]}}").as_bytes());
    }
}
