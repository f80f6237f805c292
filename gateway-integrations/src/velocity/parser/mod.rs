//! From text to nodes: one reader, a mode for text, for references and for directives.
//!
//! Velocity has no grammar of its own for text: whatever is no reference and no directive stands for itself. The rules
//! for white space are those of Velocity 1.7: a line that ends after `#set(…)`, `#if(…)`, `#else`, `#end` and their
//! like gives no line break, and blanks before a `#set` that begins a line go too.

mod cursor;
mod directive;
mod expression;
mod literal;
mod reference;

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    sync::Arc,
};

use self::cursor::Cursor;
use super::{
    ast::{Block, Name, Node, Program, Reference, Root, Step},
    error::Fault,
    literal::Literal,
    property::Property,
};

/// How deep blocks, brackets and texts may be nested.
const DEPTH: usize = 50;

/// Compiles a template.
pub(super) fn parse(text: &str) -> Result<Program, Fault> {
    if u32::try_from(text.len()).is_err() {
        return Err(Fault::new("the template is too long"));
    }
    let names = Names::default();
    let nodes = Parser { cursor: Cursor::new(text), depth: 0, names: &names }.template()?;
    let seats = names.seats.get();
    let mut slots: Vec<_> = names.slots.into_inner().into_iter().collect();
    slots.sort_by_key(|(_, slot)| *slot);
    Ok(Program { nodes, names: slots.into_iter().map(|(name, _)| name).collect(), seats })
}

/// The names met so far, and their slots.
#[derive(Default)]
struct Names {
    slots: RefCell<HashMap<Arc<str>, usize>>,
    seats: Cell<usize>,
}

impl Names {
    fn property(&self, name: &str) -> Property {
        Property::new(name, self.seats.replace(self.seats.get() + 1))
    }

    fn name(&self, text: &str) -> Name {
        let mut slots = self.slots.borrow_mut();
        let next = slots.len();
        let (text, slot) = match slots.get_key_value(text) {
            Some((text, slot)) => (Arc::clone(text), *slot),
            None => {
                let text: Arc<str> = text.into();
                slots.insert(Arc::clone(&text), next);
                (text, next)
            }
        };
        let root = match &*text {
            "input" => Root::Input,
            "util" => Root::Util,
            "context" => Root::Context,
            "stageVariables" => Root::StageVariables,
            "foreach" => Root::Foreach,
            "velocityCount" => Root::VelocityCount,
            "velocityHasNext" => Root::VelocityHasNext,
            _ => Root::Nothing,
        };
        Name { text, slot, root }
    }
}

/// What ended a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Text,
    End,
    Else,
    ElseIf,
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    depth: usize,
    names: &'a Names,
}

