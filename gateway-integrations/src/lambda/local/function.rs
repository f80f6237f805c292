//! `LocalFunction`: a Lambda program that runs on this machine.

use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use gateway_core::{Context, Error, ErrorKind, Function, Invocation, Invoked, InvokedStream};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::sync::{TryAcquireError, oneshot};

use super::{
    attended::Attended,
    call::{Call, Reply},
    failure::{self, EVENT},
    pool::Pool,
    settings::Settings,
};

static TRACE: HeaderName = HeaderName::from_static("x-amzn-trace-id");
static CLIENT_CONTEXT: HeaderName = HeaderName::from_static("x-amz-client-context");

/// A program that speaks the Lambda Runtime API, in processes of this machine.
///
/// Processes are started when calls need them, and killed when this is dropped; [`shut_down`](Self::shut_down) ends them
/// gently. What they print goes to `tracing`, target `lambda`. It must be called within a tokio runtime that has I/O and time.
///
/// A call that its caller gives up runs to its end or to its time-out, as on Lambda. Asynchronous calls are not retried.
/// The memory size is what the program is told; nothing limits it.
///
/// AWS Lambda developer guide: *Building a custom runtime for AWS Lambda*.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use gateway_core::{Functions, Route};
/// use gateway_integrations::lambda::LocalFunction;
///
/// let users = LocalFunction::python("functions/users", "app.lambda_handler")
///     .name("users")
///     .env("TABLE", "Users")
///     .timeout(Duration::from_secs(10));
/// let functions = Functions::new().with("users", users);
/// ```
pub struct LocalFunction {
    settings: Settings,
    running: OnceLock<Running>,
}

struct Running(Arc<Pool>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill();
    }
}

impl LocalFunction {
    /// A function that a command starts: the program, as a shell would find it, and its arguments.
    #[must_use]
    pub fn command<I>(command: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<OsString>,
    {
        Self { settings: Settings::new(command.into_iter().map(Into::into).collect()), running: OnceLock::new() }
    }

    /// A function in Python, in `directory`: `handler` is `module.function`. `python3` must have AWS's runtime interface
    /// client, `awslambdaric`; give a [`command`](Self::command) for the one of a virtual environment.
    #[must_use]
    pub fn python(directory: impl Into<PathBuf>, handler: &str) -> Self {
        Self::command(["python3", "-m", "awslambdaric", handler]).directory(directory).handler(handler)
    }

    /// A function in JavaScript, in `directory`: `handler` is `file.function`. AWS's runtime interface client,
    /// `aws-lambda-ric`, must be on the path, or among the packages of the directory.
    #[must_use]
    pub fn node(directory: impl Into<PathBuf>, handler: &str) -> Self {
        Self::command(["aws-lambda-ric", handler]).directory(directory).handler(handler)
    }

    /// A function that is a program of its own, such as one with the Rust crate `lambda_runtime`.
    #[must_use]
    pub fn bootstrap(program: impl AsRef<Path>) -> Self {
        let program = program.as_ref();
        let program = std::path::absolute(program).unwrap_or_else(|_| program.to_owned());
        let directory = program.parent().map(Path::to_owned).unwrap_or_default();
        Self::command([program]).directory(directory)
    }

    /// What the function believes to run on, such as `python3.13` (`AWS_EXECUTION_ENV`).
    #[must_use]
    pub fn runtime(mut self, runtime: impl Into<String>) -> Self {
        self.settings.runtime = Some(runtime.into());
        self
    }

    /// The function's name, for its environment and its ARN; `function` unless given.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.settings.name = name.into();
        self
    }

