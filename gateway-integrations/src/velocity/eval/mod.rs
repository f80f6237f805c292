//! Rendering: nodes to text.

mod assign;
mod cycle;
mod expression;
mod reference;
mod roots;
mod seen;

use std::{cell::OnceCell, collections::HashMap, sync::Arc};

pub(super) use self::cycle::Loop;
use self::seen::{Seen, View};
use super::{
    ast::{At, Block, Expression, Name, Node, Program, Reference, Shape},
    error::Fault,
    methods,
    overrides::Overrides,
    scene::Scene,
    value::{Heap, Map, Printer, Value},
};
use crate::json::Json;

/// One rendering.
pub(super) struct Evaluator<'s> {
    pub(super) scene: &'s Scene<'s>,
    pub(super) view: View<'s>,
    pub(super) regexes: HashMap<Arc<str>, Arc<regex::Regex>>,
    out: Printer,
    depth: usize,
    stopped_loops: usize,
    /// The body as paths need it that look into several places.
    body: OnceCell<Json>,
    params: Option<Map<'s>>,
    stage_variables: Option<Map<'s>>,
    overrides: Option<(Map<'s>, Map<'s>)>,
}

/// What a rendering gives.
pub(super) struct Outcome {
    pub(super) text: String,
    pub(super) overrides: Overrides,
    pub(super) stopped_loops: usize,
}

/// Why rendering does not go on with the next node. Rare, so that going on is a null pointer.
struct Leave(Box<Reason>);

enum Reason {
    Break,
    Stop,
    Fault(Fault),
}

impl From<Fault> for Leave {
    #[cold]
    fn from(fault: Fault) -> Self {
        Self(Box::new(Reason::Fault(fault)))
    }
}

impl Leave {
    #[cold]
    fn at(self, at: At) -> Self {
        match *self.0 {
            Reason::Fault(fault) => fault.at(at).into(),
            reason => Self(Box::new(reason)),
        }
    }
}

/// What a block gives that is rendered as a whole: `#break` and `#stop` end it.
fn ended(result: Result<(), Leave>) -> Result<(), Fault> {
    match result.map_err(|leave| *leave.0) {
        Err(Reason::Fault(fault)) => Err(fault),
        _ => Ok(()),
    }
}

impl<'s> Evaluator<'s> {
    /// Renders a template whose result is likely as long as `likely`.
    pub(super) fn run(scene: &'s Scene<'s>, program: &'s Program, likely: usize) -> Result<Outcome, Fault> {
        let mut evaluator = Self {
            scene,
            view: View::new(Heap::new(&scene.limits, scene.strict), program),
            regexes: HashMap::new(),
            out: Printer::sized(scene.limits.output, likely),
            depth: 0,
            stopped_loops: 0,
            body: OnceCell::new(),
            params: None,
            stage_variables: None,
            overrides: None,
        };
        for (name, value) in scene.variables.iter() {
            let place = program.names.iter().position(|known| known == name);
            if let Some(variable) = place.and_then(|place| evaluator.view.variables.get_mut(place)) {
                *variable = super::value::from_json(&evaluator.view.heap, value)?;
            }
        }
        ended(evaluator.block(&program.nodes))?;
        evaluator.out.bounded()?;
        let overrides = match &evaluator.overrides {
            Some((request, response)) => Overrides::collect(&evaluator.view.heap, request, response)?,
            None => scene.overrides.untouched(),
        };
        let stopped_loops = evaluator.stopped_loops;
        Ok(Outcome { text: std::mem::take(&mut evaluator.out.text), overrides, stopped_loops })
    }

    fn set(&mut self, name: &Name, value: Value<'s>) {
        if let Some(variable) = self.view.variables.get_mut(name.slot) {
            *variable = value;
        }
    }

    fn block(&mut self, block: &'s [Node]) -> Result<(), Leave> {
        self.enter()?;
        self.out.bounded()?;
        self.view.heap.spend(block.len())?;
        let result = block.iter().try_for_each(|node| self.node(node));
        self.depth -= 1;
        result
    }

