//! Keys that sign, an identity provider in memory, and requests.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock},
};

use async_trait::async_trait;
use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair, RsaPublicKeyComponents},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gateway_auth::{JwtAuthorizer, JwtAuthorizerBuilder};
use gateway_core::{
    Authorization, Authorizer, Body, Clock, Context, Error, ErrorKind, HttpClient, ManualClock, Parts, Random, Request,
    Response, RouteFacts,
};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

pub(crate) const ISSUER: &str = "https://issuer.example/pool";
pub(crate) const DISCOVERY: &str = "https://issuer.example/pool/.well-known/openid-configuration";
pub(crate) const JWKS: &str = "https://keys.example/jwks.json";

/// The time that `ManualClock` starts at.
pub(crate) const NOW: u64 = 1_704_067_200;

pub(crate) enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(EcdsaKeyPair, &'static str),
    Ed(Ed25519KeyPair),
}

/// A private key with its id.
pub(crate) struct Signer {
    pub(crate) kid: &'static str,
    pair: Pair,
}

impl Signer {
    fn rsa(kid: &'static str) -> Self {
        Self { kid, pair: Pair::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())) }
    }

    pub(crate) fn p256(kid: &'static str) -> Self {
        let pair = EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self { kid, pair: Pair::Ec(pair, "P-256") }
    }

    pub(crate) fn p384(kid: &'static str) -> Self {
        let pair = EcdsaKeyPair::generate(&signature::ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
        Self { kid, pair: Pair::Ec(pair, "P-384") }
    }

    pub(crate) fn p521(kid: &'static str) -> Self {
        let pair = EcdsaKeyPair::generate(&signature::ECDSA_P521_SHA512_FIXED_SIGNING).unwrap();
        Self { kid, pair: Pair::Ec(pair, "P-521") }
    }

    pub(crate) fn ed25519(kid: &'static str) -> Self {
        Self { kid, pair: Pair::Ed(Ed25519KeyPair::generate().unwrap()) }
    }

    /// The public half.
    pub(crate) fn jwk(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.pair {
            Pair::Rsa(pair) => {
                let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({ "kty": "RSA", "kid": self.kid, "n": encode(&public.n), "e": encode(&public.e) })
            }
            Pair::Ec(pair, curve) => {
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                json!({ "kty": "EC", "kid": self.kid, "crv": curve, "x": encode(x), "y": encode(y) })
            }
            Pair::Ed(pair) => {
                json!({ "kty": "OKP", "kid": self.kid, "crv": "Ed25519", "x": encode(pair.public_key().as_ref()) })
            }
        }
    }

    fn signature(&self, alg: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let encoding: &'static dyn signature::RsaEncoding = match alg {
                    "RS384" => &signature::RSA_PKCS1_SHA384,
                    "RS512" => &signature::RSA_PKCS1_SHA512,
                    "PS256" => &signature::RSA_PSS_SHA256,
                    "PS384" => &signature::RSA_PSS_SHA384,
                    "PS512" => &signature::RSA_PSS_SHA512,
                    _ => &signature::RSA_PKCS1_SHA256,
                };
                let mut out = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &random, message, &mut out).unwrap();
                out
            }
            Pair::Ec(pair, _) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Pair::Ed(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// Signs a header and a payload as they are.
    pub(crate) fn sign_raw(&self, alg: &str, header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(self.signature(alg, signed.as_bytes())))
    }

    pub(crate) fn sign_with(&self, alg: &str, claims: &Value) -> String {
        self.sign_raw(alg, &json!({ "alg": alg, "kid": self.kid }).to_string(), &claims.to_string())
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_with("RS256", claims)
    }
}

/// RSA keys take long to make: each is made once.
pub(crate) fn key_a() -> &'static Signer {
    static KEY: OnceLock<Signer> = OnceLock::new();
    KEY.get_or_init(|| Signer::rsa("a"))
}

pub(crate) fn key_b() -> &'static Signer {
    static KEY: OnceLock<Signer> = OnceLock::new();
    KEY.get_or_init(|| Signer::rsa("b"))
}

