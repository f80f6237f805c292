//! Small numbers as text: most numbers are, and a table has no branches.

/// Numbers below have up to three digits.
const NUMBERS: usize = 1000;

/// How much of the table a number has: up to three digits, and blanks.
const PIECE: usize = 4;

#[expect(clippy::indexing_slicing, reason = "a place that is not there does not compile")]
static TABLE: [u8; NUMBERS * PIECE] = {
    let mut table = [b' '; NUMBERS * PIECE];
    let mut number = 0;
    while number < NUMBERS {
        let digits = [number / 100, number / 10 % 10, number % 10];
        let mut at = 3 - length(number);
        let mut to = number * PIECE;
        while at < 3 {
            table[to] = b'0' + digits[at] as u8;
            (at, to) = (at + 1, to + 1);
        }
        number += 1;
    }
    table
};

static TEXT: &str = match std::str::from_utf8(&TABLE) {
    Ok(text) => text,
    Err(_) => "",
};

const fn length(number: usize) -> usize {
    1 + (number >= 10) as usize + (number >= 100) as usize
}

/// The digits of a small number with blanks behind them, and how many digits there are.
#[inline(always)]
pub(super) fn of(number: i64) -> Option<(&'static str, usize)> {
    let number = usize::try_from(number).ok().filter(|number| *number < NUMBERS)?;
    Some((TEXT.get(number * PIECE..number * PIECE + PIECE)?, length(number)))
}
