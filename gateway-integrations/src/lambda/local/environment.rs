//! The environment that a function's process gets: Lambda's, and nothing of the host's but where programs are found.

use std::{
    env,
    ffi::{OsStr, OsString},
    net::SocketAddr,
    path::{Path, PathBuf},
    time::SystemTime,
};

use gateway_core::{Random, iso_time};
use tokio::process::Command;

use super::settings::Settings;

/// What is taken from the host: without them no interpreter is found, and no temporary file.
const INHERITED: [&str; 4] = ["PATH", "HOME", "USER", "TMPDIR"];

/// The command that starts a process which asks for its calls at `api`.
///
/// AWS Lambda developer guide: *Defined runtime environment variables*.
pub(super) fn command(settings: &Settings, api: SocketAddr, now: SystemTime, random: &Random) -> Option<Command> {
    let (program, arguments) = settings.command.split_first()?;
    let root = std::path::absolute(&settings.directory).unwrap_or_else(|_| settings.directory.clone());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(&root).env_clear();
    for name in INHERITED {
        if let Some(value) = env::var_os(name) {
            command.env(name, value);
        }
    }
    let layers = |below: &str| settings.layers.iter().map(|layer| absolute(layer).join(below)).collect::<Vec<_>>();
    let path = env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    let own = [root.join("bin"), root.join("node_modules/.bin")];
    command.env("PATH", joined(layers("bin").into_iter().chain(own).chain(env::split_paths(&path))));
    command.env("LD_LIBRARY_PATH", joined([root.clone(), root.join("lib")].into_iter().chain(layers("lib"))));
    for (name, below) in [("PYTHONPATH", "python"), ("NODE_PATH", "nodejs/node_modules"), ("RUBYLIB", "ruby/lib")] {
        if !settings.layers.is_empty() {
            command.env(name, joined(layers(below)));
        }
    }
    let log_stream = log_stream(now, random);
    let memory = settings.memory_mb.to_string();
    let log_group = format!("/aws/lambda/{}", settings.name);
    command
        .env("_HANDLER", &settings.handler)
        .env("AWS_DEFAULT_REGION", &settings.region)
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory)
        .env("AWS_LAMBDA_FUNCTION_NAME", &settings.name)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", log_group)
        .env("AWS_LAMBDA_LOG_STREAM_NAME", log_stream)
        .env("AWS_REGION", &settings.region)
        .env("LAMBDA_RUNTIME_DIR", "/var/runtime")
        .env("LAMBDA_TASK_ROOT", &root)
        .env("LANG", "en_US.UTF-8")
        .env("TZ", ":UTC");
    if let Some(runtime) = &settings.runtime {
        command.env("AWS_EXECUTION_ENV", format!("AWS_Lambda_{runtime}"));
    }
    command.envs(&settings.environment).env("AWS_LAMBDA_RUNTIME_API", api.to_string());
    Some(command)
}

/// `2026/11/21/[$LATEST]` and 32 digits of its own.
fn log_stream(now: SystemTime, random: &Random) -> String {
    let date: String = iso_time(now).chars().take(10).map(|letter| if letter == '-' { '/' } else { letter }).collect();
    format!("{date}/[$LATEST]{:016x}{:016x}", random.next_u64(), random.next_u64())
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn joined(paths: impl IntoIterator<Item = PathBuf>) -> OsString {
    let paths: Vec<_> = paths.into_iter().collect();
    // A colon in a directory's name cannot be written.
    let writable = paths.iter().filter(|path| !AsRef::<OsStr>::as_ref(path).as_encoded_bytes().contains(&b':'));
    env::join_paths(writable).unwrap_or_default()
}
