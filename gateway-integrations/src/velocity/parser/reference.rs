//! `$name`, `${name}`, `$!name.property.method(…)[index]`.

use std::sync::Arc;

use super::Parser;
use crate::{
    java_regex,
    jsonpath::JsonPath,
    velocity::{
        ast::{Call, Compiled, Expression, LoopProperty, Reference, Root, Shape, Step},
        error::Fault,
    },
};

impl Parser<'_> {
    /// The reference that begins at the `$` here; `None` where the `$` is text.
    pub(super) fn reference(&mut self) -> Result<Option<Reference>, Fault> {
        let start = self.cursor.clone();
        let at = start.position();
        self.cursor.accept("$");
        self.cursor.accept("!");
        let formal = self.cursor.accept("{");
        let Some(name) = self.cursor.identifier() else {
            self.cursor = start;
            return Ok(None);
        };
        self.enter()?;
        let mut steps = Vec::new();
        while let Some(step) = self.step()? {
            steps.push(step);
        }
        if formal && !self.cursor.accept("}") {
            return Err(self.fault("close the reference with `}`"));
        }
        let name = self.names.name(name);
        let shape = shape(name.root, &steps);
        self.leave(Some(Reference { name, steps, shape, at }))
    }

    fn step(&mut self) -> Result<Option<Step>, Fault> {
        if self.cursor.accept("[") {
            return self.index().map(Some);
        }
        let mut ahead = self.cursor.clone();
        if !ahead.accept(".") || !ahead.peek().is_some_and(|letter| letter.is_ascii_alphabetic()) {
            return Ok(None);
        }
        let Some(name) = ahead.identifier() else { return Ok(None) };
        self.cursor = ahead;
        if !self.begins_arguments() {
            return Ok(Some(Step::Property(self.names.property(name))));
        }
        let arguments = self.arguments()?;
        let compiled = compiled(name, &arguments);
        Ok(Some(Step::Method(Call { name: name.into(), arguments, compiled })))
    }

    fn index(&mut self) -> Result<Step, Fault> {
        self.cursor.blanks();
        let index = match self.cursor.peek() {
            Some('"' | '\'' | '$' | '-' | '0'..='9' | 't' | 'f') => self.primary()?,
            _ => {
                return Err(self.fault(
                    "an index is a number, a quoted text or a reference: write ${name} before a `[` that is text",
                ));
            }
        };
        self.cursor.blanks();
        if !self.cursor.accept("]") {
            return Err(self.fault("close the index with `]`"));
        }
        Ok(Step::Index(index))
    }

    /// Whether the bracket here opens a list of arguments, and is not text that follows a property.
    fn begins_arguments(&self) -> bool {
        let inside = self.cursor.rest().strip_prefix('(');
        inside.is_some_and(|inside| {
            inside.starts_with(|letter: char| {
                letter.is_ascii_alphanumeric() || letter.is_ascii_whitespace() || ")\"'$[{-._".contains(letter)
            })
        })
    }

    pub(super) fn arguments(&mut self) -> Result<Vec<Expression>, Fault> {
        self.cursor.accept("(");
        self.cursor.blanks();
        let mut arguments = Vec::new();
        if self.cursor.accept(")") {
            return Ok(arguments);
        }
        loop {
            self.cursor.blanks();
            arguments.push(self.argument()?);
            self.cursor.blanks();
            if self.cursor.accept(")") {
                return Ok(arguments);
            }
            if !self.cursor.accept(",") {
                return Err(self.fault("separate arguments with `,` and close them with `)`; compute with #set before"));
            }
        }
    }

    fn argument(&mut self) -> Result<Expression, Fault> {
        let mut ahead = self.cursor.clone();
        match ahead.identifier() {
            None | Some("true" | "false") => self.primary(),
            Some(_) => {
                self.cursor = ahead;
                Ok(Expression::Null)
            }
        }
    }
}

fn shape(root: Root, steps: &[Step]) -> Shape {
    match (root, steps) {
        (Root::Foreach, [Step::Property(name)]) => LoopProperty::of(name).map_or(Shape::Other, Shape::Loop),
        (Root::Context, [_, ..]) => context_variable(steps).map_or(Shape::Other, Shape::Context),
        (_, []) => Shape::Variable,
        (_, [Step::Property(name)]) => Shape::Property(name.seat()),
        (Root::Util, [Step::Method(call)])
            if &*call.name == "escapeJavaScript" && matches!(call.arguments.as_slice(), [Expression::Reference(_)]) =>
        {
            Shape::Escaped
        }
        _ => Shape::Other,
    }
}

/// The variable of `$context` that plain properties name; the overrides are none.
fn context_variable(steps: &[Step]) -> Option<Box<str>> {
    let mut names = Vec::new();
    for step in steps {
        let Step::Property(name) = step else { return None };
        names.push(&**name);
    }
    let overrides = matches!(names.first(), None | Some(&("requestOverride" | "responseOverride")));
    (!overrides).then(|| names.join(".").into())
}

/// Compiles a literal path or regular expression. What is not valid fails where it is used, if it is.
fn compiled(name: &str, arguments: &[Expression]) -> Compiled {
    let Some(Expression::Text(text)) = arguments.first() else { return Compiled::No };
    // A clone of an expression has no scratch space yet; sharing keeps what the last use allocated.
    let regex =
        |compiled: Result<_, regex::Error>| compiled.map_or(Compiled::No, |regex| Compiled::Regex(Arc::new(regex)));
    match name {
        "path" | "json" => JsonPath::parse(text).map_or(Compiled::No, Compiled::Path),
        "matches" => regex(java_regex::whole(text)),
        "replaceAll" | "replaceFirst" | "split" => regex(java_regex::search(text)),
        _ => Compiled::No,
    }
}
