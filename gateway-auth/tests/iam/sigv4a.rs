//! Signatures for several regions, as the SDK makes them.

use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign},
    sign::v4a,
};
use gateway_auth::{SigV4Verifier, SignedRequest};

use crate::support::*;

fn signed_for(regions: &str, presigned: bool) -> http::Request<()> {
    let mut request = http::Request::get("/prod/pets/a%20b?b=2&a=1").header("host", HOST).body(()).unwrap();
    let mut settings = SigningSettings::default();
    if presigned {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(std::time::Duration::from_secs(60));
    }
    let identity = aws_credential_types::Credentials::new(KEY, SECRET, None, None, "test").into();
    let parameters = v4a::SigningParams::builder().identity(&identity).region_set(regions).name("execute-api");
    let parameters = parameters.time(then()).settings(settings).build().unwrap().into();
    let uri = format!("https://{HOST}{}", request.uri());
    let pairs = request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
    let signable = SignableRequest::new("GET", uri, pairs, SignableBody::Bytes(b"")).unwrap();
    let (instructions, _) = sign(signable, &parameters).unwrap().into_parts();
    instructions.apply_to_request_http1x(&mut request);
    request
}

fn refusal(request: &http::Request<()>, method: &str) -> Option<&'static str> {
    let signed = SignedRequest {
        method,
        path: request.uri().path(),
        query: request.uri().query(),
        headers: request.headers(),
        authority: None,
        body: b"",
    };
    let verifier = SigV4Verifier::new(store(credential()));
    verifier.verify_now(&signed, REGION, then()).unwrap().err().map(|error| error.exception())
}

#[test]
fn a_signature_is_good_in_the_regions_that_it_names() {
    for presigned in [false, true] {
        for (regions, good) in
            [("us-east-1", true), ("*", true), ("eu-west-1,us-*", true), ("eu-west-1,us-west-2", false), ("us", false)]
        {
            let request = signed_for(regions, presigned);
            let expected = if good { None } else { Some("InvalidSignatureException") };
            assert_eq!(refusal(&request, "GET"), expected, "{regions} {presigned}");
        }
        let mut request = signed_for("us-east-1", presigned);
        assert_eq!(refusal(&request, "PUT"), Some("InvalidSignatureException"));
        request.headers_mut().insert("host", "other.example".parse().unwrap());
        assert_eq!(refusal(&request, "GET"), Some("InvalidSignatureException"));
    }
}
