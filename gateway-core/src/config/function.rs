use std::{collections::BTreeMap, fmt};

use serde::Deserialize;

use super::{Config, Registry};
use crate::{
    definition::OnLoad,
    problem::{Problem, Problems, pointer_token},
};

/// A function that the host runs itself, in the words of Lambda and SAM.
///
/// AWS SAM developer guide: *AWS::Serverless::Function*.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FunctionConfig {
    /// The program and its arguments; or none, and `runtime` says.
    #[serde(default)]
    pub command: Vec<String>,
    /// `python3.13`, `nodejs22.x`, `provided.al2023`, ...
    #[serde(default)]
    pub runtime: Option<String>,
    /// What the runtime is to call, such as `app.lambda_handler`.
    #[serde(default)]
    pub handler: Option<String>,
    /// The folder with the code; that of the process unless given.
    #[serde(default)]
    pub code_uri: Option<String>,
    /// How long a call may take, in seconds, up to 900; 3 unless given.
    #[serde(default)]
    pub timeout: Option<u64>,
    /// The memory that the function believes to have, in MB, from 128 to 10240; 128 unless given.
    #[serde(default)]
    pub memory_size: Option<u32>,
    /// The function's environment.
    #[serde(default)]
    pub environment: FunctionEnvironment,
    /// The folders with its layers.
    #[serde(default)]
    pub layers: Vec<String>,
    /// How many calls there may be at once.
    #[serde(default)]
    pub reserved_concurrency: Option<usize>,
}

/// The environment of a function.
#[derive(Clone, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FunctionEnvironment {
    /// Its variables.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
}

/// The names alone: values may be secrets.
impl fmt::Debug for FunctionEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

impl Config {
    /// Makes the functions, and says what is to be done once the definition is served.
    pub(super) fn make_functions(&self, registry: &Registry, problems: &mut Vec<Problem>) -> Option<OnLoad> {
        let mut functions = BTreeMap::new();
        let before = problems.len();
        for (name, part) in &self.functions {
            match part.get() {
                Ok(function) => drop(functions.insert(name.clone(), function.clone())),
                Err(problem) => problems.push(problem.clone().below(&format!("/functions/{}", pointer_token(name)))),
            }
        }
        let made = registry.make_functions(functions).unwrap_or_else(|wrong| {
            problems.extend(wrong.into_iter().map(|problem| problem.below("/functions")));
            None
        });
        made.filter(|_| problems.len() == before)
    }
}

/// Makes the functions that a definition has itself; see [`IntegrationFactory`](super::IntegrationFactory). Their
/// processes outlive a reload here.
pub trait FunctionFactory: Send + Sync + 'static {
    /// Makes the functions, by their names. What is given back is called when the definition is served: from then on they
    /// stand in the place of those of the last definition.
    ///
    /// # Errors
    /// Everything that is wrong with them; the pointers start above the names.
    fn functions(&self, functions: BTreeMap<String, FunctionConfig>) -> Result<OnLoad, Problems>;
}
