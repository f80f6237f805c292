//! Mutual TLS: which certificates are taken, and what they say.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    convert::Infallible,
    time::{Duration, SystemTime},
};

use gateway_auth::{CertificateError, MutualTls, Truststore, TruststoreError};
use gateway_core::{
    Api, ApiKind, Body, ClientCertificate, Definition, Guard, PeerCertificates, Request, Response, Route,
    StageDefinition,
    config::{Config, Registry},
    testing::{RecordingIntegration, TestGateway},
};
use proptest::prelude::*;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    SerialNumber, date_time_ymd,
};
use rustls_pki_types::CertificateDer;
use serde_json::json;
use tower::{Layer, ServiceExt, service_fn};

type Authority = (Issuer<'static, KeyPair>, String, CertificateDer<'static>);

/// 2020-06-01.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_590_969_600)
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.not_before = date_time_ymd(2019, 5, 28);
    params.not_after = date_time_ymd(2021, 8, 5);
    params.serial_number = Some(SerialNumber::from_slice(&[0xa1, 0x0b, 0x00]));
    params.distinguished_name = DistinguishedName::new();
    for (kind, value) in [
        (DnType::CountryName, "US"),
        (DnType::StateOrProvinceName, "Washington"),
        (DnType::OrganizationName, "Example, Inc."),
        (DnType::CommonName, name),
    ] {
        params.distinguished_name.push(kind, value);
    }
    params
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn root(name: &str) -> Authority {
    let (params, key) = (authority_params(name), KeyPair::generate().unwrap());
    let own = params.self_signed(&key).unwrap();
    (Issuer::new(params, key), own.pem(), own.der().clone())
}

fn below(authority: &Authority, name: &str) -> Authority {
    let (params, key) = (authority_params(name), KeyPair::generate().unwrap());
    let own = params.signed_by(&key, &authority.0).unwrap();
    (Issuer::new(params, key), own.pem(), own.der().clone())
}

fn client(authority: &Authority, change: impl FnOnce(&mut CertificateParams)) -> CertificateDer<'static> {
    let mut params = params("client");
    change(&mut params);
    params.signed_by(&KeyPair::generate().unwrap(), &authority.0).unwrap().der().clone()
}

fn store(authority: &Authority) -> Truststore {
    Truststore::from_pem(authority.1.as_bytes()).unwrap()
}

#[test]
fn a_certificate_is_told_in_aws_words() {
    let root = root("My, CA");
    let told = store(&root).check(&[client(&root, |_| {})], now()).unwrap();
    let fields = told.fields();
    assert_eq!(fields.subject_dn, r"C=US,ST=Washington,O=Example\, Inc.,CN=client");
    assert_eq!(fields.issuer_dn, r"C=US,ST=Washington,O=Example\, Inc.,CN=My\, CA");
    assert_eq!(fields.serial_number, "a1:0b:00");
    assert_eq!(fields.not_before, "May 28 00:00:00 2019 GMT");
    assert_eq!(fields.not_after, "Aug  5 00:00:00 2021 GMT");
    assert!(
        fields.pem.starts_with("-----BEGIN CERTIFICATE-----\nMII")
            && fields.pem.ends_with("-----END CERTIFICATE-----\n")
    );
    assert!(Truststore::from_pem(fields.pem.as_bytes()).is_ok(), "the PEM can be read again");
}