    #[inline(always)]
    fn node(&mut self, node: &'s Node) -> Result<(), Leave> {
        match node {
            Node::Text(text) => self.out.literal(text)?,
            Node::Print { before, reference } => {
                self.out.literal(before)?;
                self.print(reference)?;
            }
            Node::Set { target, value } => self.set_to(target, value)?,
            Node::If { arms, otherwise, at } => self.branch(arms, otherwise.as_deref(), *at)?,
            Node::Foreach { name, items, body, at } => {
                self.foreach(name, items, body).map_err(|leave| leave.at(*at))?;
            }
            Node::Define { name, body } => self.set(name, Value::Block(body)),
            Node::Break => return Err(Leave(Box::new(Reason::Break))),
            Node::Stop => return Err(Leave(Box::new(Reason::Stop))),
        }
        Ok(())
    }

    #[inline(never)]
    fn branch(&mut self, arms: &'s [(Expression, Block)], otherwise: Option<&'s [Node]>, at: At) -> Result<(), Leave> {
        let mut body = otherwise;
        for (condition, taken) in arms {
            let holds = match self.view.truth(condition) {
                Some(holds) => holds,
                None => self.decided(condition).map_err(|fault| fault.at(at))?,
            };
            if holds {
                body = Some(taken);
                break;
            }
        }
        match body {
            // Often it is but a text.
            Some([Node::Text(text)]) => Ok(self.out.literal(text)?),
            Some(body) => self.block(body),
            None => Ok(()),
        }
    }

    #[inline(always)]
    fn print(&mut self, reference: &'s Reference) -> Result<(), Leave> {
        match self.view.seen(reference) {
            Some(Seen::Text(text)) => self.out.push(text)?,
            Some(Seen::Whole(number)) => self.out.whole(number)?,
            Some(Seen::Truth(value)) => self.out.truth(value)?,
            None => return self.print_other(reference),
        }
        Ok(())
    }

    #[inline(never)]
    fn print_other(&mut self, reference: &'s Reference) -> Result<(), Leave> {
        let Some(text) = self.view.to_escape(reference) else { return self.print_value(reference) };
        self.view.heap.spend_text(text.len())?;
        match methods::plain_script(text) {
            true => self.out.push(text)?,
            false => self.out.push(&methods::java_script(text))?,
        }
        Ok(())
    }

    fn print_value(&mut self, reference: &'s Reference) -> Result<(), Leave> {
        match self.reference(reference)? {
            Value::Text(text) => self.out.push(&text)?,
            Value::Block(block) => match self.block(block) {
                Err(Leave(reason)) if matches!(*reason, Reason::Break) => {}
                result => return result,
            },
            value => self.out.print(&self.view.heap, &value).map_err(|fault| fault.at(reference.at))?,
        }
        Ok(())
    }

    #[inline(always)]
    fn set_to(&mut self, target: &'s Reference, value: &'s Expression) -> Result<(), Fault> {
        if let Shape::Variable = target.shape
            && let Some(number) = self.view.computed(value)
            && let Some(variable) = self.view.variables.get_mut(target.name.slot)
        {
            match variable {
                // Nothing is there to be dropped.
                Value::Integer(former) => *former = number.into(),
                variable => *variable = Value::Integer(number.into()),
            }
            return Ok(());
        }
        self.set_value(target, value)
    }

    #[inline(never)]
    fn set_value(&mut self, target: &'s Reference, value: &'s Expression) -> Result<(), Fault> {
        let value = self.value(value).map_err(|fault| fault.at(target.at))?;
        // Velocity 1.7 leaves the variable as it was; only arithmetic without a result gives null.
        if value.is_null() { Ok(()) } else { self.assign(target, value) }
    }

    /// What a block prints.
    fn printed(&mut self, block: &'s [Node]) -> Result<Value<'s>, Fault> {
        let limit = self.out.limit;
        let outer = std::mem::replace(&mut self.out, Printer::new(limit));
        let result = self.block(block);
        let inner = std::mem::replace(&mut self.out, outer);
        ended(result)?;
        inner.bounded()?;
        self.view.heap.spend_text(inner.text.len())?;
        Ok(Value::text(inner.text))
    }

    fn enter(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > self.scene.limits.depth {
            return Err(Fault::new("the template is nested too deep: does a #define use itself?"));
        }
        Ok(())
    }
}
