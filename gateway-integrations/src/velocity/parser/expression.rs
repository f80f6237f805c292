//! Expressions: operators by rank, over literals and references.

use super::Parser;
use crate::velocity::{
    ast::{Expression, Operator},
    error::Fault,
};

impl Parser<'_> {
    /// An expression, up to what cannot continue it.
    pub(super) fn expression(&mut self) -> Result<Expression, Fault> {
        self.enter()?;
        let expression = self.ranked(&Operator::RANKS)?;
        self.leave(expression)
    }

    fn ranked(&mut self, ranks: &[&'static [(&'static str, Operator)]]) -> Result<Expression, Fault> {
        let Some((rank, tighter)) = ranks.split_first() else {
            return self.negated();
        };
        let first = self.ranked(tighter)?;
        let mut more = Vec::new();
        self.cursor.blanks();
        while let Some(operator) = self.operator(rank) {
            more.push((operator, self.ranked(tighter)?));
            self.cursor.blanks();
        }
        Ok(if more.is_empty() { first } else { Expression::Chain(Box::new(first), more) })
    }

    fn operator(&mut self, rank: &[(&str, Operator)]) -> Option<Operator> {
        let (_, operator) = rank.iter().find(|(text, _)| {
            let is_word = text.starts_with(|letter: char| letter.is_ascii_alphabetic());
            if is_word { self.cursor.accept_word(text) } else { self.cursor.accept(text) }
        })?;
        Some(*operator)
    }

    fn negated(&mut self) -> Result<Expression, Fault> {
        self.cursor.blanks();
        if (self.cursor.starts_with("!") && !self.cursor.starts_with("!=") && self.cursor.accept("!"))
            || self.cursor.accept_word("not")
        {
            self.enter()?;
            let inner = self.negated()?;
            return self.leave(Expression::Not(Box::new(inner)));
        }
        if !self.cursor.accept("(") {
            return self.primary();
        }
        let inner = self.expression()?;
        if !self.cursor.accept(")") {
            return Err(self.fault("close the bracket with `)`, or write an operator here"));
        }
        Ok(inner)
    }
}
