//! `in_memory bare|bare-with-ids|gateway|gateway-without-key N`: N requests from end to end in memory, to be counted from outside.

use gateway_benches::pipe::Pipe;
use tower::BoxError;

fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let (server, count) = (arguments.next(), arguments.next().and_then(|count| count.parse().ok()));
    let mut pipe = match server.as_deref() {
        Some("bare") => Pipe::to_bare()?,
        Some("bare-with-ids") => Pipe::to_bare_with_ids()?,
        Some("gateway") => Pipe::to_gateway()?,
        Some("gateway-without-key") => Pipe::to_gateway_without_key()?,
        _ => {
            return Err(
                "say what to count: bare, bare-with-ids, gateway or gateway-without-key, and how many requests".into(),
            );
        }
    };
    pipe.send(count.ok_or("say how many requests")?)
}
