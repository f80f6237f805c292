//! Steps over the bytes of a JSON text.

use super::size;

#[inline]
pub(super) fn byte(source: &[u8], at: usize) -> Option<u8> {
    source.get(at).copied()
}

/// Eight bytes as a number, of which the first one is the lowest.
#[inline]
pub(super) fn first_eight(source: &[u8], at: usize) -> Option<u64> {
    source.get(at..)?.first_chunk().map(|eight| u64::from_le_bytes(*eight))
}

/// Behind the white space that begins at `at`.
#[inline(always)]
pub(super) fn blanks(source: &[u8], at: usize) -> usize {
    match byte(source, at) {
        Some(..=b' ') => skip(source, at),
        _ => at,
    }
}

#[inline(never)]
fn skip(source: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = byte(source, at) {
        at += 1;
    }
    at
}

/// The letter whose `\u` stands at `at`, and where it ends: one beyond 16 bits takes two of them.
pub(super) fn unicode(source: &[u8], at: usize) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = source.get(at..at + 6)?.strip_prefix(b"\\u")?;
        let digit = |digit: &u8| char::from(*digit).to_digit(16);
        digits.iter().try_fold(0, |unit: u32, next| Some(unit << 4 | digit(next)?))
    };
    let first = unit(at)?;
    if let Some(letter) = char::from_u32(first) {
        return Some((letter, at + 6));
    }
    let pair = [u16::try_from(first).ok()?, u16::try_from(unit(at + 6)?).ok()?];
    Some((char::decode_utf16(pair).next()?.ok()?, at + 12))
}

/// The next quote, backslash or control character from `at` on, or the end.
#[inline(always)]
pub(super) fn special(source: &[u8], mut at: usize) -> usize {
    while let Some(eight) = first_eight(source, at) {
        let found = specials(eight);
        if found != 0 {
            return at + size(found.trailing_zeros() / 8);
        }
        at += 8;
    }
    special_near_end(source, at)
}

#[inline(never)]
fn special_near_end(source: &[u8], mut at: usize) -> usize {
    while byte(source, at).is_some_and(|byte| !matches!(byte, b'"' | b'\\' | ..0x20)) {
        at += 1;
    }
    at
}

/// Has the highest bit of the first byte set that is a quote, a backslash or a control character; of those behind it,
/// some others may have it, too.
#[inline]
fn specials(bytes: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    let below = |bytes: u64, bound: u64| bytes.wrapping_sub(ONES * bound) & !bytes;
    let is = |letter: u8| below(bytes ^ (ONES * u64::from(letter)), 1);
    (below(bytes, 0x20) | is(b'"') | is(b'\\')) & (ONES << 7)
}
