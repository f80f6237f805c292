//! Policy documents: what they are about, and what is wrong with them.

use gateway_auth::{PolicyDocument, PolicyRequest, PolicyType, evaluate_all};
use gateway_core::{Identity, PolicyEffect};
use serde_json::{Value, json};

use PolicyEffect::{Allow, Deny, Silent};

const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:abcdef123/test/GET/pets/6";

fn one(statement: Value) -> PolicyDocument {
    let document = json!({ "Version": "2012-10-17", "Statement": statement });
    PolicyDocument::parse(&document, PolicyType::Identity).unwrap()
}

fn effect(policy: &PolicyDocument, action: &str, resource: &str) -> PolicyEffect {
    policy.evaluate(&PolicyRequest::new(action, resource)).effect()
}

fn allows(action: &str, pattern: &str, resource: &str) -> bool {
    let policy = one(json!({ "Effect": "Allow", "Action": action, "Resource": pattern }));
    effect(&policy, "execute-api:Invoke", resource) == Allow
}

#[test]
fn actions_compare_without_case_and_with_wildcards() {
    for (action, expected) in [
        ("execute-api:Invoke", true),
        ("Execute-API:invoke", true),
        ("execute-api:*", true),
        ("*", true),
        ("execute-api:Inv?ke", true),
        ("execute-api:Invok", false),
        ("execute-api:InvalidateCache", false),
        ("s3:*", false),
    ] {
        assert_eq!(allows(action, "*", ARN), expected, "{action}");
    }
}

#[test]
fn resources_compare_with_case_and_field_by_field() {
    for (pattern, expected) in [
        (ARN, true),
        ("arn:aws:execute-api:*:*:*", true),
        ("arn:aws:execute-api:us-east-1:*:abcdef123/test/*", true),
        ("arn:aws:execute-api:us-east-1:123456789012:abcdef123/*/GET/pets/?", true),
        ("arn:aws:execute-api:us-east-1:123456789012:abcdef123/*/*/pets/*", true),
        ("arn:aws:execute-api:*", true),
        ("*", true),
        ("arn:aws:execute-api:us-east-1:123456789012:abcdef123/test", false),
        ("arn:aws:execute-api:us-east-1:123456789012:ABCDEF123/test/*", false),
        ("arn:aws:execute-api:eu-west-1:*:abcdef123/*", false),
        ("arn:aws:execute-api:us-east-1:123456789012:abcdef123/test/GET/pets/??", false),
        // The star of a field does not reach into the next.
        ("arn:aws:*:us-east-1:123456789012:abcdef123/test/GET/pets/6:more", false),
        ("arn:aws:s3:::bucket/*", false),
    ] {
        assert_eq!(allows("*", pattern, ARN), expected, "{pattern}");
    }
    let deep = "arn:aws:execute-api:us-east-1:123456789012:abcdef123/test/POST/x/GET/pets";
    assert!(
        allows("*", "arn:aws:execute-api:us-east-1:123456789012:abcdef123/*/GET/pets", deep),
        "a star takes slashes"
    );
    let root = "arn:aws:execute-api:us-east-1:123456789012:abcdef123/test/GET/";
    assert!(allows("*", "arn:aws:execute-api:us-east-1:123456789012:abcdef123/test/GET/*", root), "and nothing");
}

/// §15, 12.
#[test]
fn check_12_the_text_of_a_path_template_is_no_pattern() {
    let template = "arn:aws:execute-api:us-east-1:123456789012:abcdef123/test/GET/pets/{petId}";
    assert!(!allows("execute-api:Invoke", template, ARN));
    assert!(allows("execute-api:Invoke", "arn:aws:execute-api:us-east-1:123456789012:abcdef123/test/GET/pets/6", ARN));
}

#[test]
fn the_not_forms_are_about_everything_else() {
    let policy = one(json!([
        { "Sid": "OnlyInvoke", "Effect": "Deny", "NotAction": ["execute-api:Invoke", "execute-api:Manage*"], "Resource": "*" },
        { "Effect": "Allow", "Action": "*", "NotResource": "arn:aws:execute-api:*:*:*/DELETE/*" },
    ]));
    assert_eq!(effect(&policy, "execute-api:Invoke", ARN), Allow);
    assert_eq!(effect(&policy, "execute-api:InvalidateCache", ARN), Deny);
    let delete = "arn:aws:execute-api:us-east-1:123456789012:abcdef123/test/DELETE/pets/6";
    assert_eq!(effect(&policy, "execute-api:Invoke", delete), Silent);
}

