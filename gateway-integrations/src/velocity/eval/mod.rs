//! Rendering: nodes to text.

mod assign;
mod cycle;
mod expression;
mod reference;
mod roots;

use std::{cell::OnceCell, collections::HashMap, rc::Rc, sync::Arc};

pub(super) use self::cycle::Loop;
use super::{
    ast::{Name, Node, Program},
    error::Fault,
    overrides::Overrides,
    scene::Scene,
    value::{Heap, Map, Printer, Value},
};
use crate::json::Json;

/// One rendering.
pub(super) struct Evaluator<'s> {
    pub(super) scene: &'s Scene<'s>,
    pub(super) heap: Heap<'s>,
    pub(super) regexes: HashMap<Arc<str>, Arc<regex::Regex>>,
    /// The values by slot; null is one that was not set.
    variables: Vec<Value<'s>>,
    out: Printer,
    depth: usize,
    cycle: Option<Rc<Loop>>,
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

/// How rendering goes on after a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Stop,
}

impl<'s> Evaluator<'s> {
    /// Renders a template whose result is likely as long as `likely`.
    pub(super) fn run(scene: &'s Scene<'s>, program: &'s Program, likely: usize) -> Result<Outcome, Fault> {
        let mut evaluator = Self {
            scene,
            heap: Heap::new(&scene.limits, scene.strict),
            regexes: HashMap::new(),
            variables: vec![Value::Null; program.names.len()],
            out: Printer::sized(scene.limits.output, likely),
            depth: 0,
            cycle: None,
            stopped_loops: 0,
            body: OnceCell::new(),
            params: None,
            stage_variables: None,
            overrides: None,
        };
        for (name, value) in scene.variables.iter() {
            let place = program.names.iter().position(|known| known == name);
            if let Some(variable) = place.and_then(|place| evaluator.variables.get_mut(place)) {
                *variable = super::value::from_json(&evaluator.heap, value)?;
            }
        }
        evaluator.block(&program.nodes)?;
        let overrides = match &evaluator.overrides {
            Some((request, response)) => Overrides::collect(&evaluator.heap, request, response)?,
            None => scene.overrides.untouched(),
        };
        let stopped_loops = evaluator.stopped_loops;
        Ok(Outcome { text: std::mem::take(&mut evaluator.out.text), overrides, stopped_loops })
    }

    fn set(&mut self, name: &Name, value: Value<'s>) {
        if let Some(variable) = self.variables.get_mut(name.slot) {
            *variable = value;
        }
    }

    fn block(&mut self, block: &'s [Node]) -> Result<Flow, Fault> {
        self.enter()?;
        let mut flow = Flow::On;
        for node in block {
            flow = self.node(node)?;
            if flow != Flow::On {
                break;
            }
        }
        self.depth -= 1;
        Ok(flow)
    }

    fn node(&mut self, node: &'s Node) -> Result<Flow, Fault> {
        self.heap.spend(1)?;
        match node {
            Node::Text(text) => self.out.push(text)?,
            Node::Print(reference) => match self.reference(reference)? {
                Value::Text(text) => self.out.push(&text)?,
                Value::Block(block) => {
                    return Ok(if self.block(block)? == Flow::Stop { Flow::Stop } else { Flow::On });
                }
                value => self.out.print(&self.heap, &value).map_err(|fault| fault.at(reference.at))?,
            },
            Node::Set { target, value } => {
                let value = self.value(value).map_err(|fault| fault.at(target.at))?;
                // Velocity 1.7 leaves the variable as it was; only arithmetic without a result gives null.
                if !value.is_null() {
                    self.assign(target, value)?;
                }
            }
            Node::If { arms, otherwise, at } => {
                for (condition, body) in arms {
                    if self.truth(condition).map_err(|fault| fault.at(*at))? {
                        return self.block(body);
                    }
                }
                if let Some(body) = otherwise {
                    return self.block(body);
                }
            }
            Node::Foreach { name, items, body, at } => {
                return self.foreach(name, items, body).map_err(|fault| fault.at(*at));
            }
            Node::Define { name, body } => self.set(name, Value::Block(body)),
            Node::Break => return Ok(Flow::Break),
            Node::Stop => return Ok(Flow::Stop),
        }
        Ok(Flow::On)
    }

    /// What a block prints.
    fn printed(&mut self, block: &'s [Node]) -> Result<Value<'s>, Fault> {
        let limit = self.out.limit;
        let outer = std::mem::replace(&mut self.out, Printer::new(limit));
        let flow = self.block(block);
        let inner = std::mem::replace(&mut self.out, outer);
        flow?;
        self.heap.spend_text(inner.text.len())?;
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
