use proptest::prelude::*;

use super::*;

const JOIN: &str = r#"{"service":"chat","action":"join","data":{"room":"room1234"}}"#;

fn key(expression: &str, message: &str) -> Option<String> {
    SelectionExpression::parse(expression).unwrap().evaluate(message)
}

#[test]
fn the_examples_of_the_guide() {
    let cases = [
        ("$request.body.action", "join"),
        ("${request.body.action}", "join"),
        ("${request.body.service}/${request.body.action}", "chat/join"),
        ("${request.body.action}-${request.body.invalidPath}", "join-"),
        ("action", "action"),
        (r"\$default", "$default"),
        ("$request.body.data.room", "room1234"),
    ];
    for (expression, expected) in cases {
        assert_eq!(key(expression, JOIN).as_deref(), Some(expected), "{expression}");
    }
}

#[test]
fn text_around_variables() {
    let cases = [
        ("$request.body.service/$request.body.action", "chat/join"),
        ("${request.body.service}-beta", "chat-beta"),
        ("$request.body.service-beta", ""),
        (r"/2\d\d/", r"/2\d\d/"),
        (r"a\$b\$${request.body.action}\$", "a$b$join$"),
        (r"\${request.body.action}", "${request.body.action}"),
        ("é$request.body.actioné", "éjoiné"),
        ("{x}", "{x}"),
    ];
    for (expression, expected) in cases {
        assert_eq!(key(expression, JOIN).as_deref(), Some(expected), "{expression}");
    }
}

#[test]
fn values_as_text() {
    let cases = [
        ("1", "1"),
        ("-1.50", "-1.50"),
        ("1e400", "1e400"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("true", "true"),
        ("null", ""),
        (r#""""#, ""),
        (r#""a\u00e4\"$request.body.k""#, "aä\"$request.body.k"),
        ("[]", "[]"),
        (r#"["item1", "item2"]"#, "[item1, item2]"),
        (r#"[1,true,null,"x",[ 2 ],{"a":3}]"#, r#"[1, true, null, x, [ 2 ], {"a":3}]"#),
        (r#"{"b":1, "a":"x"}"#, r#"{"b":1, "a":"x"}"#),
    ];
    for (value, expected) in cases {
        assert_eq!(key("$request.body.k", &format!(r#"{{"k": {value} }}"#)).as_deref(), Some(expected), "{value}");
    }
}

#[test]
fn paths_into_a_message() {
    let message = r#" {"a":[{"b":"x"},["y",7]],"a b":"z","":1,"dup":1,"dup":2,"o":{"1":"one"}} "#;
    let cases = [
        ("$request.body.a[0].b", "x"),
        ("$request.body.a[1][0]", "y"),
        ("$request.body.a[1][2]", ""),
        ("$request.body.a[9]", ""),
        ("$request.body.a.b", ""),
        ("$request.body.a[0].b.c", ""),
        ("$request.body[0]", ""),
        ("${request.body.a b}", "z"),
        ("$request.body.dup", "2"),
        ("$request.body.o.1", "one"),
        ("$request.body.o[1]", ""),
        ("$request.body.A", ""),
    ];
    for (expression, expected) in cases {
        assert_eq!(key(expression, message).as_deref(), Some(expected), "{expression}");
    }
    assert_eq!(key("$request.body", r#" {"a": 1} "#).as_deref(), Some(r#"{"a": 1}"#));
    assert_eq!(key("$request.body[1]", r#"["a","b"]"#).as_deref(), Some("b"));
    for scalar in ["1", "1.5", "-3", "true", "null", r#""text""#, "[]"] {
        assert_eq!(key("$request.body.action", scalar).as_deref(), Some(""), "{scalar}");
    }
}

#[test]
fn what_is_not_json_has_no_key_unless_the_key_is_static() {
    for message in
        ["", "hello", "{", r#"{"action":"join""#, r#"{"action":"join"} x"#, "{'action':1}", r#"{"action":"\ud800"}"#]
    {
        assert_eq!(key("$request.body.action", message), None, "{message}");
        assert_eq!(key("join", message).as_deref(), Some("join"));
    }
}

#[test]
fn deep_and_wide_messages_are_read_without_recursion() {
    let deep = "[".repeat(60_000) + &"]".repeat(60_000);
    assert_eq!(key("$request.body.k", &deep).as_deref(), Some(""));
    let found = key("$request.body.k", &format!(r#"{{"x":{deep},"k":{deep}}}"#)).unwrap();
    assert_eq!(found.len(), deep.len());
}

#[test]
fn refusals_say_what_to_do() {
    let cases = [
        ("", "is empty"),
        ("${request.body.a", "`${` has no `}`"),
        ("$default", "`$default` is none of"),
        ("$", "for a dollar sign write `\\$`"),
        ("${}", "none of"),
        ("$request.header.x-api-key", "`$request.header.x-api-key` is none of"),
        ("$request.bodyaction", "none of"),
        ("$request.body.", "none of"),
        ("$request.body..a", "none of"),
        ("$request.body.a[", "none of"),
        ("$request.body.a[+1]", "none of"),
        ("$request.body.a[]", "none of"),
        ("${request.body.a[*]}", "none of"),
        ("${request.body.*}", "none of"),
        ("${request.body['a']}", "none of"),
    ];
    for (expression, expected) in cases {
        let error = SelectionExpression::parse(expression).unwrap_err().to_string();
        assert!(error.contains(expected), "{expression}: {error}");
    }
}

proptest! {
    #[test]
    fn any_expression_parses_or_not(text in r"(\PC|\$|\{|\}|\\|\.|\[|\]|[0-9]|\$request\.body){0,12}", message in r#"(\{|\}|\[|\]|"a"|:|,|1|null| |\PC){0,16}"#) {
        if let Ok(expression) = SelectionExpression::parse(&text) {
            prop_assert_eq!(expression.to_string(), text);
            let _ = expression.evaluate(&message);
            let key = expression.evaluate("{}");
            prop_assert!(key.is_some());
        }
    }

    #[test]
    fn reads_what_another_reader_reads(value in r#"[a-z"\\ é/]{0,8}"#, other in ".{0,8}") {
        let message = serde_json::json!({"x": [other, {"action": "no"}], "action": value, "y": {"action": 1}}).to_string();
        prop_assert_eq!(key("$request.body.action", &message), Some(value));
        let both = key("${request.body.x[1].action}${request.body.y.action}", &message);
        prop_assert_eq!(both.as_deref(), Some("no1"));
    }
}
