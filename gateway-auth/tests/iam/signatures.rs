//! Signatures: vectors of AWS, their times and scopes, and what is refused.

use std::time::Duration;

use gateway_auth::{SigV4Verifier, SignedRequest};
use gateway_core::ErrorKind;

use crate::support::*;

const DATE: (&str, &str) = ("x-amz-date", "20150830T123600Z");
const TOKEN: &str = "SESSIONTOKENEXAMPLE";

/// §8.5, with their names.
fn vectors() -> Vec<(&'static str, Sent)> {
    let host = ("host", HOST);
    vec![
        (
            "V1",
            Sent::get("/prod/pets?limit=10&type=dog", &[host, DATE])
                .authorized("host;x-amz-date", "a0e7bcefbd959e218fe28e401b65fbb1c04fb5415fda7014247d667722d3ea11"),
        ),
        (
            "V2",
            Sent::post(
                "/prod/pets",
                &[host, DATE, ("content-type", "application/json"), ("x-amz-security-token", TOKEN)],
                r#"{"name":"rex"}"#,
            )
            .authorized(
                "content-type;host;x-amz-date;x-amz-security-token",
                "1d7ccf1e7e0601b48db78a8b5a700933d0e4ffc87bca0b54a94ef40bfa0f4a44",
            ),
        ),
        (
            "V3",
            Sent::post("/prod/%40connections/R0oXAdfD0kwCH6w%3D", &[host, DATE], "hello world")
                .authorized("host;x-amz-date", "8977d4b827b4b1d05ebd5178bbbc9349334d041119b6e963d9d175adb96af6ba"),
        ),
        ("V4", presigned()),
        (
            "V5",
            Sent::get(
                "/prod/items?b=2&a=x%20y&a=1&empty=",
                &[host, DATE, ("accept", "*/*"), ("x-custom", "   a   b  ")],
            )
            .authorized(
                "accept;host;x-amz-date;x-custom",
                "b10a0433b599e2845c8529659c3d5ca75133a2c51bad98be835464390e555c72",
            ),
        ),
    ]
}

fn presigned() -> Sent {
    let target = "/prod?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fexecute-api\
                  %2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-Expires=300&X-Amz-SignedHeaders=host\
                  &X-Amz-Signature=41b0708e9ad396298cce7e00a0d1b3cbd7ccce93ae8762a524d4dea998f4660e";
    Sent::get(target, &[("host", HOST)])
}

/// The credential of the second vector is temporary.
fn verifier_of(name: &str) -> SigV4Verifier {
    let own = if name == "V2" { credential().session_token(TOKEN) } else { credential() };
    SigV4Verifier::new(store(own))
}

fn refusal(verifier: &SigV4Verifier, sent: &Sent) -> (&'static str, String) {
    let error = verify_at(verifier, sent, then()).unwrap_err();
    (error.exception(), error.message().unwrap_or_default().to_owned())
}

