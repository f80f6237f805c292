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

/// What may cost at most a part of what else costs, in instructions.
const SHARES: &[(&str, &str, f64)] = &[
    ("guarded http", "guarded", 1.0),
    ("remembered token", "new token", 0.05),
    ("signature verified", "signature made by the SDK", 1.0),
];

impl Counts {
    /// How much more than `before` this is, as a share of it, and whether that is too much.
    #[must_use]
    pub fn beside(&self, before: &Self) -> (f64, bool) {
        let more = self.instructions / before.instructions - 1.0;
        (more, more > TOLERANCE || self.allocations > before.allocations * (1.0 + TOLERANCE))
    }
}

impl Table {
    /// What costs too large a part of what else costs, in words, whatever it cost before.
    #[must_use]
    pub fn too_large_shares(&self) -> Vec<String> {
        let cost = |name: &str| self.counts.get(name).map(|counts| counts.instructions);
        let wrong = SHARES.iter().filter_map(|(name, whole, most)| {
            let share = cost(name)? / cost(whole)?;
            (share > *most).then(|| format!("`{name}` costs {share:.3} of `{whole}`, more than {most}"))
        });
        wrong.collect()
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
