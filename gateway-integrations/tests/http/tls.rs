//! TLS: what is negotiated, and who is trusted.

use std::{sync::Arc, time::Duration};

use gateway_core::{
    CallCause, CallError, CallPhase, ErrorKind, HttpClient,
    config::{Config, IntegrationFactory, IntegrationPlace, Registry},
    testing::TestGateway,
};
use gateway_integrations::{
    HttpProxy,
    http::{PooledClient, Tls},
};
use serde_json::json;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ClientConfig, RootCertStore, ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject},
        server::WebPkiClientVerifier,
    },
};

use crate::backend::{Backend, Speaks, echo, get, invoke, now, serve, text};

/// A backend with a certificate of its own for `localhost`, and that certificate.
async fn backend(speaks: Speaks, alpn: &[&str]) -> (Backend, CertificateDer<'static>) {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let certificate = own.cert.der().clone();
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let backend = Backend::accepting(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                serve(speaks, stream, echo).await;
            }
        }
    })
    .await;
    (backend, certificate)
}

fn trusting(certificate: CertificateDer<'static>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

fn client(config: ClientConfig) -> Arc<dyn HttpClient> {
    Arc::new(PooledClient::builder().tls(Arc::new(config)).build().unwrap())
}

fn uri(backend: &Backend) -> String {
    format!("https://localhost:{}/x", backend.address.port())
}

#[tokio::test]
async fn alpn_chooses_the_version() {
    for (speaks, alpn, version) in [
        (Speaks::Http2, vec!["h2", "http/1.1"], "HTTP/2.0"),
        (Speaks::Http1, vec!["http/1.1"], "HTTP/1.1"),
        (Speaks::Http1, vec![], "HTTP/1.1"),
    ] {
        let (backend, certificate) = backend(speaks, &alpn).await;
        let proxy = HttpProxy::new(&uri(&backend), client(trusting(certificate))).unwrap();
        let seen = text(invoke(&proxy, get("/")).await.unwrap()).await;
        assert!(seen.starts_with(&format!("{version} GET /x host=localhost:")), "{alpn:?}: {seen}");
    }
}

#[tokio::test]
async fn the_hosts_own_choice_of_protocols_holds() {
    let (backend, certificate) = backend(Speaks::Http1, &["h2", "http/1.1"]).await;
    let mut config = trusting(certificate);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let proxy = HttpProxy::new(&uri(&backend), client(config)).unwrap();
    assert!(text(invoke(&proxy, get("/")).await.unwrap()).await.starts_with("HTTP/1.1 "));
}

#[tokio::test]
async fn plain_text_goes_through_the_same_client() {
    let (tls, certificate) = backend(Speaks::Http1, &[]).await;
    let plain = Backend::start(Speaks::Http1, echo).await;
    let client = client(trusting(certificate));
    for uri in [uri(&tls), plain.uri("/x")] {
        let proxy = HttpProxy::new(&uri, client.clone()).unwrap();
        assert_eq!(invoke(&proxy, get("/")).await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn a_certificate_of_someone_else_is_refused() {
    let (ours, _) = backend(Speaks::Http1, &[]).await;
    let (_, theirs) = backend(Speaks::Http1, &[]).await;
    let proxy = HttpProxy::new(&uri(&ours), client(trusting(theirs))).unwrap();
    let error = invoke(&proxy, get("/")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IntegrationFailure);
    let call = CallError::of(&error).unwrap();
    assert_eq!((call.phase(), call.cause()), (CallPhase::Tls, CallCause::Untrusted));
}

#[tokio::test]
async fn a_certificate_of_another_name_is_refused() {
    let (backend, certificate) = backend(Speaks::Http1, &[]).await;
    let by_address = format!("https://{}/x", backend.address);
    let proxy = HttpProxy::new(&by_address, client(trusting(certificate))).unwrap();
    assert_eq!(invoke(&proxy, get("/")).await.unwrap_err().kind(), ErrorKind::IntegrationFailure);
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_never_ends_is_given_up() {
    let (_, certificate) = backend(Speaks::Http1, &[]).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("https://127.0.0.1:{}/", listener.local_addr().unwrap().port());
    let client = PooledClient::builder().tls(Arc::new(trusting(certificate)));
    // Connecting is done long before.
    let client = client.connect_timeout(Duration::from_secs(3600)).tls_handshake_timeout(Duration::from_secs(2));
    let proxy = HttpProxy::new(&uri, Arc::new(client.build().unwrap())).unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(3), invoke(&proxy, get("/"))).await;
    let error = answer.expect("within the timeout of the handshake").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IntegrationFailure);
    let call = CallError::of(&error).unwrap();
    assert_eq!((call.phase(), call.cause()), (CallPhase::Tls, CallCause::TimedOut));
    let cause = std::error::Error::source(call).unwrap();
    assert!(cause.to_string().contains("no connection within 2s"), "{cause}");
}

/// Makes certificates: an authority's, and one that it signed for `name`.
struct Authority {
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new([]).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: rcgen::Issuer::new(params, key), pem }
    }

    /// The certificate and its key.
    fn sign(&self, name: &str, days: std::ops::Range<i64>) -> (String, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new([name.to_owned()]).unwrap();
        let day = |number: i64| rcgen::date_time_ymd(2020, 1, 1) + Duration::from_secs(number as u64 * 86_400);
        (params.not_before, params.not_after) = (day(days.start), day(days.end));
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }

    /// A backend that shows the certificate for `name`, and the authority's after it; with `clients` it asks for one that
    /// this has signed.
    async fn backend(&self, name: &str, days: std::ops::Range<i64>, clients: Option<&Self>) -> Backend {
        let (own, key) = self.sign(name, days);
        let chain = own + &self.pem;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let config = match clients {
            Some(clients) => {
                let mut roots = RootCertStore::empty();
                roots.add(CertificateDer::from_pem_slice(clients.pem.as_bytes()).unwrap()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
                config.unwrap().with_client_cert_verifier(verifier)
            }
            None => config.unwrap().with_no_client_auth(),
        };
        let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(chain, key).unwrap()));
        Backend::accepting(move |stream| {
            let acceptor = acceptor.clone();
            async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve(Speaks::Http1, stream, echo).await;
                }
            }
        })
        .await
    }
}

