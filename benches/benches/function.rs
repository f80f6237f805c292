//! What a call of a warm function in Python costs beyond the function: the same program is fed by the least that can feed
//! it, called as a `LocalFunction`, and called through a gateway over HTTP, side by side.
//!
//! `PYTHON=target/lambda/python/bin/python cargo bench -p gateway-benches --bench function`
#![expect(clippy::print_stdout, reason = "a benchmark talks to whoever started it")]
#![expect(clippy::disallowed_methods, reason = "it measures")]

use std::{
    error::Error,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use gateway_benches::lab::serve;
use gateway_core::{
    Api, Body, Context, Definition, Function, Gateway, Invocation, Random, Route, StageDefinition, SystemClock,
};
use gateway_integrations::{LambdaProxy, lambda::LocalFunction};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

const CALLS: u32 = 200;
const ROUNDS: usize = 25;

/// One that does next to nothing, and one that works for about a millisecond.
const PROGRAM: &str = r#"
import json

def trivial(event, context):
    return {"statusCode": 200, "body": "hello"}

def working(event, context):
    total = sum(number * number for number in range(15000))
    return {"statusCode": 200, "body": json.dumps({"event": event, "total": total})}
"#;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Reads a message of HTTP/1.1 to its end.
fn skip(connection: &mut BufReader<TcpStream>) -> Outcome {
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        connection.read_line(&mut line)?;
        if let Some((_, value)) = line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        {
            length = value.trim().parse()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    std::io::copy(&mut connection.take(length), &mut std::io::sink())?;
    Ok(())
}

/// The runtime client, fed with the same event again and again.
struct Alone {
    child: Child,
    connection: BufReader<TcpStream>,
}

impl Alone {
    fn start(python: &str, directory: &Path, handler: &str) -> Outcome<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let child = Command::new(python)
            .args(["-m", "awslambdaric", handler])
            .current_dir(directory)
            .env("AWS_LAMBDA_RUNTIME_API", listener.local_addr()?.to_string())
            .stdout(Stdio::null())
            .spawn()?;
        let (connection, _) = listener.accept()?;
        connection.set_nodelay(true)?;
        Ok(Self { child, connection: BufReader::new(connection) })
    }

    fn calls(&mut self, event: &str) -> Outcome<Duration> {
        // Word for word what a process gets here, and on Lambda: the client does something about each header.
        let next = format!(
            "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
             Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:000000000000:function:function\r\n\
             Lambda-Runtime-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793\r\n\
             Lambda-Runtime-Deadline-Ms: 1999999999999\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nDate: Wed, 18 May 2033 03:33:19 GMT\r\n\r\n{event}",
            event.len()
        );
        let taken = "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\
                     Date: Wed, 18 May 2033 03:33:19 GMT\r\n\r\n{\"status\":\"OK\"}";
        let start = Instant::now();
        for _ in 0..CALLS {
            skip(&mut self.connection)?;
            self.connection.get_mut().write_all(next.as_bytes())?;
            skip(&mut self.connection)?;
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

/// A `LocalFunction`, called by itself.
struct Invoked {
    runtime: Runtime,
    function: LocalFunction,
}

impl Invoked {
    fn calls(&self, event: &str) -> Outcome<Duration> {
        let (parts, ()) = http::Request::new(()).into_parts();
        let context = Context::begin(&parts, Arc::new(SystemClock::new()), &Random::seeded(1));
        let start = Instant::now();
        self.runtime.block_on(async {
            for _ in 0..CALLS {
                let invoked = self.function.invoke(Invocation::new(event.to_owned()), &context).await?;
                assert_eq!(invoked.error, None);
            }
            Ok::<_, gateway_core::Error>(())
        })?;
        Ok(start.elapsed())
    }
}

/// A client of a gateway that another thread serves.
struct Through(BufReader<TcpStream>);

impl Through {
    fn start(function: LocalFunction) -> Outcome<Self> {
        let gateway = gateway(LambdaProxy::new(function))?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let runtime = runtime()?;
        std::thread::spawn(move || runtime.block_on(serve(gateway, port)));
        let connection = loop {
            match TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
                Ok(connection) => break connection,
                Err(_) => std::thread::yield_now(),
            }
        };
        connection.set_nodelay(true)?;
        Ok(Self(BufReader::new(connection)))
    }

    fn calls(&mut self) -> Outcome<Duration> {
        let start = Instant::now();
        for _ in 0..CALLS {
            let request = b"GET /prod/users?id=123 HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n";
            self.0.get_mut().write_all(request)?;
            assert!(self.0.fill_buf()?.starts_with(b"HTTP/1.1 200"));
            skip(&mut self.0)?;
        }
        Ok(start.elapsed())
    }
}

fn runtime() -> Outcome<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

fn gateway(proxy: LambdaProxy) -> Outcome<Gateway> {
    let api = Api::rest("users").route("GET /users", Route::to(proxy)).stage(StageDefinition::new("prod"));
    Ok(Gateway::new(Definition::new().api(api))?)
}

/// What the gateway gives the function, to give the same to the one alone.
fn event() -> Outcome<String> {
    let (heard, event) = std::sync::mpsc::channel();
    let gateway = gateway(LambdaProxy::new(move |call: Invocation| {
        let _ = heard.send(call.payload);
        async { Ok(gateway_core::Invoked::new("{}")) }
    }))?;
    let request = http::Request::get("/prod/users?id=123").header("host", "localhost").header("accept", "*/*");
    runtime()?.block_on(gateway.oneshot(request.body(Body::empty())?))?;
    Ok(String::from_utf8(event.recv()?.to_vec())?)
}

/// The best of each, and the median of what each round has for its ratio to the first.
fn print(handler: &str, rounds: &[[Duration; 3]]) {
    println!("{handler}");
    for (place, name) in ["the runtime client alone", "LocalFunction::invoke", "through the gateway"].iter().enumerate()
    {
        let times = rounds.iter().filter_map(|round| Some((round.first()?, round.get(place)?)));
        let best = times.clone().map(|(_, time)| *time).min().unwrap_or_default() / CALLS;
        let mut ratios: Vec<_> = times.map(|(alone, time)| time.as_secs_f64() / alone.as_secs_f64()).collect();
        ratios.sort_by(f64::total_cmp);
        let median = ratios.get(ratios.len() / 2).unwrap_or(&f64::NAN);
        println!("  {name}: best {best:.1?} a call, median ratio {median:.3}");
    }
}

fn main() -> Outcome {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let directory = std::env::temp_dir().join(format!("gateway-bench-{}", std::process::id()));
    fs::create_dir_all(&directory)?;
    fs::write(directory.join("app.py"), PROGRAM)?;
    let event = event()?;
    for handler in ["app.trivial", "app.working"] {
        let function =
            || LocalFunction::command([python.as_str(), "-m", "awslambdaric", handler]).directory(&directory);
        let mut alone = Alone::start(&python, &directory, handler)?;
        let invoked = Invoked { runtime: runtime()?, function: function() };
        let mut through = Through::start(function())?;
        let mut round =
            || Ok::<_, Box<dyn Error + Send + Sync>>([alone.calls(&event)?, invoked.calls(&event)?, through.calls()?]);
        round()?;
        let rounds = (0..ROUNDS).map(|_| round()).collect::<Outcome<Vec<_>>>()?;
        print(handler, &rounds);
    }
    Ok(fs::remove_dir_all(directory)?)
}