pub(crate) fn jwks(keys: &[&Signer]) -> Value {
    json!({ "keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>() })
}

/// Claims that pass, with these over them; `null` takes a claim away.
pub(crate) fn claims(over: Value) -> Value {
    let mut claims = json!({ "iss": ISSUER, "aud": "pets", "sub": "alice", "exp": NOW + 600, "iat": NOW });
    for (name, value) in over.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    claims
}

pub(crate) fn builder() -> JwtAuthorizerBuilder {
    JwtAuthorizer::builder(ISSUER).audience(["pets", "shop"])
}

pub(crate) fn parts(token: &str) -> Parts {
    let request = http::Request::get("/").header("authorization", format!("Bearer {token}"));
    request.body(()).unwrap().into_parts().0
}

pub(crate) fn context(parts: &Parts, clock: &Arc<ManualClock>, scopes: &[&str]) -> Context {
    let context = Context::begin(parts, Arc::clone(clock) as Arc<dyn Clock>, &Random::seeded(1));
    let authorization_scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
    context.set_route(Arc::new(RouteFacts { authorization_scopes, ..RouteFacts::default() }));
    context
}

/// Asks as the gateway does: at once where possible.
pub(crate) async fn ask_at(
    authorizer: &JwtAuthorizer,
    clock: &Arc<ManualClock>,
    token: &str,
) -> Result<Authorization, Error> {
    let parts = parts(token);
    let context = context(&parts, clock, &[]);
    match authorizer.authorize_now(&parts, &context) {
        Some(answer) => answer,
        None => authorizer.authorize(&parts, &context).await,
    }
}

/// Asks at once, which must be possible.
pub(crate) fn ask(authorizer: &JwtAuthorizer, token: &str, scopes: &[&str]) -> Result<Authorization, Error> {
    let parts = parts(token);
    let context = context(&parts, &Arc::new(ManualClock::default()), scopes);
    authorizer.authorize_now(&parts, &context).expect("the keys are there")
}

/// The challenge of a refusal, without its frame.
pub(crate) fn why(answer: Result<Authorization, Error>) -> String {
    let error = answer.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    let (name, value) = error.header().expect("a challenge");
    assert_eq!(name, "www-authenticate");
    let frame = r#"Bearer scope="" error="invalid_token" error_description=""#;
    let text = value.to_str().unwrap().strip_prefix(frame).and_then(|rest| rest.strip_suffix('"'));
    text.expect("the frame of a challenge").to_owned()
}

/// Lets the fetches that run in the background come to their end; on a runtime of one thread.
pub(crate) async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[derive(Clone)]
pub(crate) enum Reply {
    Json(Value),
    Bytes(Vec<u8>),
    Status(u16),
    Unreachable,
    Hang,
    Panic,
}

/// An identity provider, which counts what it is asked for.
pub(crate) struct Idp {
    replies: Mutex<HashMap<String, Reply>>,
    calls: Mutex<Vec<String>>,
    /// Each answer takes one permit.
    pub(crate) permits: Semaphore,
}

impl Idp {
    /// With a discovery document and these keys, answering at once.
    pub(crate) fn with(keys: &[&Signer]) -> Arc<Self> {
        let idp = Self {
            replies: Mutex::default(),
            calls: Mutex::default(),
            permits: Semaphore::new(Semaphore::MAX_PERMITS / 2),
        };
        idp.set(DISCOVERY, Reply::Json(json!({ "issuer": ISSUER, "jwks_uri": JWKS })));
        idp.set(JWKS, Reply::Json(jwks(keys)));
        Arc::new(idp)
    }

    pub(crate) fn set(&self, url: &str, reply: Reply) {
        self.replies.lock().unwrap().insert(url.to_owned(), reply);
    }

    /// What was asked for since the last time.
    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }
}

#[async_trait]
impl HttpClient for Idp {
    async fn send(&self, request: Request) -> Result<Response, Error> {
        assert_eq!(request.method(), "GET");
        assert!(!request.headers().contains_key("authorization"));
        let url = request.uri().to_string();
        self.calls.lock().unwrap().push(url.clone());
        self.permits.acquire().await.unwrap().forget();
        let reply = self.replies.lock().unwrap().get(&url).cloned();
        let (status, body) = match reply {
            Some(Reply::Json(value)) => (200, Body::from(value.to_string())),
            Some(Reply::Bytes(bytes)) => (200, Body::from(bytes)),
            Some(Reply::Status(status)) => (status, Body::from(jwks(&[key_a()]).to_string())),
            Some(Reply::Unreachable) => return Err(ErrorKind::IntegrationFailure.into()),
            Some(Reply::Hang) => std::future::pending().await,
            Some(Reply::Panic) => panic!("a client that is broken"),
            None => (404, Body::empty()),
        };
        let mut response = Response::new(body);
        *response.status_mut() = status.try_into().unwrap();
        Ok(response)
    }
}
