//! The fields of an ARN.

/// How many an ARN has.
pub(super) const FIELDS: usize = 6;

/// The fields of an ARN; `None` if it is none.
pub(super) fn split(text: &str) -> Option<[&str; FIELDS]> {
    let mut split = [""; FIELDS];
    let mut rest = text;
    let (last, heads) = split.split_last_mut()?;
    for field in heads {
        (*field, rest) = rest.split_once(':')?;
    }
    *last = rest;
    Some(split)
}
