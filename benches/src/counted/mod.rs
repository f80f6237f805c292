//! What is counted, in instructions and allocations: a request from end to end, and the parts that are on its path.

mod parts;
mod requests;
mod table;

use tower::BoxError;

pub use self::table::{Counts, Table};

/// Something that is done again and again, on one thread and the same each time.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// Its name in the table.
    pub name: &'static str,
    begin: fn() -> Result<Run, BoxError>,
}

/// Does it so many times.
type Run = Box<dyn FnMut(usize) -> Result<(), BoxError>>;

/// What is done before anything is counted: everything that is made once is there.
const WARM: usize = 20;

impl Subject {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        requests::SUBJECTS.iter().chain(parts::SUBJECTS).copied()
    }

    /// The one of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn named(name: &str) -> Result<Self, BoxError> {
        let names = || Self::all().map(|subject| subject.name).collect::<Vec<_>>().join(", ");
        Self::all().find(|subject| subject.name == name).ok_or_else(|| format!("say what: {}", names()).into())
    }

    /// What does it, warm.
    ///
    /// # Errors
    /// When it cannot be done.
    pub fn prepare(self) -> Result<Prepared, BoxError> {
        let mut run = (self.begin)()?;
        run(WARM)?;
        Ok(Prepared(run))
    }
}

/// A [`Subject`] that has been done before.
#[expect(missing_debug_implementations, reason = "a closure has nothing to show")]
pub struct Prepared(Run);

impl Prepared {
    /// Does it `count` times. What is counted from outside is found by this function's name.
    ///
    /// # Errors
    /// When it cannot be done.
    #[inline(never)]
    pub fn counted(&mut self, count: usize) -> Result<(), BoxError> {
        (self.0)(count)
    }
}
