use std::{collections::BTreeMap, ffi::OsString, fmt, path::PathBuf, time::Duration};

/// How a function runs; the defaults are Lambda's.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) name: String,
    pub(super) region: String,
    /// The program and its arguments.
    pub(super) command: Vec<OsString>,
    /// `_HANDLER`.
    pub(super) handler: String,
    /// `AWS_EXECUTION_ENV`, where a runtime of AWS is meant.
    pub(super) runtime: Option<String>,
    /// Where the code is, and where the program starts: `LAMBDA_TASK_ROOT`.
    pub(super) directory: PathBuf,
    pub(super) layers: Vec<PathBuf>,
    pub(super) environment: BTreeMap<String, OsString>,
    pub(super) memory_mb: u32,
    pub(super) timeout: Duration,
    pub(super) init_timeout: Duration,
    /// How long a process is kept without a call, at least.
    pub(super) idle: Duration,
    /// How many calls there may be at once; more are throttled.
    pub(super) concurrency: usize,
    /// How many processes there may be at once; calls wait for one.
    pub(super) processes: usize,
}

impl Settings {
    pub(super) fn new(command: Vec<OsString>) -> Self {
        Self {
            name: "function".to_owned(),
            region: "us-east-1".to_owned(),
            command,
            handler: String::new(),
            runtime: None,
            directory: PathBuf::from("."),
            layers: Vec::new(),
            environment: BTreeMap::new(),
            memory_mb: 128,
            timeout: Duration::from_secs(3),
            init_timeout: Duration::from_secs(10),
            idle: Duration::from_secs(300),
            concurrency: 1000,
            processes: 16,
        }
    }
}

/// Of the environment its names alone: values may be secrets.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("name", &self.name)
            .field("command", &self.command)
            .field("directory", &self.directory)
            .field("environment", &self.environment.keys())
            .field("timeout", &self.timeout)
            .field("concurrency", &self.concurrency)
            .field("processes", &self.processes)
            .finish_non_exhaustive()
    }
}
