use std::{convert::Infallible, net::Ipv4Addr};

use gateway_core::Gateway;
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::net::TcpListener;
use tower::BoxError;

/// Serves HTTP/1.1 on 127.0.0.1 for ever, one task a connection.
///
/// # Errors
/// When the port is taken, or no connection can be accepted any more.
pub async fn serve(gateway: Gateway, port: u16) -> Result<Infallible, BoxError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let service = TowerToHyperService::new(gateway);
    loop {
        let (stream, _) = listener.accept().await?;
        let _ = stream.set_nodelay(true);
        let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service.clone());
        tokio::spawn(serving.with_upgrades());
    }
}
