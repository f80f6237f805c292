//! `..` in all the disguises that some server sees through.

/// Whether some segment of `path` means the segment above.
///
/// Servers differ in what they decode, in what separates segments, and in whether empty segments count; so this does
/// not count how deep the path is: one such segment is one too many. Path parameters (`..;x=y`) do not hide it.
pub(crate) fn climbs(path: &str) -> bool {
    // Few paths have a dot in them; the others are looked through once, and nothing is decoded.
    if !path.bytes().any(|letter| matches!(letter, b'.' | b'%')) {
        return false;
    }
    let mut segment = Segment::default();
    let mut rest = path.as_bytes();
    while let Some((letter, after)) = next(rest) {
        rest = after;
        match letter {
            b'/' | b'\\' if segment.is_parent() => return true,
            b'/' | b'\\' => segment = Segment::default(),
            b';' => segment.ended = true,
            _ if segment.ended => {}
            b'.' => segment.dots += 1,
            _ => segment.other = true,
        }
    }
    segment.is_parent()
}

#[derive(Default)]
struct Segment {
    dots: usize,
    other: bool,
    ended: bool,
}

impl Segment {
    fn is_parent(&self) -> bool {
        self.dots == 2 && !self.other
    }
}

/// The next letter, decoded, and what follows it.
fn next(text: &[u8]) -> Option<(u8, &[u8])> {
    if let [b'%', high, low, rest @ ..] = text
        && let (Some(high), Some(low)) = (digit(*high), digit(*low))
    {
        return Some((high << 4 | low, rest));
    }
    text.split_first().map(|(letter, rest)| (*letter, rest))
}

fn digit(letter: u8) -> Option<u8> {
    char::from(letter).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disguises_are_seen_through() {
        for path in [
            "..",
            "../x",
            "a/..",
            "a/../b",
            "%2e%2e",
            "%2E.",
            ".%2e/x",
            "a%2f..%2Fb",
            "a\\..",
            "%5c..",
            "..;",
            "..;a=b/c",
            "%2e%2e%3bx",
            "a//..",
        ] {
            assert!(climbs(path), "{path}");
        }
    }

    #[test]
    fn dots_that_mean_themselves_pass() {
        for path in ["", ".", "...", "a..", "..a", "a/./b", "%252e%252e", "a;../b", "%2", "%zz..", "v1.2..3", ";.."] {
            assert!(!climbs(path), "{path}");
        }
    }
}
