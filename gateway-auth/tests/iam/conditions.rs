//! Conditions of statements.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    time::{Duration, SystemTime},
};

use gateway_auth::{
    ConditionKey, ConditionKeys, ConditionValue, ConditionValues, PolicyDocument, PolicyRequest, PolicyType,
};
use gateway_core::{Identity, PolicyEffect};
use serde_json::{Value, json};

/// A request of which these are known.
#[derive(Default)]
struct Known {
    texts: BTreeMap<&'static str, Vec<String>>,
    ip: Option<IpAddr>,
    secure: Option<bool>,
    now: Option<SystemTime>,
}

impl ConditionKeys for Known {
    fn values(&self, key: &ConditionKey) -> ConditionValues<'_> {
        match key.name() {
            "aws:sourceip" => {
                self.ip.map_or(ConditionValues::Absent, |ip| ConditionValues::One(ConditionValue::Ip(ip)))
            }
            "aws:securetransport" => {
                self.secure.map_or(ConditionValues::Absent, |it| ConditionValues::One(ConditionValue::Bool(it)))
            }
            name => self.texts.get(name).map_or(ConditionValues::Absent, |texts| ConditionValues::Texts(texts)),
        }
    }

    fn now(&self) -> Option<SystemTime> {
        self.now
    }
}

fn holds_for(condition: Value, keys: &dyn ConditionKeys, caller: Option<&Identity>) -> bool {
    let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition });
    let document = json!({ "Version": "2012-10-17", "Statement": statement });
    let policy = PolicyDocument::parse(&document, PolicyType::Identity).unwrap();
    let request = PolicyRequest::new("execute-api:Invoke", "*").keys(keys).caller(caller);
    policy.evaluate(&request).effect() == PolicyEffect::Allow
}

fn holds(operator: &str, values: Value, known: &[&str]) -> bool {
    let texts = known.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let texts = if known.is_empty() { BTreeMap::new() } else { BTreeMap::from([("x:key", texts)]) };
    holds_for(json!({ operator: { "X:Key": values } }), &Known { texts, ..Known::default() }, None)
}

#[test]
fn texts() {
    for (operator, values, known, expected) in [
        ("StringEquals", json!("a"), "a", true),
        ("StringEquals", json!("A"), "a", false),
        ("StringEquals", json!("a*"), "ab", false),
        ("StringEquals", json!(["b", "a"]), "a", true),
        ("StringNotEquals", json!("a"), "a", false),
        ("StringNotEquals", json!(["b", "c"]), "a", true),
        ("StringNotEquals", json!(["b", "a"]), "a", false),
        ("StringEqualsIgnoreCase", json!("ABC"), "abc", true),
        ("StringNotEqualsIgnoreCase", json!("ABC"), "abc", false),
        ("StringLike", json!("a*c?"), "abbcd", true),
        ("StringLike", json!("a*c?"), "abbc", false),
        ("StringLike", json!("*"), "", true),
        ("StringLike", json!("?"), "\u{e9}", true),
        ("StringNotLike", json!("a*"), "abc", false),
        ("StringNotLike", json!("a*"), "bcd", true),
        ("StringEquals", json!(true), "true", true),
        ("StringEquals", json!([]), "a", false),
        ("StringNotEquals", json!([]), "a", true),
        ("BinaryEquals", json!("aGk="), "hi", true),
        ("BinaryEquals", json!("aGk="), "ho", false),
    ] {
        assert_eq!(holds(operator, values.clone(), &[known]), expected, "{operator} {values} {known}");
    }
}

#[test]
fn numbers_dates_and_truth() {
    for (operator, value, known, expected) in [
        ("NumericEquals", json!(10), "10.0", true),
        ("NumericNotEquals", json!("10"), "11", true),
        ("NumericLessThan", json!("10"), "9.5", true),
        ("NumericLessThan", json!("10"), "10", false),
        ("NumericLessThanEquals", json!("10"), "10", true),
        ("NumericGreaterThan", json!("10"), "10", false),
        ("NumericGreaterThanEquals", json!("10"), "10", true),
        ("NumericEquals", json!("10"), "ten", false),
        ("DateEquals", json!("2024-01-01T00:00:00Z"), "1704067200", true),
        ("DateNotEquals", json!("2024-01-01"), "2024-01-02T00:00:00Z", true),
        ("DateLessThan", json!("2024-01-01T00:00:00Z"), "2023-12-31T23:59:59Z", true),
        ("DateLessThanEquals", json!("2024-01-01T01:00:00+01:00"), "2024-01-01T00:00:00Z", true),
        ("DateGreaterThan", json!("2024-01-01T00:00:00Z"), "2024-01-01T00:00:00Z", false),
        ("DateGreaterThanEquals", json!("1704067200"), "2024-01-01T00:00:00Z", true),
        ("Bool", json!("true"), "TRUE", true),
        ("Bool", json!(false), "true", false),
        ("Bool", json!("true"), "yes", false),
    ] {
        assert_eq!(holds(operator, value.clone(), &[known]), expected, "{operator} {value} {known}");
    }
}

