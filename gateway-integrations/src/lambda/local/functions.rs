//! `LocalFunctions`: the functions that a definition has itself.

use std::{
    collections::BTreeMap,
    fmt,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use gateway_core::{
    Functions, OnLoad, Problem, Problems,
    config::{FunctionConfig, FunctionFactory},
    pointer_token,
};

use super::LocalFunction;

/// Runs the functions of a definition (`functions`) in processes of this machine.
///
/// A function whose definition stays the same keeps its processes over a reload.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use gateway_core::{HttpClient, config::Registry};
/// use gateway_integrations::{Integrations, lambda::LocalFunctions};
///
/// fn registry(client: Arc<dyn HttpClient>) -> Registry {
///     let local = LocalFunctions::new();
///     Registry::new().integrations(Integrations::new(client).functions(local.all())).functions(local)
/// }
/// ```
#[derive(Clone, Default)]
pub struct LocalFunctions {
    served: Arc<Mutex<Served>>,
}

type Made = BTreeMap<String, (FunctionConfig, Arc<LocalFunction>)>;

#[derive(Default)]
struct Served {
    made: Made,
    functions: Functions,
}

impl LocalFunctions {
    /// No functions, until a definition has some.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The functions of the definition that is served, whatever it is by then, by name or ARN.
    #[must_use]
    pub fn all(&self) -> Functions {
        let served = Arc::clone(&self.served);
        Functions::new().resolve_with(move |arn| lock(&served).functions.find(arn))
    }

    /// Ends all processes, each after its call, and waits until they are gone. The functions cannot be called any more.
    pub async fn shut_down(&self) {
        let functions: Vec<_> = lock(&self.served).made.values().map(|(_, function)| Arc::clone(function)).collect();
        for function in functions {
            function.shut_down().await;
        }
    }
}

impl fmt::Debug for LocalFunctions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalFunctions").field("functions", &lock(&self.served).made.keys()).finish()
    }
}

impl FunctionFactory for LocalFunctions {
    fn functions(&self, configs: BTreeMap<String, FunctionConfig>) -> Result<OnLoad, Problems> {
        let (mut made, mut problems) = (Made::new(), Vec::new());
        for (name, config) in configs {
            let function = match lock(&self.served).made.get(&name) {
                Some((before, function)) if *before == config => Arc::clone(function),
                _ => match function(&name, &config) {
                    Ok(function) => Arc::new(function),
                    Err(problem) => {
                        problems.push(problem.below(&format!("/{}", pointer_token(&name))));
                        continue;
                    }
                },
            };
            made.insert(name, (config, function));
        }
        if !problems.is_empty() {
            return Err(problems.into_iter().collect());
        }
        let served = Arc::clone(&self.served);
        Ok(Arc::new(move || {
            let with = |all: Functions, (name, (_, function)): (&String, &(_, Arc<LocalFunction>))| {
                all.with(name, Arc::clone(function))
            };
            let functions = made.iter().fold(Functions::new(), with);
            let before = std::mem::replace(&mut *lock(&served), Served { made: made.clone(), functions });
            // Those that are gone end their processes, which nobody must wait for.
            drop(before);
        }))
    }
}

fn lock(served: &Mutex<Served>) -> MutexGuard<'_, Served> {
    served.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The function of a definition.
fn function(name: &str, config: &FunctionConfig) -> Result<LocalFunction, Problem> {
    let directory = config.code_uri.as_deref().unwrap_or(".");
    let handler = || config.handler.as_deref().ok_or_else(|| Problem::new("/handler", "name what is to be called"));
    let function = match (config.runtime.as_deref(), config.command.is_empty()) {
        (_, false) => LocalFunction::command(&config.command)
            .directory(directory)
            .handler(config.handler.as_deref().unwrap_or_default()),
        (Some(runtime), true) if runtime.starts_with("python3") => LocalFunction::python(directory, handler()?),
        (Some(runtime), true) if runtime.starts_with("nodejs") => LocalFunction::node(directory, handler()?),
        (Some(runtime), true) if runtime.starts_with("provided") => {
            LocalFunction::bootstrap(Path::new(directory).join("bootstrap"))
                .handler(config.handler.as_deref().unwrap_or_default())
        }
        (Some(runtime), true) => {
            let message = format!("`{runtime}` is none of python3.x, nodejs.x, provided.x; give a `command` instead");
            return Err(Problem::new("/runtime", message));
        }
        (None, true) => return Err(Problem::new("", "give a `command`, or a `runtime` and a `handler`")),
    };
    let timeout = config.timeout.unwrap_or(3);
    if !(1..=900).contains(&timeout) {
        return Err(Problem::new("/timeout", format!("{timeout} is not between 1 and 900 seconds")));
    }
    let memory = config.memory_size.unwrap_or(128);
    if !(128..=10_240).contains(&memory) {
        return Err(Problem::new("/memorySize", format!("{memory} is not between 128 and 10240 MB")));
    }
    let function = function.name(name).timeout(Duration::from_secs(timeout)).memory_mb(memory);
    let function = config.runtime.iter().fold(function, LocalFunction::runtime);
    let function = config.layers.iter().fold(function, LocalFunction::layer);
    let function = config.reserved_concurrency.iter().fold(function, |function, calls| function.concurrency(*calls));
    let variables = config.environment.variables.iter();
    Ok(variables.fold(function, |function, (name, value)| function.env(name, value)))
}
