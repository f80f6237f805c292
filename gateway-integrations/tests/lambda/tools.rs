use std::{
    error::Error,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use gateway_core::{Context, Function, Invocation, Invoked, InvokedStream, Random, SystemClock};
use gateway_integrations::lambda::LocalFunction;
use serde_json::Value;
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
};

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Where the programs of the tests are.
pub(crate) fn functions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lambda/functions")
}

/// Whether a program is on the machine; says so if it is not.
#[expect(clippy::print_stdout, reason = "what was not run is said")]
pub(crate) fn is_here(program: &Path) -> bool {
    let here = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !here {
        println!("NOT RUN: {} is not on this machine", program.display());
    }
    here
}

/// Something that `.ci/run` installs into the folder `lambda` of the target directory; says so if it is missing.
#[expect(clippy::print_stdout, reason = "what was not run is said")]
pub(crate) fn installed(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("lambda").join(path);
    let here = path.exists();
    if !here {
        println!("NOT RUN: {} is not installed; .ci/run does that", path.display());
    }
    here.then_some(path)
}

/// The function whose events say what it does, unless Python is missing.
pub(crate) fn obedient() -> Option<LocalFunction> {
    let function = LocalFunction::command(["python3", "runtime.py"]).directory(functions());
    // Python may need long to start where much else runs; tests of that limit set it themselves.
    let function = function.init_timeout(Duration::from_secs(600));
    is_here(Path::new("python3")).then(|| function.name("obedient").timeout(Duration::from_secs(20)))
}

pub(crate) fn context() -> Context {
    let (parts, ()) = http::Request::new(()).into_parts();
    Context::begin(&parts, Arc::new(SystemClock::new()), &Random::seeded(1))
}

pub(crate) async fn call(function: &impl Function, event: impl Into<String>) -> Outcome<Invoked> {
    Ok(function.invoke(Invocation::new(event.into()), &context()).await?)
}

pub(crate) async fn stream(function: &impl Function, event: &str) -> Outcome<InvokedStream> {
    Ok(function.invoke_streaming(Invocation::new(event.to_owned()), &context()).await?)
}

/// What a function that succeeded gave.
pub(crate) async fn answer(function: &impl Function, event: impl Into<String>) -> Outcome<Value> {
    let invoked = call(function, event).await?;
    assert_eq!(invoked.error, None, "{:?}", invoked.payload);
    Ok(serde_json::from_slice(&invoked.payload)?)
}

/// Type and message of the error of a function that failed, without the call's id.
pub(crate) async fn failure(function: &impl Function, event: &str) -> Outcome<(String, String)> {
    let invoked = call(function, event).await?;
    assert_eq!(invoked.error.as_deref(), Some("Unhandled"), "{:?}", invoked.payload);
    let error: Value = serde_json::from_slice(&invoked.payload)?;
    let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let message = text("errorMessage");
    let message = match message.strip_prefix("RequestId: ").and_then(|rest| rest.split_once(' ')) {
        Some((_, rest)) => rest.to_owned(),
        None => message,
    };
    Ok((text("errorType"), message))
}

/// Whom the processes of a function connect to.
pub(crate) struct Friend(TcpListener);

impl Friend {
    pub(crate) async fn of(function: LocalFunction) -> Outcome<(Self, LocalFunction)> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port().to_string();
        Ok((Self(listener), function.env("FRIEND", port)))
    }

    pub(crate) async fn met(&self) -> Outcome<TcpStream> {
        Ok(self.0.accept().await?.0)
    }
}

/// What comes until everybody at the other end is gone.
pub(crate) async fn last_words(mut connection: TcpStream) -> String {
    let mut words = Vec::new();
    // A process that is killed may reset the connection.
    let _ = connection.read_to_end(&mut words).await;
    String::from_utf8_lossy(&words).into_owned()
}