#[test]
fn addresses_and_arns() {
    for (operator, value, known, expected) in [
        ("IpAddress", json!("192.0.2.0/24"), "192.0.2.7", true),
        ("IpAddress", json!("192.0.2.7"), "192.0.2.7", true),
        ("IpAddress", json!(["10.0.0.0/8", "2001:db8::/32"]), "2001:db8::1", true),
        ("IpAddress", json!("192.0.2.0/24"), "192.0.3.7", false),
        ("IpAddress", json!("192.0.2.0/24"), "::ffff:192.0.2.7", true),
        ("IpAddress", json!("192.0.2.0/24"), "here", false),
        ("NotIpAddress", json!("192.0.2.0/24"), "192.0.2.7", false),
        ("NotIpAddress", json!("192.0.2.0/24"), "192.0.3.7", true),
        ("ArnLike", json!("arn:aws:iam::*:role/R*"), "arn:aws:iam::123456789012:role/Reader", true),
        ("ArnEquals", json!("arn:aws:iam::*:role/R*"), "arn:aws:iam::123456789012:role/Reader", true),
        ("ArnLike", json!("arn:aws:*:role/R*"), "arn:aws:iam::123456789012:role/Reader", true),
        ("ArnLike", json!("arn:aws:iam::*"), "arn:aws:s3:::x", false),
        ("ArnNotLike", json!("arn:aws:iam::*:role/R*"), "arn:aws:iam::123456789012:role/Writer", true),
        ("ArnNotEquals", json!("arn:aws:iam::*:role/R*"), "arn:aws:iam::123456789012:role/Reader", false),
    ] {
        assert_eq!(holds(operator, value.clone(), &[known]), expected, "{operator} {value} {known}");
    }
}

/// §15, 13, and what else an absent key means.
#[test]
fn check_13_an_absent_key_satisfies_what_is_negated() {
    for (operator, expected) in [
        ("StringEquals", false),
        ("StringNotEquals", true),
        ("StringNotLike", true),
        ("ArnNotLike", true),
        ("StringEqualsIfExists", true),
        ("StringNotEqualsIfExists", true),
        ("ForAllValues:StringEquals", true),
        ("ForAnyValue:StringEquals", false),
        ("ForAnyValue:StringNotEquals", false),
        ("ForAnyValue:StringEqualsIfExists", true),
    ] {
        assert_eq!(holds(operator, json!("vpce-1"), &[]), expected, "{operator}");
    }
    for (value, known, expected) in
        [("true", vec![], true), ("false", vec![], false), ("true", vec!["x"], false), ("false", vec!["x"], true)]
    {
        assert_eq!(holds("Null", json!(value), &known), expected, "{value} {known:?}");
    }
    let deny = json!({ "Statement": [
        { "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" },
        { "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
          "Condition": { "StringNotEquals": { "aws:SourceVpce": "vpce-1" } } },
    ] });
    let policy = PolicyDocument::parse(&deny, PolicyType::Resource).unwrap();
    let from_the_internet = PolicyRequest::new("execute-api:Invoke", "*");
    assert_eq!(policy.evaluate(&from_the_internet).effect(), PolicyEffect::Deny);
}

#[test]
fn several_values_of_a_key() {
    for (operator, values, known, expected) in [
        ("StringEquals", json!(["a"]), vec!["a", "b"], true),
        ("StringNotEquals", json!(["a"]), vec!["a", "b"], false),
        ("ForAllValues:StringEquals", json!(["a", "b", "c"]), vec!["a", "b"], true),
        ("ForAllValues:StringEquals", json!(["a"]), vec!["a", "b"], false),
        ("ForAllValues:StringNotEquals", json!(["c"]), vec!["a", "b"], true),
        ("ForAllValues:StringNotEquals", json!(["b"]), vec!["a", "b"], false),
        ("ForAnyValue:StringLike", json!(["b*"]), vec!["a", "bc"], true),
        ("ForAnyValue:StringEquals", json!(["c"]), vec!["a", "b"], false),
        ("ForAnyValue:StringNotEquals", json!(["a"]), vec!["a", "b"], true),
        ("ForAnyValue:StringNotEquals", json!(["a"]), vec!["a"], false),
    ] {
        assert_eq!(holds(operator, values.clone(), &known), expected, "{operator} {values} {known:?}");
    }
}

