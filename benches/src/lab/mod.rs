//! The gateways of the comparison with other gateways: one a scenario, told by the environment.
//!
//! | variable | says |
//! | --- | --- |
//! | `PORT` | where to listen on 127.0.0.1 |
//! | `SCENARIO` | what to be, see [`Scenario`] |
//! | `UPSTREAM` | the backend, as `host:port` |
//! | `LAB_DATA` | the folder with answers, keys and tokens |
//! | `ACCESS_LOG` | the file of the access log, where there is one; in the folder of temporary files unless said |

mod scenario;
mod server;

use std::{env, fs, path::PathBuf};

use gateway_core::Gateway;
use tower::BoxError;

pub use self::{scenario::Scenario, server::serve};

/// What the environment asks for.
#[derive(Clone, Debug)]
pub struct Lab {
    /// Where to listen on 127.0.0.1.
    pub port: u16,
    /// What to be.
    pub scenario: Scenario,
    upstream: String,
    data: PathBuf,
    access_log: PathBuf,
}

impl Lab {
    /// Reads the environment.
    ///
    /// # Errors
    /// When a variable is missing, or says what cannot be.
    pub fn from_env() -> Result<Self, BoxError> {
        Ok(Self {
            port: variable("PORT")?.parse().map_err(|_| "PORT must be a number")?,
            scenario: variable("SCENARIO")?.parse()?,
            upstream: env::var("UPSTREAM").unwrap_or_default(),
            data: variable("LAB_DATA")?.into(),
            access_log: env::var_os("ACCESS_LOG").map_or_else(|| env::temp_dir().join("access.log"), PathBuf::from),
        })
    }

    /// The gateway of the scenario. Metrics go to the recorder that is installed.
    ///
    /// # Errors
    /// When its data cannot be read, or are not what it needs.
    pub fn gateway(&self) -> Result<Gateway, BoxError> {
        Ok(Gateway::new(self.definition()?)?)
    }

    /// A file of the data folder.
    fn text(&self, name: &str) -> Result<String, BoxError> {
        let path = self.data.join(name);
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()).into())
    }
}

fn variable(name: &str) -> Result<String, BoxError> {
    env::var(name).map_err(|_| format!("the variable {name} is needed").into())
}
