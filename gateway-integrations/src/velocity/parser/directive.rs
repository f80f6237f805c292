//! Directives, comments and `#[[text]]#`.

use super::{Ending, Nodes, Parser};
use crate::velocity::{
    ast::{Block, Name, Node},
    error::Fault,
};

const KNOWN: [&str; 13] = [
    "set", "if", "elseif", "else", "end", "foreach", "define", "break", "stop", "macro", "include", "parse", "evaluate",
];

/// The name after the `#` that `text` begins with, and the length of both; braces around the name count too.
fn name(text: &str) -> Option<(&str, usize)> {
    let rest = text.strip_prefix('#')?;
    let (inside, braces) = rest.strip_prefix('{').map_or((rest, false), |inside| (inside, true));
    let first = |letter: char| letter.is_ascii_alphabetic() || matches!(letter, '_' | '@');
    if !inside.starts_with(first) {
        return None;
    }
    let more = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '@');
    let (word, after) = inside.split_at(inside.find(|letter| !more(letter)).unwrap_or(inside.len()));
    match braces {
        false => Some((word, 1 + word.len())),
        true => after.starts_with('}').then_some((word, 3 + word.len())),
    }
}

/// The length of the directive's name that `text` begins with, with its `#`; 0 where there is none.
pub(super) fn name_length(text: &str) -> usize {
    name(text).filter(|(word, _)| KNOWN.contains(word)).map_or(0, |(_, length)| length)
}

/// Whether `text` begins with `#set(`, blanks before the bracket allowed.
pub(super) fn begins_set(text: &str) -> bool {
    name(text)
        .and_then(|(word, length)| text.get(length..).filter(|_| word == "set"))
        .is_some_and(|rest| rest.trim_start_matches([' ', '\t']).starts_with('('))
}

/// Whether `text` begins with a directive of the grammar, and not with one that is plugged in, as `#foreach` is; or with
/// a comment within a line, or with unparsed text.
pub(super) fn begins_grammar(text: &str) -> bool {
    let control = name(text).is_some_and(|(word, _)| matches!(word, "if" | "elseif" | "else" | "end" | "stop"));
    control || begins_set(text) || text.starts_with("#*") || text.starts_with("#[[")
}

