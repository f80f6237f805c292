use proptest::prelude::*;
use serde_json::Value;

use super::{super::testing, *};
use crate::context::Authorization;

const KINDS: [ApiKind; 2] = [ApiKind::Rest, ApiKind::Http];

fn line(format: &AccessLogFormat, context: &Context) -> String {
    let mut line = String::new();
    format.render(context, &mut line);
    line
}

fn custom(text: &str) -> AccessLogFormat {
    AccessLogFormat::parse(text).unwrap()
}

#[test]
fn predefined_formats_of_rest_apis() {
    let context = testing::answered(ApiKind::Rest, Some(200));
    let (id, extended) = (context.id().as_str(), context.id().extended());
    let time = "01/Jan/2024:00:00:00 +0000";
    for (format, expected) in [
        (
            AccessLogFormat::clf(ApiKind::Rest),
            format!("192.0.2.7 - - [{time}] \"GET /pets/{{id}} HTTP/1.1\" 200 512 {id} {extended}"),
        ),
        (
            AccessLogFormat::json(ApiKind::Rest),
            format!(
                "{{ \"requestId\":\"{id}\", \"extendedRequestId\":\"{extended}\", \"ip\": \"192.0.2.7\", \
                 \"caller\":\"-\", \"user\":\"-\", \"requestTime\":\"{time}\", \"httpMethod\":\"GET\", \
                 \"resourcePath\":\"/pets/{{id}}\", \"status\":\"200\", \"protocol\":\"HTTP/1.1\", \
                 \"responseLength\":\"512\" }}"
            ),
        ),
        (
            AccessLogFormat::xml(ApiKind::Rest),
            format!(
                "<request id=\"{id}\"> <extendedRequestId>{extended}</extendedRequestId> <ip>192.0.2.7</ip> \
                 <caller>-</caller> <user>-</user> <requestTime>{time}</requestTime> <httpMethod>GET</httpMethod> \
                 <resourcePath>/pets/{{id}}</resourcePath> <status>200</status> <protocol>HTTP/1.1</protocol> \
                 <responseLength>512</responseLength> </request>"
            ),
        ),
        (
            AccessLogFormat::csv(ApiKind::Rest),
            format!("192.0.2.7,-,-,{time},GET,/pets/{{id}},HTTP/1.1,200,512,{id},{extended}"),
        ),
    ] {
        assert_eq!(line(&format, &context), expected);
    }
}

#[test]
fn predefined_formats_of_http_apis() {
    let context = testing::answered(ApiKind::Http, Some(404));
    let id = context.id().extended();
    let time = "01/Jan/2024:00:00:00 +0000";
    for (format, expected) in [
        (
            AccessLogFormat::clf(ApiKind::Http),
            format!("192.0.2.7 - - [{time}] \"GET GET /pets/{{id}} HTTP/1.1\" 404 512 {id}"),
        ),
        (
            AccessLogFormat::json(ApiKind::Http),
            format!(
                "{{ \"requestId\":\"{id}\", \"ip\": \"192.0.2.7\", \"requestTime\":\"{time}\", \
                 \"httpMethod\":\"GET\",\"routeKey\":\"GET /pets/{{id}}\", \"status\":\"404\",\
                 \"protocol\":\"HTTP/1.1\", \"responseLength\":\"512\" }}"
            ),
        ),
        (
            AccessLogFormat::xml(ApiKind::Http),
            format!(
                "<request id=\"{id}\"> <ip>192.0.2.7</ip> <requestTime>{time}</requestTime> \
                 <httpMethod>GET</httpMethod> <routeKey>GET /pets/{{id}}</routeKey> <status>404</status> \
                 <protocol>HTTP/1.1</protocol> <responseLength>512</responseLength> </request>"
            ),
        ),
        (AccessLogFormat::csv(ApiKind::Http), format!("192.0.2.7,{time},GET,GET /pets/{{id}},HTTP/1.1,404,512,{id}")),
    ] {
        assert_eq!(line(&format, &context), expected);
    }
}

#[test]
fn predefined_texts_are_formats() {
    for (text, encoding) in [
        (REST_CLF, Encoding::Text),
        (HTTP_CLF, Encoding::Text),
        (REST_JSON, Encoding::Json),
        (HTTP_JSON, Encoding::Json),
        (REST_XML, Encoding::Xml),
        (HTTP_XML, Encoding::Xml),
        (REST_CSV, Encoding::Csv),
        (HTTP_CSV, Encoding::Csv),
    ] {
        let format = custom(&format!("{text}\n"));
        assert_eq!(format.encoding, encoding, "{text}");
        assert!(format.encoding != Encoding::Json || !format.bare.contains(&true));
    }
}

#[test]
fn what_is_no_format_is_refused() {
    let long = format!("$context.requestId{}", "x".repeat(MAX_LENGTH));
    for (text, error) in [
        ("", AccessLogFormatError::NoRequestId),
        ("$context.status requestId $context.REQUESTID", AccessLogFormatError::NoRequestId),
        ("$context.authorizer.requestId", AccessLogFormatError::NoRequestId),
        ("$context.requestId\n$context.status", AccessLogFormatError::NotOneLine { found: '\n', at: 18 }),
        ("\u{1b}[1m$context.requestId", AccessLogFormatError::NotOneLine { found: '\u{1b}', at: 0 }),
        (&long, AccessLogFormatError::TooLong(long.len())),
    ] {
        assert_eq!(AccessLogFormat::parse(text).unwrap_err(), error, "{text}");
    }
    custom(&long[..MAX_LENGTH]);
    custom("a\t$context.extendedRequestId\r\n");
}

