use std::fmt;

use crate::problem::pointer_token;

/// Where in a document: a JSON pointer that is written out only where it is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::openapi) struct Place<'p> {
    above: Option<(&'p Self, Token<'p>)>,
}

#[derive(Clone, Copy, Debug)]
enum Token<'p> {
    Field(&'p str),
    Item(usize),
}

impl Place<'_> {
    /// The document itself.
    pub(in crate::openapi) const ROOT: Self = Place { above: None };

    /// A field of what stands here.
    pub(in crate::openapi) fn field<'p>(&'p self, name: &'p str) -> Place<'p> {
        Place { above: Some((self, Token::Field(name))) }
    }

    /// An item of what stands here.
    pub(in crate::openapi) fn item(&self, number: usize) -> Place<'_> {
        Place { above: Some((self, Token::Item(number))) }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.above {
            None => Ok(()),
            Some((above, Token::Item(number))) => write!(f, "{above}/{number}"),
            Some((above, Token::Field(name))) => write!(f, "{above}/{}", pointer_token(name)),
        }
    }
}