#[test]
fn only_what_chains_to_the_truststore_now_is_taken() {
    let (own, other) = (root("own"), root("other"));
    let store = store(&own);
    let plain = |_: &mut CertificateParams| {};
    for (chain, outcome) in [
        (vec![client(&own, plain)], Ok(())),
        (vec![client(&own, |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth])], Ok(())),
        (vec![own.2.clone()], Ok(())),
        (vec![], Err(CertificateError::Missing)),
        (vec![client(&other, plain)], Err(CertificateError::Issuer)),
        (vec![client(&other, plain), other.2.clone()], Err(CertificateError::Issuer)),
        (vec![client(&own, |params| params.not_after = date_time_ymd(2020, 5, 1))], Err(CertificateError::Time)),
        (vec![client(&own, |params| params.not_before = date_time_ymd(2020, 7, 1))], Err(CertificateError::Time)),
        (
            vec![client(&own, |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth])],
            Err(CertificateError::Usage),
        ),
        (vec![CertificateDer::from(b"no certificate".to_vec())], Err(CertificateError::Malformed)),
    ] {
        assert_eq!(store.check(&chain, now()).map(|_| ()), outcome);
    }
    let late = SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000);
    assert_eq!(store.check(std::slice::from_ref(&own.2), late).unwrap_err(), CertificateError::Time);
}

#[test]
fn a_chain_has_at_most_four_certificates() {
    let root = root("root");
    let store = store(&root);
    let first = below(&root, "first");
    let second = below(&first, "second");
    let third = below(&second, "third");
    let plain = |_: &mut CertificateParams| {};
    let between = |authorities: &[&Authority]| authorities.iter().map(|one| one.2.clone()).collect::<Vec<_>>();
    let chain = |authority, others: &[&Authority]| [vec![client(authority, plain)], between(others)].concat();
    assert!(store.check(&chain(&second, &[&second, &first]), now()).is_ok());
    let long = store.check(&chain(&third, &[&third, &second, &first]), now());
    assert_eq!(long.unwrap_err(), CertificateError::Issuer);
    let gap = store.check(&chain(&second, &[&second]), now());
    assert_eq!(gap.unwrap_err(), CertificateError::Issuer);
}

#[test]
fn a_bundle_that_is_none_is_refused() {
    assert_eq!(Truststore::from_pem(b"").unwrap_err(), TruststoreError::Empty);
    assert_eq!(Truststore::from_pem(b"text").unwrap_err(), TruststoreError::Empty);
    let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert_eq!(Truststore::from_pem(broken).unwrap_err(), TruststoreError::Certificate(0));
}

fn certificate() -> ClientCertificate {
    let root = root("root");
    store(&root).check(&[client(&root, |_| {})], now()).unwrap()
}

