//! What the gateway adds to a call of a warm function in Python: the same function is fed by the least that can feed it,
//! and called through a gateway.
//!
//! `PYTHON=target/lambda/python/bin/python cargo bench -p gateway-benches --bench function`
#![expect(clippy::print_stdout, reason = "a benchmark talks to whoever started it")]
#![expect(clippy::disallowed_methods, reason = "it measures")]

use std::{
    error::Error,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use gateway_core::{Api, Body, Definition, Gateway, Route, StageDefinition};
use gateway_integrations::{LambdaProxy, lambda::LocalFunction};
use tower::ServiceExt;

const CALLS: u32 = 500;
const ROUNDS: usize = 15;

const PROGRAM: &str = r#"
import json

def handler(event, context):
    total = sum(len(name) for name in event["headers"] or {})
    return {"statusCode": 200, "body": json.dumps({"path": event["path"], "total": total})}
"#;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// The runtime client, fed with the same event again and again.
struct Alone {
    child: Child,
    connection: BufReader<TcpStream>,
}

impl Alone {
    fn start(python: &str, directory: &Path) -> Outcome<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let child = Command::new(python)
            .args(["-m", "awslambdaric", "app.handler"])
            .current_dir(directory)
            .env("AWS_LAMBDA_RUNTIME_API", listener.local_addr()?.to_string())
            .stdout(Stdio::null())
            .spawn()?;
        let (connection, _) = listener.accept()?;
        connection.set_nodelay(true)?;
        Ok(Self { child, connection: BufReader::new(connection) })
    }

    /// Reads a request to its end.
    fn request(&mut self) -> Outcome {
        let (mut line, mut length) = (String::new(), 0);
        loop {
            line.clear();
            self.connection.read_line(&mut line)?;
            if let Some((_, value)) =
                line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            {
                length = value.trim().parse()?;
            }
            if line.trim().is_empty() {
                break;
            }
        }
        std::io::copy(&mut (&mut self.connection).take(length), &mut std::io::sink())?;
        Ok(())
    }

    fn calls(&mut self, event: &str) -> Outcome<Duration> {
        let next = format!(
            "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
             Lambda-Runtime-Deadline-Ms: 9999999999999\r\nLambda-Runtime-Invoked-Function-Arn: arn\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{event}",
            event.len()
        );
        let taken = "HTTP/1.1 202 Accepted\r\nContent-Length: 15\r\n\r\n{\"status\":\"OK\"}";
        let start = Instant::now();
        for _ in 0..CALLS {
            self.request()?;
            self.connection.get_mut().write_all(next.as_bytes())?;
            self.request()?;
            self.connection.get_mut().write_all(taken.as_bytes())?;
        }
        Ok(start.elapsed())
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn through(gateway: &Gateway) -> Outcome<Duration> {
    let start = Instant::now();
    for _ in 0..CALLS {
        let request = http::Request::get("/prod/users?id=123").header("host", "localhost").header("accept", "*/*");
        let response = gateway.clone().oneshot(request.body(Body::empty())?).await?;
        assert_eq!(response.status(), 200);
        response.into_body().collect().await?;
    }
    Ok(start.elapsed())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let directory = std::env::temp_dir().join(format!("gateway-bench-{}", std::process::id()));
    fs::create_dir_all(&directory)?;
    fs::write(directory.join("app.py"), PROGRAM)?;
    // What the gateway gives the function, to give the same to the one alone.
    let (heard, event) = std::sync::mpsc::channel();
    let echo = move |call: gateway_core::Invocation| {
        let _ = heard.send(call.payload);
        async { Ok(gateway_core::Invoked::new("{}")) }
    };
    let function = LocalFunction::command([python.as_str(), "-m", "awslambdaric", "app.handler"]).directory(&directory);
    let api = Api::rest("users")
        .route("GET /users", Route::to(LambdaProxy::new(function)))
        .route("GET /echo", Route::to(LambdaProxy::new(echo)))
        .stage(StageDefinition::new("prod"));
    let gateway = Gateway::new(Definition::new().api(api))?;
    let request = http::Request::get("/prod/echo?id=123").header("host", "localhost").header("accept", "*/*");
    gateway.clone().oneshot(request.body(Body::empty())?).await?;
    let event = String::from_utf8(event.recv()?.to_vec())?;

    let mut alone = Alone::start(&python, &directory)?;
    alone.calls(&event)?;
    through(&gateway).await?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let (one, other) = (alone.calls(&event)?, through(&gateway).await?);
        rounds.push((one, other));
    }
    let best = |of: fn(&(Duration, Duration)) -> Duration| rounds.iter().map(of).min().unwrap_or_default() / CALLS;
    let (alone, through) = (best(|round| round.0), best(|round| round.1));
    println!("alone {alone:?}, through the gateway {through:?}: {:.3}", through.as_secs_f64() / alone.as_secs_f64());
    let mut ratios: Vec<_> = rounds.iter().map(|(one, other)| other.as_secs_f64() / one.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    println!("median of {ROUNDS} pairs: {:.3}", ratios.get(ROUNDS / 2).unwrap_or(&f64::NAN));
    Ok(fs::remove_dir_all(directory)?)
}
