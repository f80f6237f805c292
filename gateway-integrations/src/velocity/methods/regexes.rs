//! The methods of texts that take Java's regular expressions.

use std::sync::Arc;

use regex::{Captures, Match, Regex};

use super::Value;
use crate::{
    java_regex,
    velocity::{
        ast::{Call, Compiled},
        error::Fault,
        eval::Evaluator,
    },
};

/// The call that an expression stands in, and its text.
type Pattern<'a> = (&'a Call, &'a str);

/// Before an expression that the whole text must match; among those that are searched for none begins so.
const WHOLE: &str = "\0whole:";

impl Evaluator<'_> {
    /// A compiled expression: a literal one with the template, any other once a rendering.
    fn regex(&mut self, (call, pattern): Pattern<'_>) -> Result<Arc<Regex>, Fault> {
        if let Compiled::Regex(regex) = &call.compiled {
            return Ok(Arc::clone(regex));
        }
        let whole = &*call.name == "matches";
        let pattern: Arc<str> = if whole { format!("{WHOLE}{pattern}").into() } else { pattern.into() };
        if let Some(regex) = self.regexes.get(&pattern) {
            return Ok(Arc::clone(regex));
        }
        // Compiling costs about as much as some hundred steps.
        self.view.heap.spend(500 + pattern.len())?;
        let compiled = match pattern.strip_prefix(WHOLE) {
            Some(pattern) if whole => java_regex::whole(pattern),
            _ => java_regex::search(&pattern),
        };
        let regex = compiled.map_err(|error| {
            Fault::new(format!("the regular expression is not valid, or uses look-around or back references: {error}"))
        })?;
        let regex = Arc::new(regex);
        self.regexes.insert(pattern, Arc::clone(&regex));
        Ok(regex)
    }
}

/// `matches`: the whole text.
pub(super) fn matches<'s>(evaluator: &mut Evaluator<'s>, text: &str, pattern: Pattern<'_>) -> Result<Value<'s>, Fault> {
    evaluator.regex(pattern).map(|regex| Value::Bool(regex.is_match(text)))
}

/// `replaceAll`, and `replaceFirst` where only one is wanted.
pub(super) fn replace<'s>(
    evaluator: &mut Evaluator<'s>,
    text: &str,
    pattern: Pattern<'_>,
    replacement: &str,
    only_first: bool,
) -> Result<Value<'s>, Fault> {
    let regex = evaluator.regex(pattern)?;
    let mut out = String::new();
    let mut end = 0;
    let mut from = Some(0);
    while let Some(found) = from.and_then(|from| regex.captures_at(text, from)) {
        let Some(whole) = found.get(0) else { break };
        out.push_str(text.get(end..whole.start()).unwrap_or_default());
        expand(replacement, &found, &mut out)?;
        end = whole.end();
        from = next_search(text, whole).filter(|_| !only_first);
        if out.len() > evaluator.view.heap.longest() {
            break;
        }
    }
    out.push_str(text.get(end..).unwrap_or_default());
    evaluator.view.heap.spend_text(out.len())?;
    Ok(Value::text(out))
}

/// Where Java looks on after a match: at its end, where an empty one may follow; behind an empty one, a letter further.
fn next_search(text: &str, found: Match<'_>) -> Option<usize> {
    if !found.is_empty() {
        return Some(found.end());
    }
    let letter = text.get(found.end()..)?.chars().next()?;
    Some(found.end() + letter.len_utf8())
}

/// `$1`, `${name}`, and a backslash that takes the next letter as it is.
fn expand(replacement: &str, found: &Captures<'_>, out: &mut String) -> Result<(), Fault> {
    let mut letters = replacement.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => out.push(letters.next().ok_or_else(|| Fault::new("a lone backslash ends the replacement"))?),
            '$' if letters.peek() == Some(&'{') => {
                letters.next();
                let name: String = letters.by_ref().take_while(|letter| *letter != '}').collect();
                let group = found.name(&name).ok_or_else(|| Fault::new(format!("there is no group `{name}`")))?;
                out.push_str(group.as_str());
            }
            '$' => {
                let digit = letters.next().and_then(|digit| digit.to_digit(10));
                let mut group = digit.ok_or_else(|| Fault::new("write \\$ for a `$` in a replacement"))?;
                // As in Java: more digits count while there is such a group.
                while let Some(digit) = letters.peek().and_then(|digit| digit.to_digit(10)) {
                    let longer = group.saturating_mul(10).saturating_add(digit);
                    if usize::try_from(longer).is_ok_and(|longer| longer < found.len()) {
                        group = longer;
                        letters.next();
                    } else {
                        break;
                    }
                }
                let group = usize::try_from(group).unwrap_or(usize::MAX);
                if group >= found.len() {
                    return Err(Fault::new(format!("there is no group {group}")));
                }
                out.push_str(found.get(group).map_or("", |group| group.as_str()));
            }
            letter => out.push(letter),
        }
    }
    Ok(())
}

/// `split`: without a limit, empty texts at the end are left out.
pub(super) fn split<'s>(
    evaluator: &mut Evaluator<'s>,
    text: &str,
    pattern: Pattern<'_>,
    limit: i128,
) -> Result<Value<'s>, Fault> {
    let regex = evaluator.regex(pattern)?;
    let most = usize::try_from(limit).ok().filter(|most| *most > 0).unwrap_or(usize::MAX);
    let mut parts: Vec<&str> = Vec::new();
    let mut start = 0;
    let mut from = Some(0);
    while let Some(found) = from.and_then(|from| regex.find_at(text, from)) {
        from = next_search(text, found);
        if parts.len() + 1 >= most {
            break;
        }
        // Java gives no empty text before a match without length at the beginning.
        if found.end() == 0 || (found.is_empty() && found.start() == text.len()) {
            continue;
        }
        parts.push(text.get(start..found.start()).unwrap_or_default());
        start = found.end();
    }
    let untouched = parts.is_empty();
    parts.push(text.get(start..).unwrap_or_default());
    while limit == 0 && !untouched && parts.last().is_some_and(|last| last.is_empty()) {
        parts.pop();
    }
    evaluator.view.heap.spend_text(text.len())?;
    evaluator.view.heap.list(parts.into_iter().map(|part| Value::text(part.to_owned())).collect())
}
