use std::io::{Read as _, Write as _};

use bytes::Bytes;
use flate2::{
    Compression,
    read::{GzDecoder, ZlibDecoder},
    write::{GzEncoder, ZlibEncoder},
};
use gateway_core::{
    Api, Body, Definition, Limits, RequestValidator, Response, Route, StageDefinition,
    testing::{RecordingIntegration, TestGateway, TestResponse},
};
use http_body_util::Full;
use proptest::{collection::vec, prelude::*, sample::select};

use crate::{Outcome, problems, run};

const TEXT: &str = "the same again and the same again and the same again and the same again and the same again";

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn zlib(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn plain(answer: &TestResponse) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let body = answer.body.as_ref().map_err(ToString::to_string)?;
    let mut plain = Vec::new();
    match answer.header("content-encoding") {
        "gzip" => GzDecoder::new(&**body).read_to_end(&mut plain)?,
        "deflate" => ZlibDecoder::new(&**body).read_to_end(&mut plain)?,
        _ => (&**body).read_to_end(&mut plain)?,
    };
    Ok(plain)
}

fn api(minimum: Option<u64>, backend: RecordingIntegration) -> Definition {
    let api = Api::rest("api").stage(StageDefinition::new("prod")).route("ANY /x", Route::to(backend));
    Definition::new().api(minimum.into_iter().fold(api, Api::minimum_compression_size))
}

fn get() -> http::request::Builder {
    http::Request::get("/prod/x")
}

#[test]
fn answers_are_compressed_for_clients_that_like_it() -> Outcome {
    run(async {
        for body in [|| Body::from(TEXT), || Body::new(Full::new(Bytes::from(TEXT)))] {
            let backend = RecordingIntegration::new(move |_| {
                let mut response = Response::new(body());
                response.headers_mut().insert("content-length", TEXT.len().into());
                Ok(response)
            });
            let gateway = TestGateway::new(api(Some(50), backend.clone()))?;
            for (accepted, coding) in
                [("gzip", "gzip"), ("deflate;q=1.0, gzip;q=0.5", "deflate"), ("br, gzip", ""), ("*", "gzip"), ("", "")]
            {
                let answer = gateway.send(get().header("accept-encoding", accepted)).await;
                assert_eq!(answer.header("content-encoding"), coding, "{accepted}");
                assert_eq!(plain(&answer)?, TEXT.as_bytes(), "{accepted}");
                assert_eq!(answer.header("vary"), "");
                let length = answer.body.as_ref().map_err(ToString::to_string)?.len();
                assert!(coding.is_empty() || length < TEXT.len());
                if answer.headers.contains_key("content-length") {
                    assert_eq!(answer.header("content-length"), length.to_string(), "{accepted}");
                }
            }
            assert_eq!(gateway.send(get()).await.header("content-encoding"), "", "not asked for");
            let off = TestGateway::new(api(None, backend))?;
            assert_eq!(off.send(get().header("accept-encoding", "gzip")).await.header("content-encoding"), "");
        }
        Ok(())
    })
}

#[test]
fn what_is_small_or_coded_or_has_no_body_of_its_own_stays_as_it_is() -> Outcome {
    run(async {
        let answering = |status: u16, size: usize, header: &'static str| {
            RecordingIntegration::new(move |_| {
                let mut response = Response::new(Body::from(vec![b'x'; size]));
                *response.status_mut() = status.try_into().map_err(|_| gateway_core::ErrorKind::BadRequest)?;
                if !header.is_empty() {
                    let value = http::HeaderValue::from_static(header);
                    response.headers_mut().insert("content-encoding", value);
                }
                Ok(response)
            })
        };
        for (minimum, status, size, header, compressed) in [
            (100, 200, 100, "", true),
            (100, 200, 99, "", false),
            (0, 200, 1, "", true),
            (0, 200, 0, "", false),
            (100, 500, 100, "", true),
            (100, 200, 100, "br", false),
            (0, 204, 0, "", false),
            (0, 304, 10, "", false),
            (0, 206, 10, "", false),
        ] {
            let gateway = TestGateway::new(api(Some(minimum), answering(status, size, header)))?;
            let answer = gateway.send(get().header("accept-encoding", "gzip")).await;
            let case = format!("{minimum} {status} {size} {header}");
            assert_eq!(answer.header("content-encoding"), if compressed { "gzip" } else { header }, "{case}");
            assert_eq!(plain(&answer)?.len(), size, "{case}");
        }
        let gateway = TestGateway::new(api(Some(0), answering(200, 100, "")))?;
        let head = gateway.send(http::Request::head("/prod/x").header("accept-encoding", "gzip")).await;
        assert_eq!(head.header("content-encoding"), "");
        Ok(())
    })
}

