//! `in_memory SUBJECT N`: does something N times, to be counted from outside.

use gateway_benches::counted::Subject;
use tower::BoxError;

fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let mut prepared = Subject::named(&arguments.next().unwrap_or_default())?.prepare()?;
    let count = arguments.next().and_then(|count| count.parse().ok());
    prepared.counted(count.ok_or("say how many times")?)
}
