//! What the SDK's signer signs is taken, and nothing that was changed since.

use gateway_auth::{SigV4Verifier, SignedRequest};
use http::HeaderValue;
use proptest::prelude::*;

use crate::support::*;

/// A path as it stands on the wire: no signer is asked to encode it, and none to normalize it away.
fn path() -> impl Strategy<Value = String> {
    proptest::collection::vec("[A-Za-z0-9._~@:+-]{1,6}|%[2-6][0-9A-F]|%C3%A9", 1..4)
        .prop_map(|segments| format!("/{}", segments.join("/")))
        .prop_filter("a segment of dots", |path| !path.split('/').any(|segment| matches!(segment, "." | "..")))
}

fn query() -> impl Strategy<Value = String> {
    let text = "[A-Za-z0-9._~-]{0,4}|%20|%2F|%C3%A9|\\+";
    proptest::collection::vec((text, text), 0..4).prop_map(|pairs| {
        let pairs: Vec<_> = pairs.into_iter().filter(|(name, _)| !name.is_empty()).collect();
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    })
}

fn verify(verifier: &SigV4Verifier, request: &http::Request<String>) -> Result<(), String> {
    let signed = SignedRequest {
        method: request.method().as_str(),
        path: request.uri().path(),
        query: request.uri().query(),
        headers: request.headers(),
        authority: None,
        body: request.body().as_bytes(),
    };
    verifier.verify_now(&signed, REGION, then()).unwrap().map(|_| ()).map_err(|error| error.to_string())
}

/// What should have been signed, as a refusal tells it to a caller whose signature is another's.
fn string_to_sign(verifier: &SigV4Verifier, request: &http::Request<String>) -> String {
    let mut request = request.clone();
    let zeros = |text: &str, before: &str| {
        let at = text.find(before).unwrap() + before.len();
        format!("{}{}{}", &text[..at], "0".repeat(64), &text[at + 64..])
    };
    if let Some(value) = request.headers().get("authorization") {
        let value = zeros(value.to_str().unwrap(), "Signature=");
        request.headers_mut().insert("authorization", HeaderValue::from_str(&value).unwrap());
    } else {
        let target = zeros(&request.uri().to_string(), "X-Amz-Signature=");
        *request.uri_mut() = target.parse().unwrap();
    }
    let refusal = verify(verifier, &request).unwrap_err();
    let (_, told) = refusal.rsplit_once("The String-to-Sign should have been\n'").unwrap();
    told.strip_suffix("'\n").unwrap().to_owned()
}

proptest! {
    #[test]
    fn what_the_sdk_signs_is_taken_and_nothing_else(
        path in path(),
        query in query(),
        value in "[ -~]{0,12}",
        body in ".{0,16}",
        presigned: bool,
        body_hash: bool,
        session: bool,
        change in 0..5,
    ) {
        let token = session.then_some("a/session+token==");
        let own = token.map_or_else(credential, |token| credential().session_token(token));
        let verifier = SigV4Verifier::new(store(own));
        let target = if query.is_empty() { path } else { format!("{path}?{query}") };
        let request = http::Request::post(target).header("x-custom", value.trim());
        let how = Signing { presigned, body_hash: body_hash && !presigned, token };
        let mut request = signed(request, &body, then(), how);
        prop_assert_eq!(verify(&verifier, &request), Ok(()), "{:?}", &request);
        let told = string_to_sign(&verifier, &request);
        let own = aws_sigv4::sign::v4::calculate_signature(
            aws_sigv4::sign::v4::generate_signing_key(SECRET, then(), REGION, "execute-api"),
            told.as_bytes(),
        );
        let sent = request.uri().to_string() + request.headers().get("authorization").map_or("", |it| it.to_str().unwrap());
        prop_assert!(sent.contains(&own), "what should have been signed, {told}, gives {own}; sent was {sent}");
        match change {
            0 => *request.method_mut() = http::Method::PUT,
            1 => request.body_mut().push('x'),
            2 => drop(request.headers_mut().insert("host", HeaderValue::from_static("other.example"))),
            3 => drop(request.headers_mut().insert("x-custom", HeaderValue::from_static("other than it was"))),
            _ => {
                let path = format!("{}x", request.uri().path());
                let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
                *request.uri_mut() = format!("{path}{query}").parse().unwrap();
            }
        }
        prop_assert!(verify(&verifier, &request).is_err(), "{:?}", &request);
    }

    #[test]
    fn an_authorization_of_any_bytes_is_refused(value in proptest::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            let mut request = http::Request::get("/").header("host", HOST).body(String::new()).unwrap();
            request.headers_mut().insert("authorization", value);
            prop_assert!(verify(&SigV4Verifier::new(store(credential())), &request).is_err());
        }
    }

    #[test]
    fn a_signature_of_any_parts_is_refused(
        parts in proptest::collection::vec(
            "Credential=|Signature=|SignedHeaders=|AKIDEXAMPLE|/20150830|/us-east-1|/execute-api|/aws4_request|, |;|host|=|\
             AWS4-HMAC-SHA256 |0{64}|\u{e9}",
            0..16,
        ),
        date in "20150830T123600Z|.{0,20}",
        scheme: bool,
    ) {
        let value = format!("{}{}", if scheme { "AWS4-HMAC-SHA256 " } else { "" }, parts.concat());
        let mut request = http::Request::get("/?X-Amz-Date=\u{e9}").header("host", HOST).body(String::new()).unwrap();
        request.headers_mut().insert("authorization", HeaderValue::from_bytes(value.as_bytes()).unwrap());
        if let Ok(date) = HeaderValue::from_bytes(date.as_bytes()) {
            request.headers_mut().insert("x-amz-date", date);
        }
        prop_assert!(verify(&SigV4Verifier::new(store(credential())), &request).is_err());
    }

    #[test]
    fn a_query_of_any_parts_is_refused(
        parts in proptest::collection::vec(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256|X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fexecute-api%2Faws4_request|\
             X-Amz-Date=20150830T123600Z|X-Amz-Expires=[0-9]{1,22}|X-Amz-SignedHeaders=host|X-Amz-Signature=0{64}|\
             X-Amz-Security-Token=%FF|&|&|%|x=",
            0..12,
        ),
    ) {
        let target = format!("/?{}", parts.join("&"));
        let request = http::Request::get(target).header("host", HOST).body(String::new()).unwrap();
        prop_assert!(verify(&SigV4Verifier::new(store(credential())), &request).is_err());
    }
}