/// §15, 11.
#[test]
fn check_11_the_vectors_verify_and_nothing_that_was_changed_does() {
    let vanilla =
        authorization("service", "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    let v0 = Sent::get("/", &[("host", "example.amazonaws.com"), DATE, ("authorization", &vanilla)]);
    assert!(verify_at(&verifier_of("V0").service("service"), &v0, then()).is_ok());

    for (name, mut sent) in vectors() {
        let verifier = verifier_of(name);
        assert!(verify_at(&verifier, &sent, then()).is_ok(), "{name}");
        assert!(verify_at(&verifier, &sent, then()).is_ok(), "{name} with a key that is remembered");
        let good = sent.path.clone();
        sent.path.push('x');
        assert_eq!(refusal(&verifier, &sent).0, "InvalidSignatureException", "{name}: path");
        sent.path = good;
        sent.method = "PUT";
        assert_eq!(refusal(&verifier, &sent).0, "InvalidSignatureException", "{name}: method");
    }
}

#[test]
fn check_11_a_signature_is_good_for_five_minutes_each_way() {
    let second = Duration::from_secs(1);
    let skew = Duration::from_secs(300);
    let verifier = verifier_of("V1");
    let (_, sent) = vectors().remove(0);
    for (now, expected) in
        [(then() - skew, true), (then() - skew - second, false), (then() + skew, true), (then() + skew + second, false)]
    {
        assert_eq!(verify_at(&verifier, &sent, now).is_ok(), expected, "{now:?}");
    }
    let late = verify_at(&verifier, &sent, then() + 2 * skew).unwrap_err();
    assert_eq!(late.exception(), "InvalidSignatureException");
    let expected =
        "Signature expired: 20150830T123600Z is now earlier than 20150830T124100Z (20150830T124600Z - 5 min.)";
    assert_eq!(late.message(), Some(expected));
    let early = verify_at(&verifier, &sent, then() - 2 * skew).unwrap_err();
    let expected =
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123100Z (20150830T122600Z + 5 min.)";
    assert_eq!(early.message(), Some(expected));
}

#[test]
fn a_presigned_request_is_good_for_its_own_time() {
    let second = Duration::from_secs(1);
    let verifier = verifier_of("V4");
    for (now, expected) in [
        (then() - Duration::from_secs(300), true),
        (then() - Duration::from_secs(301), false),
        (then() + Duration::from_secs(300), true),
        (then() + Duration::from_secs(300) + second, false),
    ] {
        assert_eq!(verify_at(&verifier, &presigned(), now).is_ok(), expected, "{now:?}");
    }
    for expires in ["0", "604801", "-1", "x", ""] {
        let mut sent = presigned();
        sent.query = sent.query.map(|query| query.replace("Expires=300", &format!("Expires={expires}")));
        assert_eq!(refusal(&verifier, &sent).0, "IncompleteSignatureException", "{expires}");
    }
    let mut twice = presigned();
    twice.query = twice.query.map(|query| format!("{query}&X-Amz-Expires=604800"));
    assert_eq!(refusal(&verifier, &twice).0, "IncompleteSignatureException");
}

#[test]
fn check_11_a_scope_is_of_the_service_the_region_and_the_day() {
    let sent = |authorization: &str| Sent::get("/", &[("host", HOST), DATE, ("authorization", authorization)]);
    let good = authorization("execute-api", "host;x-amz-date", &"0".repeat(64));
    for (from, to, exception, message) in [
        ("/execute-api/", "/s3/", "InvalidSignatureException", "correct service: 'execute-api'."),
        ("/us-east-1/", "/eu-west-1/", "InvalidSignatureException", "valid region, not 'eu-west-1'."),
        ("/aws4_request", "/aws5_request", "InvalidSignatureException", "valid terminator: 'aws4_request'."),
        ("/20150830/", "/20150831/", "InvalidSignatureException", "'20150831' != '20150830', from '20150830T123600Z'."),
        ("/us-east-1/", "/", "IncompleteSignatureException", "exactly 5 slash-delimited elements"),
        (
            "=AKIDEXAMPLE/",
            "=AKIDOTHER/",
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
        ("SignedHeaders=host;", "SignedHeaders=", "InvalidSignatureException", "'Host' or ':authority' must be"),
    ] {
        let (found, text) = refusal(&verifier_of("V1"), &sent(&good.replace(from, to)));
        assert_eq!(found, exception, "{to}");
        assert!(text.contains(message), "{text}");
    }
}

#[test]
fn what_is_no_signature_is_told_without_what_it_holds() {
    for (value, parts) in [
        ("Bearer token-of-somebody", vec!["Invalid key=value pair (missing equal-sign) in Authorization header"]),
        ("token-of-somebody", vec!["missing equal-sign"]),
        (
            "Basic token-of-somebody=",
            vec![
                "requires 'Credential' parameter. ",
                "requires 'Signature' parameter. ",
                "requires 'SignedHeaders' parameter. ",
            ],
        ),
        ("AWS4-HMAC-SHA256 Credential=token-of-somebody, Signature=x", vec!["requires 'SignedHeaders' parameter. "]),
        ("AWS4-HMAC-SHA256 Credential=a, Credential=a, Signature=x", vec!["missing equal-sign"]),
        ("AWS4-HMAC-SHA1 Credential=a, SignedHeaders=host, Signature=x", vec!["Unsupported AWS 'algorithm'"]),
    ] {
        let sent = Sent::get("/", &[("host", HOST), DATE, ("authorization", value)]);
        let (exception, text) = refusal(&verifier_of("V1"), &sent);
        assert_eq!(exception, "IncompleteSignatureException", "{value}");
        assert!(parts.iter().all(|part| text.contains(part)), "{value}: {text}");
        assert!(!text.contains("token-of-somebody"), "{text}");
    }
    let undated =
        Sent::get("/", &[("host", HOST), ("authorization", "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=b")]);
    let (_, text) = refusal(&verifier_of("V1"), &undated);
    assert!(text.starts_with(
        "Authorization header requires 'Signature' parameter. Authorization header requires existence of either a \
         'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) Authorization="
    ));
    let error = verify_at(&verifier_of("V1"), &Sent::get("/", &[("host", HOST)]), then()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingAuthenticationToken);
}

#[test]
fn a_mismatch_tells_what_should_have_been_signed() {
    let sent = Sent::get(
        "/prod/pets?limit=10&X-Amz-Security-Token=secret-token",
        &[("host", HOST), DATE, ("x-amz-security-token", "secret-token"), ("cookie", "secret-token")],
    )
    .authorized("cookie;host;x-amz-date;x-amz-security-token", &"0".repeat(64));
    let verifier = SigV4Verifier::new(store(credential().session_token("secret-token")));
    let (exception, text) = refusal(&verifier, &sent);
    assert_eq!(exception, "InvalidSignatureException");
    let canonical = format!(
        "GET\n/prod/pets\nX-Amz-Security-Token=[redacted]&limit=10\ncookie:[redacted]\nhost:{HOST}\n\
         x-amz-date:20150830T123600Z\nx-amz-security-token:[redacted]\n\ncookie;host;x-amz-date;x-amz-security-token\n\
         e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    assert!(text.starts_with("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'"));
    assert!(text.contains(&canonical), "{text}");
    assert!(text.contains("'\n\nThe String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/execute-api/aws4_request\n"));
    assert!(!text.contains("secret-token"));
}

#[test]
fn sessions_need_their_token_and_end() {
    let (_, sent) = vectors().remove(1);
    let verify = |credential| verify_at(&SigV4Verifier::new(store(credential)), &sent, then());
    assert!(verify(credential().session_token(TOKEN)).is_ok());
    for other in [credential(), credential().session_token("other")] {
        assert_eq!(verify(other).unwrap_err().exception(), "UnrecognizedClientException");
    }
    let ends = |at| credential().session_token(TOKEN).expires(at);
    assert!(verify(ends(then() + Duration::from_secs(1))).is_ok());
    let expired = verify(ends(then())).unwrap_err();
    assert_eq!((expired.kind(), expired.exception()), (ErrorKind::ExpiredToken, "ExpiredTokenException"));
    let (_, unsessioned) = vectors().remove(0);
    let verifier = SigV4Verifier::new(store(credential().session_token(TOKEN)));
    assert_eq!(refusal(&verifier, &unsessioned).0, "UnrecognizedClientException", "no token");
}

#[test]
fn the_body_is_signed_unless_that_is_allowed() {
    let verifier = verifier_of("V3");
    let (_, mut sent) = vectors().remove(2);
    sent.body = "hello World";
    assert_eq!(refusal(&verifier, &sent).0, "InvalidSignatureException");
    sent.headers.insert("x-amz-content-sha256", "UNSIGNED-PAYLOAD".parse().unwrap());
    let lenient = verifier_of("V3").allow_unsigned_payload();
    assert_eq!(refusal(&lenient, &sent).0, "InvalidSignatureException", "the header itself is not signed");
}

#[test]
fn a_secret_that_was_changed_is_good_no_more() {
    use std::sync::{Arc, Mutex};

    use async_trait::async_trait;
    use gateway_auth::{Credential, Credentials};
    use gateway_core::BoxError;

    struct Changing(Mutex<Arc<Credential>>);

    #[async_trait]
    impl Credentials for Changing {
        async fn credential(&self, _: &str, _: Option<&str>) -> Result<Option<Arc<Credential>>, BoxError> {
            Ok(Some(Arc::clone(&self.0.lock().unwrap())))
        }
    }
    let store = Arc::new(Changing(Mutex::new(Arc::new(credential()))));
    let verifier = SigV4Verifier::new(Arc::clone(&store));
    let (_, sent) = vectors().remove(0);
    assert!(verifier.verify_now(&sent.as_signed(), REGION, then()).is_none(), "it must be waited for");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let verify = |request: SignedRequest<'_>| runtime.block_on(verifier.verify(&request, REGION, then())).is_ok();
    assert!(verify(sent.as_signed()));
    *store.0.lock().unwrap() = Arc::new(Credential::new(KEY, "another secret", alice()));
    assert!(!verify(sent.as_signed()));
}