const VALID: std::ops::Range<i64> = 0..36_500;
const EXPIRED: std::ops::Range<i64> = 0..1;

async fn speaks_with(backend: &Backend, tls: Tls) -> bool {
    let client = PooledClient::builder().tls_options(tls).unwrap().build().unwrap();
    let proxy = HttpProxy::new(&uri(backend), Arc::new(client)).unwrap();
    match invoke(&proxy, get("/")).await {
        Ok(answer) => answer.status() == 200,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::IntegrationFailure);
            false
        }
    }
}

#[tokio::test]
async fn only_named_roots_are_trusted() {
    let (ours, others) = (Authority::new(), Authority::new());
    let backend = ours.backend("localhost", VALID, None).await;
    let trusting = |roots: &str| Tls::new().roots_pem(roots.as_bytes()).unwrap();
    assert!(speaks_with(&backend, trusting(&ours.pem)).await);
    assert!(speaks_with(&backend, trusting(&(others.pem.clone() + &ours.pem))).await);
    assert!(!speaks_with(&backend, trusting(&others.pem)).await);
    assert!(Tls::new().roots_pem(b"none").is_err());
}

#[tokio::test]
async fn a_client_shows_its_certificate() {
    let (ours, clients) = (Authority::new(), Authority::new());
    let backend = ours.backend("localhost", VALID, Some(&clients)).await;
    let trusting = || Tls::new().roots_pem(ours.pem.as_bytes()).unwrap();
    let (chain, key) = clients.sign("gateway", VALID);
    let known = trusting().client_certificate_pem(chain.as_bytes(), key.as_bytes()).unwrap();
    assert!(speaks_with(&backend, known).await);
    assert!(!speaks_with(&backend, trusting()).await);
    let (chain, key) = ours.sign("gateway", VALID);
    let unknown = trusting().client_certificate_pem(chain.as_bytes(), key.as_bytes()).unwrap();
    assert!(!speaks_with(&backend, unknown).await);
    assert!(Tls::new().client_certificate_pem(chain.as_bytes(), b"no key").is_err());
}

/// AWS developer guide, `insecureSkipVerification`: the date, the name and the presence of a root are still checked.
#[tokio::test]
async fn without_verification_name_and_date_still_count() {
    let ours = Authority::new();
    for (name, days, speaks) in [("localhost", VALID, true), ("elsewhere", VALID, false), ("localhost", EXPIRED, false)]
    {
        let backend = ours.backend(name, days.clone(), None).await;
        let skipping = Tls::new().insecure_skip_verification();
        assert_eq!(speaks_with(&backend, skipping).await, speaks, "{name} {days:?}");
    }
}

