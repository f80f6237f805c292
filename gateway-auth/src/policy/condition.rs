use super::{
    keys::ConditionKey,
    operator::{Set, Test},
    request::PolicyRequest,
};

/// One key of one operator of a `Condition`.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) key: ConditionKey,
    pub(super) test: Test,
    /// `...Not...`
    pub(super) negated: bool,
    /// `...IfExists`
    pub(super) if_exists: bool,
    pub(super) set: Set,
}

impl Condition {
    pub(super) fn holds(&self, request: &PolicyRequest<'_>) -> bool {
        let values = request.values(&self.key);
        if let Test::Null(absent) = self.test {
            return values.is_absent() == absent;
        }
        if values.is_absent() {
            return match self.set {
                Set::One => self.negated || self.if_exists,
                Set::All => true,
                Set::Any => self.if_exists,
            };
        }
        // What has a variable without a value holds neither way.
        let mut tests = values.iter().map(|value| self.test.holds(value, request));
        match self.set {
            Set::One => {
                let mut matched = Some(false);
                for test in tests {
                    match test {
                        Some(true) => return !self.negated,
                        Some(false) => {}
                        None => matched = None,
                    }
                }
                matched.is_some_and(|matched| matched != self.negated)
            }
            Set::All => tests.all(|test| test.is_some_and(|test| test != self.negated)),
            Set::Any => tests.any(|test| test.is_some_and(|test| test != self.negated)),
        }
    }
}
