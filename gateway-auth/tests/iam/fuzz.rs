//! What anybody may send or write down never panics.

use gateway_auth::{PolicyDocument, PolicyRequest, PolicyType};
use gateway_core::PolicyEffect;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Pieces that policies are made of, and others.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("*"),
        Just("?"),
        Just("${"),
        Just("}"),
        Just("${aws:username}"),
        Just("${*}"),
        Just(":"),
        Just("/"),
        Just("arn:aws:execute-api:*:*:"),
        Just("execute-api:/"),
        Just("a"),
        Just("\u{1f600}"),
        Just("$"),
        Just(", 'x'"),
    ]
    .prop_map(str::to_owned)
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(piece(), 0..8).prop_map(|pieces| pieces.concat())
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let name = prop_oneof![
            Just("Statement"),
            Just("Effect"),
            Just("Action"),
            Just("Resource"),
            Just("Condition"),
            Just("Principal"),
            Just("StringLike"),
            Just("IpAddress"),
            Just("AWS"),
            Just("Version"),
            Just("x"),
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((name, inner), 0..4).prop_map(|fields| {
                Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            }),
        ]
    })
}

/// Whether a pattern means a text, worked out naively.
fn naive(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some(('*', rest)), _) if naive(rest, text) => true,
        (Some(('*', _)), Some((_, behind))) => naive(pattern, behind),
        (Some(('?', rest)), Some((_, behind))) => naive(rest, behind),
        (Some((letter, rest)), Some((own, behind))) => letter == own && naive(rest, behind),
        _ => false,
    }
}

proptest! {
    #[test]
    fn documents_of_any_json(document in any_json(), resource in text()) {
        for kind in [PolicyType::Identity, PolicyType::Resource] {
            if let Ok(policy) = PolicyDocument::parse(&document, kind) {
                let _ = policy.evaluate(&PolicyRequest::new("execute-api:Invoke", &resource));
            }
        }
    }

    #[test]
    fn documents_of_any_text(document in ".{0,64}") {
        let _ = PolicyDocument::from_json(&document, PolicyType::Identity);
    }

    #[test]
    fn statements_of_any_texts(action in text(), resource in text(), value in text(), called in text()) {
        let document = json!({ "Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": format!("x:{action}"), "Resource": resource,
            "Condition": { "StringLikeIfExists": { "aws:username": value }, "ArnLikeIfExists": { "aws:userid": value } },
        } });
        if let Ok(policy) = PolicyDocument::parse(&document, PolicyType::Identity) {
            let _ = policy.evaluate(&PolicyRequest::new("x:y", &called));
        }
    }

    #[test]
    fn wildcards_mean_what_they_say(pattern in "[ab*?\u{e9}]{0,8}", text in "[ab\u{e9}]{0,8}") {
        let document = json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": pattern } });
        let policy = PolicyDocument::parse(&document, PolicyType::Identity).unwrap();
        let found = policy.evaluate(&PolicyRequest::new("x:y", &text)).effect() == PolicyEffect::Allow;
        let (pattern, text): (Vec<_>, Vec<_>) = (pattern.chars().collect(), text.chars().collect());
        prop_assert_eq!(found, naive(&pattern, &text));
    }
}
