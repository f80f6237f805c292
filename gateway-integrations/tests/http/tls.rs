//! TLS: what is negotiated, and who is trusted.

use std::{sync::Arc, time::Duration};

use gateway_core::{ErrorKind, HttpClient};
use gateway_integrations::{HttpProxy, http::PooledClient};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ClientConfig, RootCertStore, ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use crate::backend::{Backend, Speaks, echo, get, invoke, serve, text};

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
    assert_eq!(invoke(&proxy, get("/")).await.unwrap_err().kind(), ErrorKind::IntegrationFailure);
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
    let client = PooledClient::builder().tls(Arc::new(trusting(certificate))).connect_timeout(Duration::from_secs(2));
    let proxy = HttpProxy::new(&uri, Arc::new(client.build().unwrap())).unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(3), invoke(&proxy, get("/"))).await;
    let error = answer.expect("within the connect timeout").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IntegrationFailure);
    let cause = std::error::Error::source(&error).and_then(std::error::Error::source).unwrap();
    assert!(cause.to_string().contains("no connection within 2s"), "{cause}");
}
