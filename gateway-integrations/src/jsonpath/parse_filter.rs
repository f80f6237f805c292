//! The conditions of filters, from text.
//!
//! ```text
//! either  = both ( "||" both )*
//! both    = single ( "&&" single )*
//! single  = "!" single | "(" either ")" | operand [ comparison operand ]
//! operand = "@" path | "$" path | json | 'text' | "/" regex "/" flags
//! ```

use super::{
    ast::{Comparison, Condition, Operand},
    parse::{Reader, Reason},
};
use crate::{
    java_regex,
    json::{Json, Object},
};

const DEPTH: usize = 32;

/// The condition in the brackets, after the `?`.
pub(super) fn condition(reader: &mut Reader<'_>) -> Result<Condition, Reason> {
    if reader.depth >= DEPTH {
        return reader.fail("the condition is nested too deep");
    }
    reader.depth += 1;
    let condition = either(reader);
    reader.depth -= 1;
    condition
}

fn either(reader: &mut Reader<'_>) -> Result<Condition, Reason> {
    let mut all = vec![both(reader)?];
    while reader.take("||") {
        all.push(both(reader)?);
    }
    Ok(one_or(all, Condition::Either))
}

fn both(reader: &mut Reader<'_>) -> Result<Condition, Reason> {
    let mut all = vec![single(reader)?];
    while reader.take("&&") {
        all.push(single(reader)?);
    }
    Ok(one_or(all, Condition::Both))
}

fn one_or(mut all: Vec<Condition>, many: fn(Vec<Condition>) -> Condition) -> Condition {
    match (all.pop(), all.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            all.extend(last);
            many(all)
        }
    }
}

fn single(reader: &mut Reader<'_>) -> Result<Condition, Reason> {
    reader.blanks();
    let negated = reader.rest().bytes().take_while(|byte| *byte == b'!').count();
    reader.at += negated;
    reader.blanks();
    let condition = if reader.take("(") {
        let inner = condition(reader)?;
        if !reader.take(")") {
            return reader.fail("close the condition with `)`");
        }
        inner
    } else {
        relation(reader)?
    };
    reader.blanks();
    Ok(if negated % 2 == 1 { Condition::Not(Box::new(condition)) } else { condition })
}

fn relation(reader: &mut Reader<'_>) -> Result<Condition, Reason> {
    let left = operand(reader)?;
    reader.blanks();
    let rest = reader.rest();
    let starts = |text: &str| rest.get(..text.len()).is_some_and(|head| head.eq_ignore_ascii_case(text));
    let Some((text, comparison)) = Comparison::ALL.into_iter().find(|(text, _)| starts(text)) else {
        return Ok(Condition::Exists(left));
    };
    reader.at += text.len();
    reader.blanks();
    let right = operand(reader)?;
    reader.blanks();
    Ok(Condition::Compare(left, comparison, right))
}

fn operand(reader: &mut Reader<'_>) -> Result<Operand, Reason> {
    if reader.take("@") {
        return reader.steps(true).map(Operand::Current);
    }
    if reader.take("$") {
        return reader.steps(true).map(Operand::Root);
    }
    if reader.take("/") {
        return pattern(reader);
    }
    reader.json().map(Operand::Value)
}

fn pattern(reader: &mut Reader<'_>) -> Result<Operand, Reason> {
    let mut escaped = false;
    let end = reader.rest().find(|letter| {
        let ends = letter == '/' && !escaped;
        escaped = letter == '\\' && !escaped;
        ends
    });
    let Some((pattern, _)) = end.and_then(|end| reader.rest().split_at_checked(end)) else {
        return reader.fail("close the expression with `/`");
    };
    reader.at += pattern.len() + 1;
    let flags = reader.take_until(|letter| !letter.is_ascii_alphabetic());
    let flags: String = flags.chars().filter(|flag| matches!(flag, 'i' | 'm' | 's' | 'x')).collect();
    let prefix = if flags.is_empty() { String::new() } else { format!("(?{flags})") };
    java_regex::whole(&format!("{prefix}{pattern}")).map(Operand::Pattern).map_err(|error| error.to_string().into())
}

impl Reader<'_> {
    /// A literal: JSON, whose texts may also stand in single quotes.
    pub(super) fn json(&mut self) -> Result<Json, Reason> {
        self.blanks();
        match self.peek() {
            Some('\'' | '"') => self.quoted().map(Json::from),
            Some('[') => self.list(),
            Some('{') => self.object(),
            _ => {
                let word = self.take_until(|letter| {
                    letter.is_whitespace()
                        || matches!(letter, ')' | ']' | '}' | ',' | '&' | '|' | '=' | '<' | '>' | '!')
                });
                Json::parse(word).or_else(|_| self.fail("a path, a number, a quoted text or a list must stand here"))
            }
        }
    }

    fn list(&mut self) -> Result<Json, Reason> {
        let mut items = Vec::new();
        self.nested("[", "]", |reader| {
            items.push(reader.json()?);
            Ok(())
        })?;
        Ok(Json::List(items))
    }

    fn object(&mut self) -> Result<Json, Reason> {
        let mut object = Object::new();
        self.nested("{", "}", |reader| {
            let key = reader.quoted()?;
            reader.blanks();
            if !reader.take(":") {
                return reader.fail("a colon must follow the key");
            }
            object.insert(key, reader.json()?);
            Ok(())
        })?;
        Ok(Json::Object(object))
    }

    /// What stands between `open` and `close`, with commas between.
    fn nested(
        &mut self,
        open: &str,
        close: &str,
        mut item: impl FnMut(&mut Self) -> Result<(), Reason>,
    ) -> Result<(), Reason> {
        if self.depth >= DEPTH {
            return self.fail("the literal is nested too deep");
        }
        self.depth += 1;
        self.take(open);
        self.blanks();
        while !self.take(close) {
            item(self)?;
            self.blanks();
            if !self.take(",") && !self.rest().starts_with(close) {
                return self.fail("a comma or the closing bracket is missing");
            }
            self.blanks();
        }
        self.depth -= 1;
        Ok(())
    }
}
