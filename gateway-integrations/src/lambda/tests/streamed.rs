//! Functions that stream their answers.

use gateway_core::InvokedStream;
use http::Request as Head;
use http_body_util::channel::Channel;

use super::*;

/// A function that gives its answer in parts.
struct Parts(Vec<&'static [u8]>);

#[async_trait]
impl Function for Parts {
    async fn invoke(&self, _: Invocation, _: &Context) -> Result<Invoked, Error> {
        Ok(Invoked::new(self.0.concat()))
    }

    async fn invoke_streaming(&self, _: Invocation, _: &Context) -> Result<InvokedStream, Error> {
        let (mut sender, channel) = Channel::<_, gateway_core::BodyError>::new(16);
        for part in &self.0 {
            sender.send_data(bytes::Bytes::from_static(part)).await.unwrap();
        }
        Ok(InvokedStream { payload: Body::new(channel), ..Invoked::new("").into() })
    }
}

async fn answer(parts: Vec<&'static [u8]>) -> TestResponse {
    let proxy = LambdaProxy::new(Parts(parts)).streaming();
    send(definition(proxy, plain), request(Head::get("/prod/x"), "")).await
}

#[tokio::test]
async fn status_and_headers_come_before_the_body_however_it_is_cut() {
    let whole: &'static [u8] =
        b"{\"statusCode\":201,\"headers\":{\"x-own\":\"yes\"},\"cookies\":[\"a=1\",\"b=2\"]}\0\0\0\0\0\0\0\0one\0two";
    for at in 1..whole.len() {
        let (first, second) = whole.split_at(at);
        let response = answer(vec![first, second]).await;
        assert_eq!((response.status.as_u16(), response.text()), (201, "one\0two"), "{at}");
        assert_eq!(response.headers["x-own"], "yes");
        assert_eq!(response.headers.get_all("set-cookie").iter().collect::<Vec<_>>(), ["a=1", "b=2"]);
    }
    let response = answer(vec![b"{}\0\0\0\0\0\0\0\0"]).await;
    assert_eq!((response.status.as_u16(), response.text()), (200, ""));
}

#[tokio::test]
async fn what_does_not_begin_so_is_malformed() {
    for parts in [
        vec![],
        vec![b"{\"statusCode\":200}".as_slice()],
        vec![b"no json\0\0\0\0\0\0\0\0"],
        vec![b"{\"statusCode\":200,\"body\":\"x\"}\0\0\0\0\0\0\0\0"],
        vec![b"{\"cookies\":\"a\"}\0\0\0\0\0\0\0\0"],
        vec![&[b' '; 40_000], &[b' '; 40_000], b"{}\0\0\0\0\0\0\0\0"],
    ] {
        let response = answer(parts).await;
        assert_eq!((response.status.as_u16(), response.text()), (502, r#"{"message":"Internal server error"}"#));
    }
    let failing = LambdaProxy::new(Script::new(Invoked::failed("{}"))).streaming();
    assert_eq!(send(definition(failing, plain), request(Head::get("/prod/x"), "")).await.status, 502);
}
