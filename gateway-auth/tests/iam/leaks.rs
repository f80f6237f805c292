//! Secrets and session tokens are told to nobody: not in logs, answers, explanations, errors or `Debug`.

use std::{
    io,
    sync::{Arc, Mutex},
};

use gateway_auth::{IamAuthorizer, PolicyDocument, SigV4Verifier};
use gateway_core::{
    AccessLog, AccessLogFormat, Api, Body, Clock, Definition, Route, StageDefinition,
    testing::{RecordingIntegration, TestGateway},
};
use http::HeaderValue;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::*;

const TOKEN: &str = "the-token-of-a-session";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[test]
fn no_secret_is_told() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    let mut told = Vec::new();
    // With a single subscriber tracing asks the thread that comes by first, which may have none, and remembers that.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    tracing::subscriber::with_default(subscriber, || {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(calls(&mut told));
    });
    told.push(String::from_utf8(log.0.lock().unwrap().clone()).unwrap());
    let credential = credential().session_token(TOKEN);
    told.push(format!("{credential:?} {credential:#?}"));
    let store = store(credential);
    told.push(format!("{store:?}"));
    let verifier = SigV4Verifier::new(store);
    told.push(format!(
        "{verifier:?} {:?}",
        IamAuthorizer::with_verifier(SigV4Verifier::new(self::store(self::credential())))
    ));
    let bad = Sent::get("/", &[("host", HOST), ("x-amz-date", "20150830T123600Z"), ("x-amz-security-token", TOKEN)])
        .authorized("host;x-amz-date;x-amz-security-token", &"0".repeat(64));
    told.push(format!("{:?}", bad.as_signed()));
    let error = verify_at(&verifier, &bad, then()).unwrap_err();
    told.push(format!("{error} {error:?} {:?}", std::error::Error::source(&error)));
    let all = told.join("\n");
    assert!(all.contains("refused") && all.contains("INVALID_SIGNATURE"), "something was logged: {all}");
    for secret in [SECRET, TOKEN, "bearer-of-another"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}

/// Calls of all kinds, and what is told of them.
async fn calls(told: &mut Vec<String>) {
    let own = credential().session_token(TOKEN).policy(PolicyDocument::allow_all());
    let api = Api::rest("pets").account("123456789012", REGION).route(
        "ANY /pets",
        Route::to(RecordingIntegration::answering("ok")).authorizer(IamAuthorizer::new(store(own))),
    );
    let format = r#"{"id":"$context.requestId","why":"$context.error.message","who":"$context.identity.userArn"}"#;
    let access = AccessLog::to_tracing(AccessLogFormat::parse(format).unwrap());
    let gateway =
        TestGateway::new(Definition::new().api(api.stage(StageDefinition::new("prod").observer(access)))).unwrap();
    let sign = |presigned| {
        let how = Signing { presigned, token: Some(TOKEN), ..Signing::default() };
        // The signer writes down more than we do.
        tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::default(), || {
            signed(http::Request::get("/prod/pets"), "", gateway.clock().now(), how)
        })
    };
    for (presigned, tampered) in [(false, false), (true, false), (false, true), (true, true)] {
        let mut request = sign(presigned);
        if tampered {
            *request.method_mut() = http::Method::PUT;
        }
        let (again, body) = request.clone().into_parts();
        let explained = gateway.gateway().handle().explain(request.map(Body::from)).await;
        told.push(format!("{explained} {explained:?}"));
        let answer = gateway.send_request(http::Request::from_parts(again, body.into())).await;
        assert_eq!(answer.status == 200, !tampered, "{}", answer.text());
        told.push(format!("{} {:?}", answer.text(), answer.headers));
    }
    let mut bearer = sign(false);
    bearer.headers_mut().insert("authorization", HeaderValue::from_static("Bearer bearer-of-another"));
    told.push(gateway.send_request(bearer.map(Body::from)).await.text().to_owned());
}
