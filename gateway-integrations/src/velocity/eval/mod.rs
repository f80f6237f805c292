//! Rendering: nodes to text.

mod assign;
mod cycle;
mod expression;
mod reference;
mod roots;

use std::{cell::OnceCell, collections::HashMap, rc::Rc, sync::Arc};

pub(super) use self::cycle::Loop;
use super::{
    ast::{Block, Node},
    error::Fault,
    overrides::Overrides,
    scene::Scene,
    value::{Heap, Map, Printer, Value},
};
use crate::json::Json;

/// One rendering.
pub(super) struct Evaluator<'s> {
    pub(super) scene: &'s Scene<'s>,
    pub(super) heap: Heap,
    pub(super) regexes: HashMap<Arc<str>, Arc<regex::Regex>>,
    variables: HashMap<Arc<str>, Value>,
    out: Printer,
    depth: usize,
    cycle: Option<Rc<Loop>>,
    body: OnceCell<Option<Json>>,
    params: Option<Map>,
    stage_variables: Option<Map>,
    request_override: Map,
    response_override: Map,
    empty: Arc<str>,
}

/// How rendering goes on after a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Stop,
}

impl<'s> Evaluator<'s> {
    /// Renders a template.
    pub(super) fn run(scene: &'s Scene<'s>, template: &Block) -> Result<(String, Overrides), Fault> {
        let heap = Heap::new(&scene.limits);
        let (request_override, response_override) = scene.overrides.maps(&heap)?;
        let mut evaluator = Self {
            scene,
            heap,
            regexes: HashMap::new(),
            variables: HashMap::new(),
            out: Printer::new(scene.limits.output),
            depth: 0,
            cycle: None,
            body: OnceCell::new(),
            params: None,
            stage_variables: None,
            request_override,
            response_override,
            empty: "".into(),
        };
        for (name, value) in scene.variables.iter() {
            let value = super::value::from_json(&evaluator.heap, value)?;
            evaluator.variables.insert(Arc::clone(name), value);
        }
        evaluator.block(template)?;
        let overrides = Overrides::collect(&evaluator.heap, &evaluator.request_override, &evaluator.response_override)?;
        Ok((std::mem::take(&mut evaluator.out.text), overrides))
    }

    fn block(&mut self, block: &Block) -> Result<Flow, Fault> {
        self.enter()?;
        let mut flow = Flow::On;
        for node in &**block {
            flow = self.node(node)?;
            if flow != Flow::On {
                break;
            }
        }
        self.depth -= 1;
        Ok(flow)
    }

    fn node(&mut self, node: &Node) -> Result<Flow, Fault> {
        self.heap.spend(1)?;
        match node {
            Node::Text(text) => self.out.push(text)?,
            Node::Print(reference) => {
                let value = self.reference(reference)?;
                match value {
                    Value::Block(block) => {
                        return Ok(if self.block(&block)? == Flow::Stop { Flow::Stop } else { Flow::On });
                    }
                    value => self.out.print(&value).map_err(|fault| fault.at(reference.at))?,
                }
            }
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
            Node::Define { name, body } => {
                self.variables.insert(Arc::clone(name), Value::Block(Arc::clone(body)));
            }
            Node::Break => return Ok(Flow::Break),
            Node::Stop => return Ok(Flow::Stop),
        }
        Ok(Flow::On)
    }

    /// What a block prints.
    fn printed(&mut self, block: &Block) -> Result<Value, Fault> {
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
