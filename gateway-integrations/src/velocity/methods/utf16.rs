//! Places in texts as Java counts them: in UTF-16 units.

/// The length.
pub(super) fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// The byte at which the unit `place` begins; `None` beyond the end. A place inside a letter is its end.
pub(super) fn to_byte(text: &str, place: i128) -> Option<usize> {
    let place = usize::try_from(place).ok()?;
    if text.is_ascii() {
        return (place <= text.len()).then_some(place);
    }
    let mut units = 0;
    for (at, letter) in text.char_indices() {
        if units >= place {
            return Some(at);
        }
        units += letter.len_utf16();
    }
    (place <= units).then_some(text.len())
}

/// The unit that begins at a byte.
pub(super) fn from_byte(text: &str, byte: usize) -> usize {
    length(text.get(..byte).unwrap_or(text))
}