impl Parser<'_> {
    /// The whole text.
    fn template(&mut self) -> Result<Block, Fault> {
        let (nodes, ending, at) = self.block()?;
        match ending {
            Ending::Text => Ok(nodes),
            Ending::End => Err(self.fault_at(at, "#end closes nothing: remove it, or write \\#end for the text")),
            Ending::Else | Ending::ElseIf => {
                Err(self.fault_at(at, "#else and #elseif belong between #if(…) and its #end, not into another block"))
            }
        }
    }

    /// Nodes up to an `#end`, an `#else`, an `#elseif` or the end of the text; and where that stands.
    fn block(&mut self) -> Result<(Block, Ending, u32), Fault> {
        self.enter()?;
        let mut nodes = Nodes::default();
        loop {
            nodes.text(self.cursor.take_until(|letter| matches!(letter, '$' | '#' | '\\')));
            let at = self.cursor.position();
            match self.cursor.peek() {
                None => break self.leave((nodes.finish(), Ending::Text, at)),
                Some('\\') => self.escape(&mut nodes),
                Some('$') => self.dollar(&mut nodes)?,
                Some(_) => {
                    if let Some(ending) = self.hash(&mut nodes)? {
                        break self.leave((nodes.finish(), ending, at));
                    }
                }
            }
        }
    }

    /// Backslashes: of those before a reference or a directive every second one shows, and an odd one makes text of it.
    fn escape(&mut self, nodes: &mut Nodes) {
        let run = self.cursor.take_until(|letter| letter != '\\');
        let length = self.escapable();
        if length == 0 {
            nodes.text(run);
            nodes.flush();
            return;
        }
        nodes.text(run.get(..run.len() / 2).unwrap_or_default());
        if run.len() % 2 == 1 {
            nodes.text(self.cursor.take(length));
        }
    }

    /// A reference, or a `$` that is text.
    fn dollar(&mut self, nodes: &mut Nodes) -> Result<(), Fault> {
        let formal = self.cursor.starts_with("${") || self.cursor.starts_with("$!{");
        if let Some(reference) = self.reference()? {
            let last = reference.steps.last();
            let word = matches!(last, Some(Step::Method(_) | Step::Index(_)));
            let property = matches!(last, Some(Step::Property(_)));
            nodes.print(reference);
            if !formal {
                self.behind_reference(word, property, nodes);
            }
            return Ok(());
        }
        let letter = self.cursor.take_letter();
        // The mark of a quiet reference goes where none follows, unless another one might begin.
        let mut ahead = self.cursor.clone();
        if ahead.accept("!") && (!ahead.rest().starts_with(['{', '$', '#']) || directive::begins_grammar(ahead.rest()))
        {
            self.cursor = ahead;
        }
        self.lone(letter, nodes);
        Ok(())
    }

    /// Behind a reference without braces a `}` is a text of its own, and so is a `word` behind a bracket: blanks that
    /// follow do not continue it. Behind a `property` no comment begins, but text with `##`.
    fn behind_reference(&mut self, word: bool, property: bool, nodes: &mut Nodes) {
        let rest = self.cursor.rest();
        if self.cursor.accept("}") {
            nodes.text("}");
        } else if word {
            nodes.text(self.cursor.identifier().unwrap_or_default());
        } else if property
            && let Some(after) = rest.strip_prefix("##")
            && !after.starts_with(['#', '[', '*', '{'])
            && directive::name_length(rest.get(1..).unwrap_or_default()) == 0
        {
            nodes.text(self.cursor.take(2));
        }
        nodes.flush();
    }

    /// A `$` or `#` that begins nothing. Velocity 1.7 loses it where a directive follows at once.
    fn lone(&mut self, letter: &str, nodes: &mut Nodes) {
        nodes.flush();
        let rest = self.cursor.rest();
        let follows = letter == "$" && directive::begins_grammar(rest);
        if !follows && !directive::begins_set(rest.trim_start_matches([' ', '\t'])) {
            nodes.text(letter);
        }
        if letter == "#" {
            nodes.text(self.cursor.take_until(|letter| !letter.is_ascii_digit()));
        }
        nodes.flush();
    }

    /// The length of the reference or the directive's name that stands here; 0 where there is none.
    fn escapable(&self) -> usize {
        let mut ahead = Parser { cursor: self.cursor.clone(), depth: self.depth, names: self.names };
        match self.cursor.peek() {
            Some('$') if matches!(ahead.reference(), Ok(Some(_))) => ahead.cursor.offset() - self.cursor.offset(),
            Some('#') => directive::name_length(self.cursor.rest()),
            _ => 0,
        }
    }

    fn enter(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > DEPTH { Err(self.fault("this is nested too deep: 50 levels are allowed")) } else { Ok(()) }
    }

    fn leave<T>(&mut self, value: T) -> Result<T, Fault> {
        self.depth -= 1;
        Ok(value)
    }

    fn fault(&self, reason: &'static str) -> Fault {
        self.fault_at(self.cursor.position(), reason)
    }

    #[expect(clippy::unused_self, reason = "reads like its sibling")]
    fn fault_at(&self, at: u32, reason: &'static str) -> Fault {
        Fault::new(reason).at(at)
    }
}

/// The nodes of a block while they are read; neighbouring texts become one.
#[derive(Default)]
struct Nodes {
    nodes: Vec<Node>,
    text: String,
}

impl Nodes {
    fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn push(&mut self, node: Node) {
        self.flush();
        self.nodes.push(node);
    }

    fn print(&mut self, reference: Reference) {
        self.flush();
        let before = match self.nodes.pop() {
            Some(Node::Text(text)) => text,
            other => {
                self.nodes.extend(other);
                Literal::new("")
            }
        };
        self.nodes.push(Node::Print { before, reference });
    }

    /// Adds a `#set`: blanks between it and what is before go, unless other text stands there too.
    fn push_set(&mut self, node: Node) {
        if self.text.bytes().all(|byte| matches!(byte, b' ' | b'\t')) {
            self.text.clear();
        }
        self.push(node);
    }

    /// What comes next is not continued from the text before.
    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.nodes.push(Node::Text(Literal::new(&self.text)));
            self.text.clear();
        }
    }

    fn finish(mut self) -> Block {
        self.flush();
        self.nodes.into()
    }
}