#[tokio::test]
async fn requests_without_a_certificate_are_forbidden_and_others_tell_it() {
    for kind in [ApiKind::Rest, ApiKind::Http] {
        let backend = RecordingIntegration::answering("ok");
        let api = match kind {
            ApiKind::Rest => Api::rest("pets"),
            _ => Api::http("pets"),
        };
        let api =
            api.guard(MutualTls).route("GET /pets", Route::to(backend.clone())).stage(StageDefinition::new("prod"));
        let gateway = TestGateway::new(Definition::new().api(api)).unwrap();
        // What a client writes is no certificate.
        let request = || http::Request::get("/prod/pets").header("x-client-cert", "CN=client");
        let refused = gateway.send(request()).await;
        assert_eq!((refused.status.as_u16(), refused.text()), (403, r#"{"message":"Forbidden"}"#));
        let exception = if kind == ApiKind::Rest { "ForbiddenException" } else { "" };
        assert_eq!(refused.header("x-amzn-errortype"), exception);
        assert_eq!(gateway.send(request().extension(certificate())).await.status, 200);
        let calls = backend.calls();
        let seen = |name: &str| calls[0].context.as_ref().unwrap().lookup(name).unwrap();
        assert_eq!(seen("identity.clientCert.serialNumber"), "a1:0b:00");
        assert_eq!(seen("identity.clientCert.validity.notAfter"), "Aug  5 00:00:00 2021 GMT");
        assert!(seen("identity.clientCert.clientCertPem").starts_with("-----BEGIN"));
        assert!(seen("identity.clientCert.subjectDN").ends_with("CN=client"));
        assert!(seen("identity.clientCert.issuerDN").ends_with("CN=root"));
    }
}

#[tokio::test]
async fn one_layer_is_enough() {
    let hello = service_fn(async |_: Request| Ok::<_, Infallible>(Response::new(Body::from("hello"))));
    let layer = MutualTls.into_layer();
    let send = async |request: http::request::Builder| {
        layer.clone().layer(hello).oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status().as_u16()
    };
    assert_eq!(send(http::Request::get("/")).await, 403);
    assert_eq!(send(http::Request::get("/").extension(certificate())).await, 200);
}

/// The settings of a domain, and of an API behind it and behind its own endpoint.
fn behind(truststore: &str) -> Config {
    let config = json!({
        "apis": [{ "name": "pets", "protocolType": "REST", "stages": [{ "name": "prod" }],
            "routes": [{ "route": "GET /pets", "integration": { "type": "service", "name": "pets" } }] }],
        "domains": [{ "name": "api.example.com", "mappings": [{ "api": "pets", "stage": "prod" }],
            "mutualTlsAuthentication": { "truststoreUri": truststore, "truststoreVersion": "1" } }],
    });
    Config::from_value(config).unwrap()
}

fn registry(backend: &RecordingIntegration) -> Registry {
    Registry::new().truststores(Truststore::define).service("pets", backend.clone())
}

#[tokio::test]
async fn a_domain_takes_only_clients_of_its_truststore() {
    let (own, other) = (root("own"), root("other"));
    let late = |params: &mut CertificateParams| params.not_after = date_time_ymd(2030, 1, 1);
    let peer = |authority: &Authority| PeerCertificates::new([client(authority, late)]);
    let file = std::env::temp_dir().join(format!("truststore-{}.pem", std::process::id()));
    std::fs::write(&file, &own.1).unwrap();
    let path = file.to_str().unwrap();
    for truststore in [own.1.clone(), path.to_owned(), format!("file://{path}")] {
        let backend = RecordingIntegration::answering("ok");
        let gateway = TestGateway::new(behind(&truststore).define(&registry(&backend))).unwrap();
        let request = |host: &str, path: &str| http::Request::get(path).header("host", host);
        let called = |peer| request("api.example.com", "/pets").extension(peer);
        assert_eq!(gateway.send(called(peer(&own))).await.status, 200);
        let seen = |name: &str| backend.calls()[0].context.as_ref().unwrap().lookup(name).unwrap();
        assert!(seen("identity.clientCert.subjectDN").ends_with("CN=client"));
        let none = PeerCertificates::new(Vec::<Vec<u8>>::new());
        for refused in [
            called(peer(&other)),
            called(none),
            request("api.example.com", "/pets"),
            request("api.example.com", "/elsewhere"),
            // The host took this one for something else.
            request("api.example.com", "/pets").extension(certificate()),
        ] {
            let refused = gateway.send(refused).await;
            assert_eq!((refused.status.as_u16(), refused.text()), (403, r#"{"message":"Forbidden"}"#));
        }
        assert_eq!(gateway.send(request("pets.example.com", "/prod/pets")).await.status, 200, "its own endpoint");
    }
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn a_truststore_that_is_none_is_a_problem_with_its_place() {
    let backend = RecordingIntegration::answering("ok");
    for truststore in ["s3://bucket/key.pem", "/nowhere/truststore.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n"] {
        let problems = TestGateway::new(behind(truststore).define(&registry(&backend))).unwrap_err();
        let places: Vec<_> = problems.all().iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(places, ["/domains/0/mutualTlsAuthentication/truststoreUri"], "{truststore}");
    }
    assert!(TestGateway::new(behind("").define(&registry(&backend))).is_ok(), "nothing turns it off");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_changed_certificate_is_refused(at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let root = root("root");
        let mut bytes = client(&root, |_| {}).to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert!(store(&root).check(&[CertificateDer::from(bytes)], now()).is_err());
    }

    #[test]
    fn any_bytes_are_no_certificate(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(store(&root("root")).check(&[CertificateDer::from(bytes.clone())], now()).is_err());
        let _ = Truststore::from_pem(&bytes);
    }
}