#[test]
fn coded_requests_reach_validation_and_backend_as_they_were_meant() -> Outcome {
    run(async {
        let backend = RecordingIntegration::answering("ok");
        let route = Route::to(backend.clone())
            .validate(RequestValidator::new().body())
            .request_model("application/json", "Pet")
            // Guards see what was sent: a signature is of that.
            .guard(Sees);
        let schema = serde_json::json!({ "type": "object", "required": ["name"] });
        let api = Api::rest("api").model("Pet", schema).route("POST /x", route).stage(StageDefinition::new("prod"));
        let gateway = TestGateway::new(Definition::new().api(api))?;
        let json = br#"{"name":"Rex"}"#;
        let two_members = [gzip(br#"{"name""#)?, gzip(br#":"Rex"}"#)?].concat();
        for (coding, body) in [
            ("gzip", gzip(json)?),
            ("GZIP", two_members),
            ("x-gzip", gzip(json)?),
            ("deflate", zlib(json)?),
            ("identity", json.to_vec()),
            ("identity, deflate", zlib(json)?),
        ] {
            let length = body.len();
            let request = http::Request::post("/prod/x").header("content-encoding", coding);
            let answer = gateway.send_body(request.header("content-length", length), body).await;
            assert_eq!(answer.status, 200, "{coding} {answer:?}");
            let call = backend.calls().pop().ok_or("no call")?;
            assert_eq!(call.body, &json[..], "{coding}");
            assert!(!call.headers.contains_key("content-encoding"), "{coding}");
            assert_eq!(call.headers["content-length"], json.len().to_string(), "{coding}");
            let seen = call.context.as_ref().and_then(|context| context.body().map(Bytes::len));
            assert_eq!(seen, Some(length), "{coding}");
        }
        let answer =
            gateway.send_body(http::Request::post("/prod/x").header("content-encoding", "gzip"), gzip(b"[]")?).await;
        assert_eq!(answer.status, 400, "what is validated is the decoded body");
        Ok(())
    })
}

/// A guard that reads the body.
struct Sees;

#[async_trait::async_trait]
impl gateway_core::Guard for Sees {
    async fn check(&self, _: &gateway_core::Parts, _: &gateway_core::Context) -> Result<(), gateway_core::Error> {
        Ok(())
    }

    fn reads_body(&self) -> bool {
        true
    }
}

#[test]
fn what_is_not_coded_as_it_says_is_refused() -> Outcome {
    run(async {
        let backend = RecordingIntegration::answering("ok");
        let gateway =
            TestGateway::new(api(None, backend.clone()).limits(Limits { payload: 1000, ..Limits::default() }))?;
        let send = async |coding: &str, body: Vec<u8>| {
            gateway.send_body(http::Request::post("/prod/x").header("content-encoding", coding), body).await.status
        };
        let (zipped, deflated) = (gzip(TEXT.as_bytes())?, zlib(TEXT.as_bytes())?);
        for (coding, body) in [
            ("br", b"x".to_vec()),
            ("gzip, gzip", gzip(&zipped)?),
            ("gzip", b"no gzip".to_vec()),
            ("gzip", zipped[..zipped.len() - 1].to_vec()),
            ("gzip", zipped[..20].to_vec()),
            ("gzip", [&zipped[..], b"rest"].concat()),
            ("gzip", deflated.clone()),
            ("deflate", deflated[..deflated.len() - 1].to_vec()),
            ("deflate", deflated[..10].to_vec()),
            ("deflate", [&deflated[..], b"rest"].concat()),
            ("deflate", zipped.clone()),
        ] {
            assert_eq!(send(coding, body).await, 415, "{coding}");
        }
        for bomb in [("gzip", gzip(&[0; 1001])?), ("deflate", zlib(&[0; 1001])?), ("gzip", gzip(&vec![0; 500_000])?)] {
            assert_eq!(send(bomb.0, bomb.1).await, 413, "over the limit when it is decoded");
        }
        assert!(backend.calls().is_empty());
        assert_eq!(send("gzip", gzip(&[0; 1000])?).await, 200);
        assert_eq!(send("deflate", zlib(&[0; 1000])?).await, 200);
        assert_eq!(send("br", Vec::new()).await, 200, "there is nothing to decode");
        let call = backend.calls().pop().ok_or("no call")?;
        assert_eq!(call.headers["content-encoding"], "br");
        Ok(())
    })
}

#[test]
fn the_minimum_has_a_range() {
    for kind in [Api::rest("api"), Api::http("api")] {
        let of = |minimum| {
            let route = Route::to(RecordingIntegration::answering("ok"));
            let api = kind.clone().stage(StageDefinition::new("prod")).route("GET /x", route);
            problems(Definition::new().api(api.minimum_compression_size(minimum)))
        };
        assert!(of(10_485_760).is_empty());
        let said = "/apis/0/minimumCompressionSize: answers are compressed from at most 10485760 bytes on";
        assert_eq!(of(10_485_761), [said]);
    }
}

/// Which HTTP APIs of AWS have not; requests go to the backend as they came, as on AWS.
#[test]
fn an_http_api_compresses_answers_and_decodes_nothing() -> Outcome {
    run(async {
        let backend = RecordingIntegration::answering(TEXT);
        let api = Api::http("api").stage(StageDefinition::new("prod")).route("POST /x", Route::to(backend.clone()));
        let gateway = crate::gateway(Definition::new().api(api.minimum_compression_size(10)))?;
        let request = http::Request::post("/prod/x").header("accept-encoding", "gzip");
        let coded = gzip(b"question")?;
        let answer = gateway.send_body(request.header("content-encoding", "gzip"), coded.clone()).await;
        assert_eq!((answer.header("content-encoding"), plain(&answer)?), ("gzip", TEXT.into()));
        assert_eq!(backend.calls().pop().ok_or("no call")?.body, coded);
        Ok(())
    })
}

/// Bytes that are well coded, or nearly, or not at all.
fn coded() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    let plain =
        prop_oneof![vec(any::<u8>(), 0..3000), (any::<u8>(), 0..60_000_usize).prop_map(|(byte, n)| vec![byte; n])];
    let bytes = (plain, 0..3_u8, any::<prop::sample::Index>(), any::<u8>(), any::<bool>()).prop_map(
        |(plain, form, at, damage, cut)| {
            let mut bytes = match form {
                0 => gzip(&plain).unwrap_or_default(),
                1 => zlib(&plain).unwrap_or_default(),
                _ => plain,
            };
            if damage > 100 && !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= damage);
                bytes.truncate(if cut { at } else { bytes.len() });
            }
            bytes
        },
    );
    (select(vec!["gzip", "deflate", "identity", "br", "gzip, deflate", ""]), bytes)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_body_of_a_request_grows_over_the_limit_or_makes_the_gateway_panic((coding, body) in coded()) {
        let done = run(async {
            let backend = RecordingIntegration::answering("ok");
            let limits = Limits { payload: 2000, ..Limits::default() };
            let gateway = TestGateway::new(api(None, backend.clone()).limits(limits))?;
            let request = http::Request::post("/prod/x").header("content-encoding", coding);
            let status = gateway.send_body(request, body).await.status.as_u16();
            let calls = backend.calls();
            assert!(calls.iter().all(|call| call.body.len() <= 2000));
            assert!(matches!((status, calls.len()), (200, 1) | (413 | 415, 0)), "{status} {coding}");
            Ok(())
        });
        prop_assert!(done.is_ok(), "{done:?}");
    }

    #[test]
    fn what_is_compressed_is_what_was_answered(
        pieces in vec(vec(any::<u8>(), 0..200), 0..40),
        repeats in 1..100_usize,
        coding in select(vec!["gzip", "deflate"]),
        streams in any::<bool>(),
    ) {
        let body = Bytes::from(pieces.concat().repeat(repeats));
        let done = run(async {
            let answer = body.clone();
            let backend = RecordingIntegration::new(move |_| {
                Ok(Response::new(if streams { Body::new(Full::new(answer.clone())) } else { answer.clone().into() }))
            });
            let gateway = TestGateway::new(api(Some(1), backend))?;
            let answer = gateway.send(get().header("accept-encoding", coding)).await;
            assert_eq!(answer.header("content-encoding"), if body.is_empty() { "" } else { coding });
            assert_eq!(plain(&answer)?, body);
            Ok(())
        });
        prop_assert!(done.is_ok(), "{done:?}");
    }
}
