//! Signed requests: taken as they are, refused with one byte changed.

use std::time::{Duration, SystemTime};

use gateway_auth::{Credential, SigV4Verifier, SignedRequest, StaticCredentials};
use gateway_core::Identity;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

/// 2015-08-30T12:36:00Z, when all of them were signed.
const SIGNED: u64 = 1_440_938_160;

/// A request as it stood on the wire.
#[derive(Clone)]
struct Sent {
    method: String,
    path: String,
    query: Option<String>,
    headers: HeaderMap,
    body: String,
}

/// Checks one case: its signature in the header and in the query.
pub(crate) fn check(case: &Value) -> Result<(), String> {
    if case["context"]["timestamp"] != "2015-08-30T12:36:00Z" {
        return Err(format!("signed at {}", case["context"]["timestamp"]));
    }
    for place in ["header", "query"] {
        let text = case[place]["signed_request"].as_str().ok_or("no signed request")?;
        let sent = Sent::parse(text).ok_or_else(|| format!("{place}: no request"))?;
        let verifier = verifier(case);
        verify(&verifier, &sent, case).map_err(|error| format!("{place}: {error}"))?;
        for (what, changed) in changes(&sent, place == "header") {
            if verify(&verifier, &changed, case).is_ok() {
                return Err(format!("{place}: accepted with another {what}"));
            }
        }
    }
    Ok(())
}

fn verifier(case: &Value) -> SigV4Verifier {
    let of = |name: &str| case["context"]["credentials"][name].as_str();
    let key = of("access_key_id").unwrap_or_default();
    let caller = Identity::new("arn:aws:iam::123456789012:user/alice", "AIDAALICE");
    let mut credential = Credential::new(key, of("secret_access_key").unwrap_or_default(), caller);
    if let Some(token) = of("token") {
        credential = credential.session_token(token);
    }
    let service = case["context"]["service"].as_str().unwrap_or_default();
    SigV4Verifier::new(StaticCredentials::new().with(key, credential)).service(service)
}

fn verify(verifier: &SigV4Verifier, sent: &Sent, case: &Value) -> Result<(), String> {
    let request = SignedRequest {
        method: &sent.method,
        path: &sent.path,
        query: sent.query.as_deref(),
        headers: &sent.headers,
        authority: None,
        body: sent.body.as_bytes(),
    };
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(SIGNED);
    let region = case["context"]["region"].as_str().unwrap_or_default();
    match verifier.verify_now(&request, region, now) {
        Some(verified) => verified.map(|_| ()).map_err(|error| error.to_string()),
        None => Err("the credentials were not at hand".to_owned()),
    }
}

/// The same request with one byte changed, here and there.
fn changes(sent: &Sent, in_header: bool) -> Vec<(&'static str, Sent)> {
    let with = |change: &dyn Fn(&mut Sent)| {
        let mut changed = sent.clone();
        change(&mut changed);
        changed
    };
    let mut all = vec![
        ("method", with(&|sent| sent.method.replace_range(..1, "X"))),
        ("path", with(&|sent| sent.path.push('x'))),
        ("body", with(&|sent| sent.body.push('x'))),
        ("host", with(&|sent| drop(sent.headers.insert("host", HeaderValue::from_static("example.amazonaws.con"))))),
        (
            "query",
            with(&|sent| sent.query = Some(sent.query.as_deref().map_or("x".to_owned(), |query| format!("{query}&x")))),
        ),
    ];
    let flipped = |text: &str| {
        let (head, last) = text.split_at(text.len() - 1);
        format!("{head}{}", if last == "0" { "1" } else { "0" })
    };
    let signature = |sent: &mut Sent| {
        if in_header {
            let value = flipped(sent.headers["authorization"].to_str().unwrap_or_default());
            sent.headers.insert("authorization", HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("")));
        } else if let Some(query) = &sent.query {
            let at = query.find("X-Amz-Signature=").map_or(0, |at| at + "X-Amz-Signature=".len());
            sent.query = Some(format!("{}{}{}", &query[..at], flipped(&query[at..at + 64]), &query[at + 64..]));
        }
    };
    all.push(("signature", with(&signature)));
    all
}

impl Sent {
    fn parse(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let (line, fields) = head.split_once('\n')?;
        let (method, rest) = line.split_once(' ')?;
        let (target, _) = rest.rsplit_once(' ')?;
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let mut headers = HeaderMap::new();
        // A line that begins with a space continues the one before (RFC 9112 §5.2).
        for field in fields.replace("\n ", " ").lines().filter(|line| !line.is_empty()) {
            let (name, value) = field.split_once(':')?;
            headers.append(HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value.trim()).ok()?);
        }
        let (method, path, query) = (method.to_owned(), path.to_owned(), query.map(str::to_owned));
        Some(Self { method, path, query, headers, body: body.to_owned() })
    }
}
