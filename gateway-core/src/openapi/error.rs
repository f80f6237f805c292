use std::fmt;

use crate::problem::Problem;

/// Why a document was not imported; nothing was changed.
///
/// Its `Display` is the message that AWS answers with. What stands in a document is no secret, but may be quoted here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The text is no OpenAPI document: why.
    #[error("Invalid OpenAPI input.")]
    Input(String),
    /// The text holds no documentation: why.
    #[error("Unable to build importer with provided input.")]
    Documentation(String),
    /// The document is wrong: all errors at once, each with its place.
    #[error("{}", Listed("Errors found during import:", errors.iter().map(|error| &*error.message), warnings))]
    Errors {
        /// What is wrong.
        errors: Vec<Problem>,
        /// What was warned of besides.
        warnings: Vec<String>,
    },
    /// The document has warnings, and they were to be errors.
    #[error("{}", Listed("Warnings found during import:", warnings.iter().map(String::as_str), &[]))]
    Warnings {
        /// What was warned of.
        warnings: Vec<String>,
    },
}

impl ImportError {
    /// What is wrong, with places in the document where there is one: for people.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        match self {
            Self::Input(why) | Self::Documentation(why) => vec![Problem::new("", format!("{self} {why}"))],
            Self::Errors { errors, .. } => errors.clone(),
            Self::Warnings { warnings } => warnings.iter().map(|warning| Problem::new("", warning)).collect(),
        }
    }
}

struct Listed<'a, I>(&'a str, I, &'a [String]);

impl<'a, I: Iterator<Item = &'a str> + Clone> fmt::Display for Listed<'a, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(head, lines, warnings) = self;
        f.write_str(head)?;
        lines.clone().try_for_each(|line| write!(f, "\n\t{line}"))?;
        if !warnings.is_empty() {
            f.write_str("\nAdditionally, these warnings were found:")?;
            warnings.iter().try_for_each(|warning| write!(f, "\n\t{warning}"))?;
        }
        Ok(())
    }
}
