//! Doubles as Java prints them.

/// `Double.toString`: `5.0`, `1.0E-5`, `1.23456789E8`.
pub(crate) fn java_double(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let size = number.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        let text = number.to_string();
        return if text.contains('.') { text } else { format!("{text}.0") };
    }
    let text = format!("{number:E}");
    match text.split_once('E') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_print_as_in_java() {
        for (number, text) in [
            (5.0, "5.0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e-5, "1.0E-5"),
            (123_456_789.5, "1.234567895E8"),
            (1e7, "1.0E7"),
            (9_999_999.0, "9999999.0"),
            (-0.001, "-0.001"),
            (4.5e55, "4.5E55"),
            (-0.0, "-0.0"),
        ] {
            assert_eq!(java_double(number), text);
        }
    }
}