#[test]
fn a_denial_stands_above_all_and_the_statement_is_named() {
    let policy = one(json!([
        { "Effect": "Allow", "Action": "*", "Resource": "*" },
        { "Sid": "", "Effect": "Deny", "Action": "*", "Resource": "*/pets/7" },
        { "Sid": "Never", "Effect": "Deny", "Action": "*", "Resource": "*/pets/6" },
    ]));
    let request = PolicyRequest::new("execute-api:Invoke", ARN);
    let decision = policy.evaluate(&request);
    assert_eq!((decision.effect(), decision.statement()), (Deny, Some("Never")));
    let other = ARN.replace("pets/6", "pets/7");
    assert_eq!(policy.evaluate(&PolicyRequest::new("execute-api:Invoke", &other)).statement(), Some("Statement[1]"));
    let quiet = one(json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }));
    let both = [quiet, policy];
    assert_eq!(evaluate_all(&both, &request).effect(), Deny);
    assert_eq!(evaluate_all(&both[..1], &request).effect(), Silent);
    assert_eq!(effect(&one(json!([])), "execute-api:Invoke", ARN), Silent, "no statement");
}

#[test]
fn variables_stand_for_what_is_known_of_the_caller() {
    let alice = Identity::new("arn:aws:iam::123456789012:user/alice", "AIDAALICE");
    let call = |version: Option<&str>, resource: &str, called: &str, caller: Option<&Identity>| {
        let mut document = json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": resource } });
        if let Some(version) = version {
            document["Version"] = version.into();
        }
        let policy = PolicyDocument::parse(&document, PolicyType::Identity).unwrap();
        policy.evaluate(&PolicyRequest::new("execute-api:Invoke", called).caller(caller)).effect() == Allow
    };
    let new = Some("2012-10-17");
    let of = |name: &str| format!("arn:aws:execute-api:us-east-1:123456789012:a/prod/GET/users/{name}");
    let own = of("${aws:username}");
    assert!(call(new, &own, &of("alice"), Some(&alice)));
    assert!(!call(new, &own, &of("bob"), Some(&alice)));
    assert!(!call(new, &own, &of("alice"), None), "no caller, no value");
    assert!(!call(None, &own, &of("alice"), Some(&alice)), "the older version has no variables");
    assert!(call(Some("2008-10-17"), &own, &of("${aws:username}"), Some(&alice)));
    assert!(call(new, &of("${aws:username, 'guest'}/*"), &of("guest/x"), None));
    assert!(call(new, &of("${*}${?}${$}x*"), &of("*?$xyz"), None), "letters that are none of the language's");
    assert!(!call(new, &of("${*}"), &of("abc"), None));
    assert!(call(new, &of("$default"), &of("$default"), None));
    let star = Identity::new("arn:aws:iam::123456789012:user/*", "AIDASTAR");
    assert!(!call(new, &own, &of("alice"), Some(&star)), "a value is no pattern");
}

