//! What is wrong with a definition: all of it at once, each with its place.

use std::fmt;

/// One thing that is wrong with a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where, as a JSON pointer (RFC 6901) into the definition: `/apis/0/routes/2/route`.
    pub pointer: String,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Problem {
    /// A problem at `pointer`.
    #[must_use]
    pub fn new(pointer: impl Into<String>, message: impl fmt::Display) -> Self {
        Self { pointer: pointer.into(), message: message.to_string() }
    }

    /// The same, seen from further above.
    #[must_use]
    pub fn below(mut self, pointer: &str) -> Self {
        self.pointer.insert_str(0, pointer);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "/" } else { &self.pointer };
        write!(f, "{place}: {}", self.message)
    }
}

/// Everything that is wrong with a definition; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// All problems, in the order of the definition.
    #[must_use]
    pub fn all(&self) -> &[Problem] {
        &self.0
    }

    pub(crate) fn check(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self(problems)) }
    }
}

impl Problems {
    /// Something that the checks should have found.
    pub(crate) fn internal() -> Self {
        Problem::new("", "the definition cannot be compiled, though its checks passed").into()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl FromIterator<Problem> for Problems {
    fn from_iter<T: IntoIterator<Item = Problem>>(problems: T) -> Self {
        Self(problems.into_iter().collect())
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for problem in &self.0 {
            write!(f, "{separator}{problem}")?;
            separator = "\n";
        }
        Ok(())
    }
}

/// One token of a JSON pointer (RFC 6901), escaped.
#[must_use]
pub fn pointer_token(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}