#[test]
fn a_custom_format_is_escaped_by_how_it_starts() {
    for (text, encoding) in [
        (r#" {"id":"$context.requestId","error":$context.error.messageString}"#, Encoding::Json),
        (r#"{"id":{"a":[$context.requestId]},"b":"\"$context.stage"}"#, Encoding::Json),
        ("{$context.requestId} $context.status", Encoding::Text),
        (r#"{"a":"\$context.requestId"}"#, Encoding::Text),
        (r#"{"a":1$context.requestId}"#, Encoding::Text),
        ("<r>$context.requestId</r>", Encoding::Xml),
        ("<14>$context.requestId", Encoding::Text),
        ("$context.requestId", Encoding::Text),
    ] {
        assert_eq!(custom(text).encoding, encoding, "{text}");
    }
}

#[test]
fn values_outside_quotes_are_json_all_the_same() {
    let text = r#"{"id":$context.requestId,"status":$context.status,"error":$context.error.messageString}"#;
    let context = testing::answered(ApiKind::Rest, None);
    let id = context.request_id();
    assert_eq!(id.len(), testing::REQUEST_ID_LENGTH);
    assert_eq!(line(&custom(text), &context), format!(r#"{{"id":"{id}","status":"-","error":"-"}}"#));

    let context = testing::answered(ApiKind::Rest, Some(403));
    context.refuse(&crate::Error::new(crate::ErrorKind::AccessDenied).with_message("no \"entry\""));
    let written: Value = serde_json::from_str(&line(&custom(text), &context)).unwrap();
    assert_eq!(written["status"], 403);
    assert_eq!(written["error"], "no \"entry\"");
}

#[test]
fn no_credential_is_printed() {
    let names = ["identity.apiKey", "identity.apiKeyId", "path", "authorizer.principalId", "authorizer.usageKey"];
    let text = names.map(|name| format!("$context.{name}")).join(" ");
    let context = testing::answered(ApiKind::Rest, Some(200));
    let line = line(&custom(&format!("$context.requestId {text} $context.header.authorization")), &context);
    assert!(line.ends_with(" [redacted] key1 /prod/pets/1 alice - -"), "{line}");
    assert!(!line.contains("secret"));
}

fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        proptest::sample::select(vec!["$context.", "{", "}", "\"", "\\", "<a>", ":", ",", "authorizer.claims.x"])
            .prop_map(str::to_owned),
        proptest::sample::select(vec!["requestId", "identity.userAgent", "authorizer.x", "error.messageString"])
            .prop_map(|name| format!("$context.{name}")),
    ]
}

/// A request of someone who means harm.
fn hostile(path: &str, user_agent: &[u8], text: &str) -> Context {
    let context = testing::begun(ApiKind::Rest, path, user_agent);
    let claims = [("x".to_owned(), text.to_owned())].into();
    context.set_authorization(Authorization::new(text).with_context("x", text).with_claims(claims));
    context.refuse(&crate::Error::new(crate::ErrorKind::AccessDenied).with_message(text.to_owned()));
    context
}

proptest! {
    #[test]
    fn any_text_is_a_format_or_refused(
        pieces in proptest::collection::vec(fragment(), 0..12),
        path in "/[\"{}<>&',:%A-Za-z0-9\u{a0}-\u{ff}-]*",
        user_agent in "[\t -~]*".prop_map(String::into_bytes).boxed().prop_union(any::<Vec<u8>>().boxed()),
        value in any::<String>(),
    ) {
        let text = pieces.concat();
        let _ = AccessLogFormat::parse(&text);
        // What is left without control characters is a format.
        let text: String = text.chars().filter(|letter| *letter == '\t' || !ends_line(*letter)).collect();
        let Ok(format) = AccessLogFormat::parse(&format!("{text}\t$context.requestId")) else {
            prop_assert!(text.len() + 19 > MAX_LENGTH);
            return Ok(());
        };
        let line = line(&format, &hostile(&path, &user_agent, &value));
        prop_assert_eq!(line.matches(ends_line).count(), text.matches('\t').count() + 1);
    }

    #[test]
    fn every_json_line_is_json(
        path in "/[\"{}<>&',:%A-Za-z0-9\u{a0}-\u{ff}-]*",
        user_agent in "[\t -~]*".prop_map(String::into_bytes).boxed().prop_union(any::<Vec<u8>>().boxed()),
        value in "\\PC*|[\"\\\\\n\u{7f}\u{85}\u{2028}{},:0-9]*|\"[a-z\\\\u0-9]*\"|-?[0-9.e+-]+|any",
    ) {
        let context = hostile(&path, &user_agent, &value);
        let text = r#"{"id":"$context.requestId","ua":"$context.identity.userAgent","bare":$context.identity.userAgent,
            "path":"$context.path","barePath":$context.path,
            "caller":"$context.authorizer.x","x":$context.authorizer.x,"claim":[$context.authorizer.claims.x],
            "error":$context.error.messageString,"inside":"a $context.error.messageString z"}"#.replace('\n', "");
        let line = line(&custom(&text), &context);
        let written: Value = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(written.as_object().unwrap().len(), 10);
        let expected = if value.is_empty() { "-" } else { value.as_str() };
        prop_assert_eq!(written["path"].as_str().unwrap(), context.request().uri.path());
        prop_assert_eq!(written["ua"].as_str(), context.user_agent().filter(|text| !text.is_empty()).or(Some("-")));
        prop_assert_eq!(written["caller"].as_str().unwrap(), expected);
        prop_assert_eq!(written["error"].as_str().unwrap(), value.as_str());
        for kind in KINDS {
            let mut line = String::new();
            AccessLogFormat::json(kind).render(&context, &mut line);
            prop_assert!(serde_json::from_str::<Value>(&line).unwrap().is_object());
        }
    }
}
