/// What the value of a header must be: exactly this, or begin with it, end with it, contain it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Glob {
    Exact(String),
    Prefix(String),
    Suffix(String),
    Infix(String),
}

impl Glob {
    /// Reads `text`, `text*`, `*text`, `*text*`, or `*` for anything.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let (start, end) = (text.strip_prefix('*'), text.strip_suffix('*'));
        let (glob, bare) = match (start, end) {
            (Some(""), _) => (Self::Prefix as fn(_) -> _, ""),
            (Some(rest), Some(_)) => (Self::Infix as fn(_) -> _, rest.strip_suffix('*').unwrap_or(rest)),
            (Some(rest), None) => (Self::Suffix as fn(_) -> _, rest),
            (None, Some(rest)) => (Self::Prefix as fn(_) -> _, rest),
            (None, None) => (Self::Exact as fn(_) -> _, text),
        };
        let in_glob = |letter: char| letter.is_ascii_graphic() || letter == ' ';
        match bare {
            _ if text.is_empty() => Err("a glob is not empty; `*` stands for any value"),
            _ if bare.contains('*') => Err("`*` stands only at the start of a glob, at its end, or at both"),
            _ if text.len() >= 128 => Err("a glob has less than 128 characters"),
            _ if start.is_some() && end.is_some() && text.len() >= 40 => {
                Err("a glob with `*` at both ends has less than 40 characters")
            }
            _ if !text.chars().all(in_glob) => Err("a glob has only what can be read of ASCII"),
            _ => Ok(glob(bare.to_owned())),
        }
    }

    /// Whether a value is so. The case counts.
    pub(super) fn matches(&self, value: &[u8]) -> bool {
        match self {
            Self::Exact(text) => value == text.as_bytes(),
            Self::Prefix(text) => value.starts_with(text.as_bytes()),
            Self::Suffix(text) => value.ends_with(text.as_bytes()),
            Self::Infix(text) => text.is_empty() || value.windows(text.len()).any(|window| window == text.as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_have_stars_at_their_ends() {
        for (glob, matched) in [
            ("a*", &["account", "alpha"][..]),
            ("*a", &["alpha", "beta"]),
            ("*a*", &["account", "alpha", "backup", "beta"]),
            ("b*", &["backup", "beta"]),
            ("*", &["account", "alpha", "backup", "beta", "users"]),
            ("**", &["account", "alpha", "backup", "beta", "users"]),
            ("beta", &["beta"]),
            ("Beta", &[]),
            ("*?*", &[]),
        ] {
            let parsed = Glob::parse(glob).unwrap();
            let values = ["account", "alpha", "backup", "beta", "users"];
            let found: Vec<_> = values.into_iter().filter(|value| parsed.matches(value.as_bytes())).collect();
            assert_eq!(found, matched, "{glob}");
        }
    }

    #[test]
    fn other_globs_are_refused() {
        let (long, infix) = ("x".repeat(128), format!("*{}*", "x".repeat(38)));
        for glob in ["", "a*b", "*a*b", "*a*b*", "***", "é", "a\n", &long, &infix] {
            assert!(Glob::parse(glob).is_err(), "{glob}");
        }
        assert!(Glob::parse(&infix.replacen('x', "", 1)).is_ok() && Glob::parse(&long.replacen('x', "", 1)).is_ok());
    }
}
