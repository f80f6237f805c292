//! What a function of an HTTP API may answer with in payload format 2.0.

use bytes::Bytes;
use gateway_core::Invoked;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value};

use super::result::{Malformed, ProxyResult, add, content, headers, is_base64, object, status};

impl ProxyResult {
    /// Reads a result of format 2.0: an object with `statusCode` is an answer; anything else is its body.
    ///
    /// AWS developer guide: *Create AWS Lambda proxy integrations for HTTP APIs*.
    pub(super) fn read_v2(invoked: &Invoked) -> Result<Self, Malformed> {
        if let Some(error) = &invoked.error {
            return Err(Malformed::Function(error.clone()));
        }
        match serde_json::from_slice(&invoked.payload) {
            Ok(Value::Object(members)) if members.contains_key("statusCode") => Self::structured(members),
            Ok(Value::String(text)) => Ok(Self::inferred(text.into())),
            Ok(_) | Err(_) => Ok(Self::inferred(invoked.payload.clone())),
        }
    }

    fn inferred(body: Bytes) -> Self {
        let json = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Self { status: StatusCode::OK, headers: [json].into_iter().collect(), body, is_base64_encoded: false }
    }

    fn structured(mut members: Map<String, Value>) -> Result<Self, Malformed> {
        let mut member = |name: &str| members.remove(name).filter(|value| !value.is_null());
        let status = member("statusCode").as_ref().and_then(status).ok_or(Malformed::Status)?;
        let mut headers = headers(object(member("headers"), "headers")?, Map::new())?;
        match member("cookies") {
            Some(Value::Array(cookies)) => {
                for cookie in cookies {
                    add(&mut headers, "set-cookie", cookie, "cookies")?;
                }
            }
            Some(_) => return Err(Malformed::Type("cookies")),
            None => {}
        }
        Ok(Self {
            status,
            headers,
            body: content(member("body"))?,
            is_base64_encoded: is_base64(member("isBase64Encoded").as_ref())?,
        })
    }
}