#[test]
fn operators_and_keys_must_all_hold() {
    let known = || Known {
        ip: Some([192, 0, 2, 7].into()),
        secure: Some(true),
        now: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_704_067_200)),
        ..Known::default()
    };
    let both = json!({ "IpAddress": { "AWS:SOURCEIP": "192.0.2.0/24" }, "Bool": { "aws:SecureTransport": "true" } });
    assert!(holds_for(both.clone(), &known(), None));
    assert!(!holds_for(both.clone(), &Known { secure: Some(false), ..known() }, None));
    assert!(!holds_for(both, &Known { ip: Some([10, 0, 0, 1].into()), ..known() }, None));
    let times = json!({ "DateLessThan": { "aws:CurrentTime": "2024-01-02T00:00:00Z", "aws:EpochTime": "1704067201" } });
    assert!(holds_for(times.clone(), &known(), None));
    assert!(!holds_for(
        times,
        &Known { now: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_704_067_200 + 86_400)), ..known() },
        None
    ));
}

#[test]
fn the_keys_of_the_caller() {
    let day = |days: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(days * 86_400);
    let mut session = Identity::new("arn:aws:sts::123456789012:assumed-role/Reader/ci", "AROAREADER:ci");
    session.tags.insert("Team".to_owned(), "pets".to_owned());
    session.organization_id = Some("o-1".to_owned());
    session.organization_paths = vec!["o-1/r-1/ou-1/".to_owned(), "o-1/r-1/ou-2/".to_owned()];
    session.issued = Some(day(10));
    session.second_factor = Some(day(10));
    let alice = Identity::new("arn:aws:iam::123456789012:user/dev/alice", "AIDAALICE");
    let known = Known { now: Some(day(11)), ..Known::default() };
    let of = |condition: Value| {
        [Some(&session), Some(&alice), None].map(|caller| holds_for(condition.clone(), &known, caller))
    };
    for (condition, expected) in [
        (json!({ "StringEquals": { "aws:PrincipalAccount": "123456789012" } }), [true, true, false]),
        (json!({ "ArnEquals": { "aws:PrincipalArn": "arn:aws:iam::123456789012:role/Reader" } }), [true, false, false]),
        (json!({ "StringEquals": { "aws:PrincipalType": "AssumedRole" } }), [true, false, false]),
        (json!({ "StringEquals": { "aws:PrincipalType": "User" } }), [false, true, false]),
        (json!({ "StringEquals": { "aws:userid": "AROAREADER:ci" } }), [true, false, false]),
        (json!({ "StringEquals": { "aws:username": "alice" } }), [false, true, false]),
        (json!({ "Null": { "aws:username": "true" } }), [true, false, true]),
        (json!({ "StringEquals": { "aws:PrincipalTag/team": "pets" } }), [true, false, false]),
        (json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } }), [true, false, false]),
        (json!({ "ForAnyValue:StringLike": { "aws:PrincipalOrgPaths": "o-1/*/ou-2/*" } }), [true, false, false]),
        (json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } }), [true, false, false]),
        (json!({ "BoolIfExists": { "aws:MultiFactorAuthPresent": "true" } }), [true, true, true]),
        (json!({ "NumericLessThanEquals": { "aws:MultiFactorAuthAge": "86400" } }), [true, false, false]),
        (json!({ "NumericLessThan": { "aws:MultiFactorAuthAge": "86400" } }), [false, false, false]),
        (json!({ "DateGreaterThan": { "aws:TokenIssueTime": "1970-01-10T00:00:00Z" } }), [true, false, false]),
        (json!({ "StringEquals": { "aws:userid": "${aws:PrincipalTag/team}" } }), [false, false, false]),
        (json!({ "StringNotEquals": { "aws:PrincipalAccount": "${aws:username}" } }), [false, true, true]),
    ] {
        assert_eq!(of(condition.clone()), expected, "{condition}");
    }
}