    /// The region that the function believes to be in; `us-east-1` unless given.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.settings.region = region.into();
        self
    }

    /// Where the code is (`LAMBDA_TASK_ROOT`), and where the program starts.
    #[must_use]
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.settings.directory = directory.into();
        self
    }

    /// What the program is told to call (`_HANDLER`).
    #[must_use]
    pub fn handler(mut self, handler: impl Into<String>) -> Self {
        self.settings.handler = handler.into();
        self
    }

    /// Adds a layer, unpacked in `directory`; the first comes first on the paths of programs, libraries and packages.
    #[must_use]
    pub fn layer(mut self, directory: impl Into<PathBuf>) -> Self {
        self.settings.layers.push(directory.into());
        self
    }

    /// Sets a variable of the function's environment. Of the host's own, the function sees `PATH`, `HOME`, `USER` and
    /// `TMPDIR` alone.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<OsString>) -> Self {
        self.settings.environment.insert(name.into(), value.into());
        self
    }

    /// The memory that the function believes to have, in MB; 128 unless given.
    #[must_use]
    pub fn memory_mb(mut self, memory: u32) -> Self {
        self.settings.memory_mb = memory;
        self
    }

    /// How long a call may take; 3 seconds unless given.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// How long a process may take to start; 10 seconds unless given.
    #[must_use]
    pub fn init_timeout(mut self, timeout: Duration) -> Self {
        self.settings.init_timeout = timeout;
        self
    }

    /// How many calls there may be at once (reserved concurrency); more are refused. 1,000 unless given.
    #[must_use]
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.settings.concurrency = calls;
        self
    }

    /// How many processes there may be at once; calls wait for one. 16 unless given.
    #[must_use]
    pub fn processes(mut self, processes: usize) -> Self {
        self.settings.processes = processes;
        self
    }

    /// How long a process is kept without a call, at least, and at most twice as long; 5 minutes unless given.
    #[must_use]
    pub fn idle_timeout(mut self, idle: Duration) -> Self {
        self.settings.idle = idle;
        self
    }

    /// Ends the processes, each after its call, and waits until all are gone. The function cannot be called any more.
    pub async fn shut_down(&self) {
        if let Some(Running(pool)) = self.running.get() {
            pool.shut_down().await;
        }
    }

    fn pool(&self, context: &Context) -> &Arc<Pool> {
        let start = || Running(Arc::new(Pool::new(self.settings.clone(), Arc::clone(context.clock()))));
        &self.running.get_or_init(start).0
    }

    /// A call, ready to run to its end; what refuses it is the outcome.
    fn begin(
        &self,
        invocation: Invocation,
        reply: Reply,
        context: &Context,
    ) -> Result<Result<impl Future<Output = ()> + Send + use<>, Invoked>, Error> {
        if invocation.payload.len() > EVENT {
            return Err(ErrorKind::RequestTooLarge.into());
        }
        let pool = self.pool(context);
        let admitted = match pool.admit() {
            Ok(admitted) => admitted,
            Err(TryAcquireError::NoPermits) => return Ok(Err(failure::throttled())),
            Err(TryAcquireError::Closed) => return Err(ended()),
        };
        let id = pool.request_id();
        let headers = self.headers(id.as_str(), &invocation, context);
        let call = Call { id: id.as_str().to_owned(), payload: invocation.payload, headers, reply };
        Ok(Ok(Arc::clone(pool).run(call, admitted)))
    }

    /// What the process is told of a call.
    fn headers(&self, id: &str, invocation: &Invocation, context: &Context) -> HeaderMap {
        let arn = invocation.function.clone().filter(|function| function.starts_with("arn:")).unwrap_or_else(|| {
            let account = context.stage().map_or("000000000000", |stage| &stage.account_id);
            format!("arn:aws:lambda:{}:{account}:function:{}", self.settings.region, self.settings.name)
        });
        let trace = invocation.headers.get(&TRACE).cloned().or_else(|| context.trace_id().to_header());
        let client = invocation.headers.get(&CLIENT_CONTEXT).and_then(client_context);
        let values = [
            ("lambda-runtime-aws-request-id", HeaderValue::from_str(id).ok()),
            ("lambda-runtime-invoked-function-arn", HeaderValue::from_str(&arn).ok()),
            ("lambda-runtime-trace-id", trace),
            ("lambda-runtime-client-context", client),
        ];
        let values = values.into_iter().filter_map(|(name, value)| Some((HeaderName::from_static(name), value?)));
        values.collect()
    }
}

#[async_trait]
impl Function for LocalFunction {
    async fn invoke(&self, invocation: Invocation, context: &Context) -> Result<Invoked, Error> {
        if invocation.asynchronous {
            return Ok(match self.begin(invocation, Reply::Nobody, context)? {
                Ok(run) => {
                    tokio::spawn(run);
                    Invoked { status: StatusCode::ACCEPTED, ..Invoked::new(Bytes::new()) }
                }
                Err(refused) => refused,
            });
        }
        let (reply, outcome) = oneshot::channel();
        match self.begin(invocation, Reply::Whole(reply), context)? {
            Ok(run) => {
                Attended::new(run).await;
                outcome.await.map_err(|_| ended())
            }
            Err(refused) => Ok(refused),
        }
    }

    async fn invoke_streaming(&self, invocation: Invocation, context: &Context) -> Result<InvokedStream, Error> {
        let (reply, outcome) = oneshot::channel();
        match self.begin(invocation, Reply::Streamed(reply), context)? {
            Ok(run) => {
                tokio::spawn(run);
                outcome.await.map_err(|_| ended())
            }
            Err(refused) => Ok(refused.into()),
        }
    }
}

impl fmt::Debug for LocalFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalFunction").field("settings", &self.settings).finish_non_exhaustive()
    }
}

fn ended() -> Error {
    Error::new(ErrorKind::IntegrationFailure).with_source("the function was shut down")
}

/// The client's own data, which callers send in base64 and programs get as JSON.
fn client_context(value: &HeaderValue) -> Option<HeaderValue> {
    use base64::{Engine, prelude::BASE64_STANDARD};

    HeaderValue::from_bytes(&BASE64_STANDARD.decode(value).ok()?).ok()
}