fn resource(principal: Value) -> Result<PolicyDocument, gateway_core::Problem> {
    let statement = json!({ "Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "execute-api:/*" });
    PolicyDocument::parse(&json!({ "Version": "2012-10-17", "Statement": [statement] }), PolicyType::Resource)
}

#[test]
fn principals_are_accounts_users_roles_and_sessions() {
    let alice = Identity::new("arn:aws:iam::123456789012:user/dev/alice", "AIDAALICE");
    let session = Identity::new("arn:aws:sts::123456789012:assumed-role/Reader/ci", "AROAREADER:ci");
    for (principal, anonymous, user, role) in [
        (json!("*"), true, true, true),
        (json!({ "AWS": "*" }), true, true, true),
        (json!({ "AWS": "123456789012" }), false, true, true),
        (json!({ "AWS": "arn:aws:iam::123456789012:root" }), false, true, true),
        (json!({ "AWS": ["arn:aws:iam::123456789012:user/dev/alice", "999999999999"] }), false, true, false),
        (json!({ "AWS": "arn:aws:iam::123456789012:role/Reader" }), false, false, true),
        (json!({ "AWS": "arn:aws:sts::123456789012:assumed-role/Reader/ci" }), false, false, true),
        (json!({ "AWS": "arn:aws:sts::123456789012:assumed-role/Reader/other" }), false, false, false),
        (json!({ "AWS": "999999999999" }), false, false, false),
        (json!({ "Service": "apigateway.amazonaws.com" }), false, false, false),
    ] {
        let policy = resource(principal.clone()).unwrap();
        let call = |caller| policy.evaluate(&PolicyRequest::new("execute-api:Invoke", ARN).caller(caller)).effect();
        let found = [None, Some(&alice), Some(&session)].map(|caller| call(caller) == Allow);
        assert_eq!(found, [anonymous, user, role], "{principal}");
    }
    for principal in [json!("x"), json!({ "AWS": "arn:aws:iam::1:user/*" }), json!({ "Who": "*" }), json!(3)] {
        assert!(resource(principal.clone()).unwrap_err().pointer.starts_with("/Statement/0/Principal"), "{principal}");
    }
    let all_but_alice = json!({ "Statement": {
        "Effect": "Deny", "Action": "*", "Resource": "*",
        "NotPrincipal": { "AWS": "arn:aws:iam::123456789012:user/dev/alice" },
    } });
    let policy = PolicyDocument::parse(&all_but_alice, PolicyType::Resource).unwrap();
    let call = |caller| policy.evaluate(&PolicyRequest::new("execute-api:Invoke", ARN).caller(caller)).effect();
    assert_eq!([None, Some(&session), Some(&alice)].map(call), [Deny, Deny, Silent]);
}

#[test]
fn the_short_form_of_a_resource_is_of_the_own_api() {
    for (short, expected) in [
        ("execute-api:/*", true),
        ("execute-api:/test/GET/pets/*", true),
        ("execute-api:/prod/*", false),
        ("execute-api:/test", false),
    ] {
        let document =
            json!({ "Statement": { "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": short } });
        let policy = PolicyDocument::parse(&document, PolicyType::Resource).unwrap();
        assert_eq!(effect(&policy, "execute-api:Invoke", ARN) == Allow, expected, "{short}");
    }
}

#[test]
fn what_is_wrong_has_its_place() {
    let good = || json!({ "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*" });
    let with = |field: &str, value: Value| {
        let mut statement = good();
        statement[field] = value;
        json!({ "Statement": [good(), statement] })
    };
    let without = |field: &str| {
        let mut statement = good();
        statement.as_object_mut().unwrap().remove(field);
        json!({ "Statement": [good(), statement] })
    };
    for (document, pointer) in [
        (json!([]), ""),
        (json!({}), ""),
        (json!({ "Statement": [], "Version": "2020-01-01" }), "/Version"),
        (json!({ "Statement": [], "Statements": [] }), "/Statements"),
        (json!({ "Statement": "x" }), "/Statement"),
        (with("Effect", json!("allow")), "/Statement/1/Effect"),
        (with("Sid", json!(1)), "/Statement/1/Sid"),
        (without("Effect"), "/Statement/1/Effect"),
        (without("Action"), "/Statement/1"),
        (without("Resource"), "/Statement/1"),
        (with("NotAction", json!("x:y")), "/Statement/1/NotAction"),
        (with("Action", json!(["execute-api:*", 1])), "/Statement/1/Action/1"),
        (with("Action", json!(["execute-api:*", "Invoke"])), "/Statement/1/Action/1"),
        (with("Resource", json!({ "a": 1 })), "/Statement/1/Resource"),
        (with("Principal", json!("*")), "/Statement/1/Principal"),
        (with("Condition", Value::Null), "/Statement/1/Condition"),
        (with("Condition", json!({ "StringIs": {} })), "/Statement/1/Condition/StringIs"),
        (with("Condition", json!({ "NullIfExists": {} })), "/Statement/1/Condition/NullIfExists"),
        (with("Condition", json!({ "Bool": { "a/b": "maybe" } })), "/Statement/1/Condition/Bool/a~1b"),
        (
            with("Condition", json!({ "IpAddress": { "aws:SourceIp": ["10.0.0.0/8", "10.0.0.0/99"] } })),
            "/Statement/1/Condition/IpAddress/aws:SourceIp/1",
        ),
        (with("Condition", json!({ "NumericEquals": { "x": "one" } })), "/Statement/1/Condition/NumericEquals/x"),
        (with("Condition", json!({ "DateEquals": { "x": "soon" } })), "/Statement/1/Condition/DateEquals/x"),
        (with("Condition", json!({ "StringEquals": { "x": null } })), "/Statement/1/Condition/StringEquals/x"),
    ] {
        let problem = PolicyDocument::parse(&document, PolicyType::Identity).unwrap_err();
        assert_eq!(problem.pointer, pointer, "{document} {problem}");
    }
    let open =
        json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "*", "Resource": "${aws:x" } });
    assert_eq!(PolicyDocument::parse(&open, PolicyType::Identity).unwrap_err().pointer, "/Statement/Resource");
    let nobody = json!({ "Statement": good() });
    assert_eq!(PolicyDocument::parse(&nobody, PolicyType::Resource).unwrap_err().pointer, "/Statement");
}
