//! Names of properties, and where objects have them.

use std::{cell::Cell, ops::Deref};

/// The name in `$value.name`.
#[derive(Debug)]
pub(super) struct Property {
    name: Box<str>,
    /// The number of this place in the template.
    seat: usize,
}

impl Property {
    pub(super) fn new(name: &str, seat: usize) -> Self {
        Self { name: name.into(), seat }
    }

    pub(super) fn seat(&self) -> usize {
        self.seat
    }
}

impl Deref for Property {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        &self.name
    }
}

/// Where the object that was asked last had each property of a template: most objects that come to the same place of a
/// template are of one shape.
pub(super) struct Seats(Box<[Cell<Seat>]>);

/// The shape of an object, and which one of its entries it was.
#[derive(Clone, Copy)]
struct Seat {
    shape: u32,
    entry: u32,
}

impl Seats {
    pub(super) fn new(count: usize) -> Self {
        Self(vec![Cell::new(Seat { shape: u32::MAX, entry: 0 }); count].into())
    }

    /// Which entry of an object of this shape has the property at a seat, if that is known.
    #[inline(always)]
    pub(super) fn entry(&self, seat: usize, shape: u32) -> Option<u32> {
        let seat = self.0.get(seat)?.get();
        (seat.shape == shape).then_some(seat.entry)
    }

    pub(super) fn remember(&self, seat: usize, shape: u32, entry: u32) {
        if let Some(seat) = self.0.get(seat) {
            seat.set(Seat { shape, entry });
        }
    }
}