#[tokio::test]
async fn another_name_can_be_asked_for() {
    let ours = Authority::new();
    let backend = ours.backend("inside.example", VALID, None).await;
    let trusting = || Tls::new().roots_pem(ours.pem.as_bytes()).unwrap();
    assert!(speaks_with(&backend, trusting().server_name_to_verify("inside.example").unwrap()).await);
    assert!(!speaks_with(&backend, trusting()).await);
    assert!(Tls::new().server_name_to_verify("no name").is_err());
}

#[tokio::test]
async fn a_definition_can_skip_verification_and_name_who_answers() {
    let integrations = gateway_integrations::Integrations::with_default_client().unwrap();
    let (api, route) = Default::default();
    let place = IntegrationPlace { api: &api, route: &route };
    for (name, tls, answers) in [
        ("localhost", json!({ "insecureSkipVerification": true }), true),
        ("localhost", json!({ "insecureSkipVerification": false }), false),
        ("inside.example", json!({ "insecureSkipVerification": true, "serverNameToVerify": "inside.example" }), true),
        ("inside.example", json!({ "insecureSkipVerification": true, "serverNameToVerify": "other.example" }), false),
        ("inside.example", json!({ "insecureSkipVerification": true }), false),
    ] {
        let backend = Authority::new().backend(name, VALID, None).await;
        let config = json!({ "type": "http_proxy", "uri": uri(&backend), "tlsConfig": tls });
        let config = serde_json::from_value(config).unwrap();
        let integration = integrations.integration(&config, place).unwrap().unwrap();
        assert_eq!(invoke(&integration, get("/")).await.is_ok(), answers, "{name} {tls}");
    }
}

#[tokio::test]
async fn a_stage_shows_its_certificate_to_backends() {
    let (ours, clients) = (Authority::new(), Authority::new());
    let backend = ours.backend("localhost", VALID, Some(&clients)).await;
    let (chain, key) = clients.sign("gateway", VALID);
    let integrations = gateway_integrations::Integrations::with_default_client().unwrap();
    assert!(integrations.clone().client_certificate("c1", chain.as_bytes(), b"no key").is_err());
    let integrations = integrations.client_certificate("c1", chain.as_bytes(), key.as_bytes()).unwrap();
    let registry = Registry::new().integrations(integrations);
    let api = |protocol: &str, certificate: &str| {
        let integration = json!({
            "type": "http_proxy", "uri": uri(&backend), "httpMethod": "GET",
            "tlsConfig": { "insecureSkipVerification": true },
        });
        let api = json!({
            "name": "pets", "protocolType": protocol, "routes": [{ "route": "GET /x", "integration": integration }],
            "stages": [{ "name": "with", "clientCertificateId": certificate }, { "name": "without" }],
        });
        Config::from_value(json!({ "apis": [api] })).unwrap().define(&registry)
    };
    let gateway = TestGateway::new(api("REST", "c1")).unwrap();
    assert_eq!(gateway.send(http::Request::get("/with/x")).await.status, 200);
    assert_eq!(gateway.send(http::Request::get("/without/x")).await.status, 504);
    for (protocol, certificate) in [("REST", "c2"), ("HTTP", "c1")] {
        let problems = TestGateway::new(api(protocol, certificate)).unwrap_err();
        let places: Vec<_> = problems.all().iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(places, ["/apis/0/stages/0/clientCertificateId"], "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_connection_of_others_does_not_wait_in_line() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("https://127.0.0.1:{}/", listener.local_addr().unwrap().port());
    let tls = Tls::new().insecure_skip_verification();
    let client = PooledClient::builder().tls_options(tls).unwrap().tls_handshake_timeout(Duration::from_secs(2));
    let proxy = HttpProxy::new(&uri, Arc::new(client.build().unwrap())).unwrap();
    let started = now();
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let proxy = proxy.clone();
            tokio::spawn(async move { invoke(&proxy, get("/")).await.unwrap_err() })
        })
        .collect();
    for call in calls {
        assert_eq!(CallError::of(&call.await.unwrap()).unwrap().phase(), CallPhase::Tls);
    }
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}