impl Parser<'_> {
    /// What begins at the `#` here; the ending, where a block ends with it.
    pub(super) fn hash(&mut self, nodes: &mut Nodes) -> Result<Option<Ending>, Fault> {
        if self.comment(nodes)? {
            return Ok(None);
        }
        let at = self.cursor.position();
        let text_at = self.cursor.rest();
        let Some((word, length)) = name(text_at) else {
            let letter = self.cursor.take_letter();
            self.lone(letter, nodes);
            return Ok(None);
        };
        let text = self.cursor.take(length);
        match word {
            "end" | "else" => {
                self.cursor.line_end();
                return Ok(Some(if word == "end" { Ending::End } else { Ending::Else }));
            }
            "elseif" => return Ok(Some(Ending::ElseIf)),
            "set" if begins_set(text_at) => self.set(nodes)?,
            "if" => {
                let node = self.branches(at)?;
                nodes.push(node);
            }
            "foreach" => {
                let node = self.foreach(at)?;
                nodes.push(node);
            }
            "stop" => nodes.push(Node::Stop),
            "break" => nodes.push(Node::Break),
            "define" if self.opens() => {
                let node = self.define(at)?;
                nodes.push(node);
            }
            "macro" | "include" | "parse" | "evaluate" if self.opens() => {
                return Err(self.fault_at(
                    at,
                    "API Gateway has no #macro, #include, #parse and #evaluate: write the text out, or use #define",
                ));
            }
            _ => {
                nodes.text(text);
                nodes.text(self.unknown_arguments());
                nodes.flush();
            }
        }
        Ok(None)
    }

    /// The arguments of what looks like a directive and is none: they are text, and so are the references in them.
    fn unknown_arguments(&mut self) -> &str {
        let mut ahead = Parser { cursor: self.cursor.clone(), depth: self.depth, names: self.names };
        ahead.cursor.blanks();
        if !ahead.cursor.starts_with("(") || ahead.arguments().is_err() {
            return "";
        }
        self.cursor.take(ahead.cursor.offset() - self.cursor.offset())
    }

    /// Comments and `#[[…]]#`; whether there was one.
    fn comment(&mut self, nodes: &mut Nodes) -> Result<bool, Fault> {
        let at = self.cursor.position();
        if self.cursor.accept("##") {
            self.cursor.take_until(|letter| matches!(letter, '\n' | '\r'));
            self.cursor.line_end();
            nodes.flush();
        } else if self.cursor.accept("#*") {
            // One that nobody closes reaches to the end.
            if self.cursor.take_through("*#").is_none() && self.cursor.take_until(|_| false).is_empty() {
                return Err(self.fault_at(at, "close the comment with `*#`"));
            }
            nodes.flush();
        } else if self.cursor.accept("#[[") {
            let Some(text) = self.cursor.take_through("]]#") else {
                return Err(self.fault_at(at, "close the text with `]]#`"));
            };
            nodes.text(text);
            nodes.flush();
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn set(&mut self, nodes: &mut Nodes) -> Result<(), Fault> {
        self.open("write #set($name = value)")?;
        self.cursor.blanks();
        let target = match self.cursor.peek() {
            Some('$') => self.reference()?,
            _ => None,
        };
        let Some(target) = target else {
            return Err(self.fault("#set needs a reference to set: #set($name = value)"));
        };
        self.cursor.blanks();
        if !self.cursor.accept("=") {
            return Err(self.fault("write `=` after the reference: #set($name = value)"));
        }
        let value = self.expression()?;
        self.close()?;
        nodes.push_set(Node::Set { target, value });
        Ok(())
    }

    fn branches(&mut self, at: u32) -> Result<Node, Fault> {
        let mut arms = Vec::new();
        let mut otherwise = None;
        let mut ending = Ending::ElseIf;
        while ending == Ending::ElseIf {
            self.open("write #if(condition)")?;
            let condition = self.expression()?;
            self.close()?;
            let body;
            (body, ending, _) = self.block()?;
            arms.push((condition, body));
        }
        if ending == Ending::Else {
            let body;
            (body, ending, _) = self.block()?;
            otherwise = Some(body);
        }
        match ending {
            Ending::End => Ok(Node::If { arms, otherwise, at }),
            Ending::Text => Err(self.fault_at(at, "this #if has no #end")),
            Ending::Else | Ending::ElseIf => {
                Err(self.fault_at(at, "in this #if something follows the #else: only #end can"))
            }
        }
    }

    fn foreach(&mut self, at: u32) -> Result<Node, Fault> {
        self.open("write #foreach($item in $list)")?;
        let name = self.variable()?;
        self.cursor.blanks();
        if !self.cursor.accept_word("in") {
            return Err(self.fault("write `in` after the variable: #foreach($item in $list)"));
        }
        let items = self.expression()?;
        self.close()?;
        let body = self.body(at, "this #foreach has no #end")?;
        Ok(Node::Foreach { name, items, body, at })
    }

    fn define(&mut self, at: u32) -> Result<Node, Fault> {
        self.open("write #define($name)")?;
        let name = self.variable()?;
        self.cursor.blanks();
        self.close()?;
        let body = self.body(at, "this #define has no #end")?;
        Ok(Node::Define { name, body })
    }

    /// A bare `$name`.
    fn variable(&mut self) -> Result<Name, Fault> {
        self.cursor.blanks();
        let reference = if self.cursor.starts_with("$") { self.reference()? } else { None };
        match reference {
            Some(reference) if reference.steps.is_empty() => Ok(reference.name),
            _ => Err(self.fault("a plain $name must stand here")),
        }
    }

    fn body(&mut self, at: u32, open: &'static str) -> Result<Block, Fault> {
        let (body, ending, end) = self.block()?;
        match ending {
            Ending::End => Ok(body),
            Ending::Text => Err(self.fault_at(at, open)),
            Ending::Else | Ending::ElseIf => Err(self.fault_at(end, "#else and #elseif belong to an #if")),
        }
    }

    fn opens(&self) -> bool {
        self.cursor.rest().trim_start().starts_with('(')
    }

    fn open(&mut self, how: &'static str) -> Result<(), Fault> {
        self.cursor.blanks();
        if self.cursor.accept("(") { Ok(()) } else { Err(self.fault(how)) }
    }

    /// The bracket that closes the head of a directive, and the rest of its line.
    fn close(&mut self) -> Result<(), Fault> {
        self.cursor.blanks();
        if !self.cursor.accept(")") {
            return Err(self.fault("close the directive with `)`, or write an operator here"));
        }
        self.cursor.line_end();
        Ok(())
    }
}
