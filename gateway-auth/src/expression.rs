//! Expressions that a whole text must match.

use regex::{Regex, RegexBuilder};

/// Compiled expressions above this size, in bytes, are refused.
const SIZE: usize = 1 << 20;

/// Compiles an expression that a whole text must match.
pub(crate) fn whole(expression: &str) -> Result<Regex, regex::Error> {
    let build = |text: &str| RegexBuilder::new(text).size_limit(SIZE).dfa_size_limit(SIZE).nest_limit(100).build();
    // By itself first: a parenthesis too many must not end the frame.
    build(expression)?;
    build(&format!(r"\A(?:{expression})\z"))
}
