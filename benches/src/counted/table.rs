//! The table of what was counted, which is kept beside the code.

use std::{collections::BTreeMap, fs, path::Path};

use serde::{Deserialize, Serialize};
use tower::BoxError;

/// What doing something once costs.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Counts {
    /// Instructions, in user space.
    pub instructions: f64,
    /// Allocations.
    pub allocations: f64,
}

/// What everything costs, by name.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Table {
    /// The compiler that it was counted with.
    pub compiler: String,
    /// By the names of the subjects.
    pub counts: BTreeMap<String, Counts>,
}

/// How much more than before a change may cost.
const TOLERANCE: f64 = 0.03;

impl Counts {
    /// How much more than `before` this is, as a share of it, and whether that is too much.
    #[must_use]
    pub fn beside(&self, before: &Self) -> (f64, bool) {
        let more = self.instructions / before.instructions - 1.0;
        (more, more > TOLERANCE || self.allocations > before.allocations * (1.0 + TOLERANCE))
    }
}

/// What costs no more than what stands behind it.
const NO_DEARER: [(&str, &str); 1] = [("guarded http", "guarded")];

impl Table {
    /// What costs more instructions than something that it must not, each in words.
    #[must_use]
    pub fn out_of_order(&self) -> Vec<String> {
        let instructions = |name: &str| self.counts.get(name).map(|counts| counts.instructions);
        let dearer = NO_DEARER.iter().filter(|(name, other)| instructions(name) > instructions(other));
        dearer.map(|(name, other)| format!("`{name}` costs more than `{other}`")).collect()
    }

    /// Reads a table.
    ///
    /// # Errors
    /// When there is none.
    pub fn read(path: &Path) -> Result<Self, BoxError> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(serde_json::from_str(&text)?)
    }

    /// Writes the table.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), BoxError> {
        Ok(fs::write(path, serde_json::to_string_pretty(self)? + "\n")?)
    }
}
