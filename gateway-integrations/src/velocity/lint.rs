//! What looks wrong in a template.

mod names;
mod result;

use super::{
    ast::{Expression, Node, Operator, Root},
    error::Position,
};

/// Something that looks wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Where.
    pub position: Position,
    /// What, and what to do.
    pub message: String,
}

/// All findings, in the order of the text.
pub(super) fn findings(source: &str, nodes: &[Node]) -> Vec<Finding> {
    let mut found = Found { source, findings: Vec::new() };
    names::check(nodes, &mut found);
    branches(nodes, &mut found);
    result::check(nodes, &mut found);
    found.findings.sort_by_key(|finding| finding.position);
    found.findings.dedup();
    found.findings
}

struct Found<'a> {
    source: &'a str,
    findings: Vec<Finding>,
}

impl Found<'_> {
    fn add(&mut self, at: u32, message: impl Into<String>) {
        self.findings.push(Finding { position: Position::of(self.source, at), message: message.into() });
    }
}

/// Branches that are never taken, and conditions that do not mean what they seem to.
fn branches(nodes: &[Node], found: &mut Found<'_>) {
    for node in nodes {
        match node {
            Node::If { arms, otherwise, at } => {
                for (place, (condition, body)) in arms.iter().enumerate() {
                    let last = place + 1 == arms.len() && otherwise.is_none();
                    match known(condition) {
                        Some(true) if !last => {
                            found.add(*at, "the branches after a condition that always holds are never taken");
                        }
                        Some(false) => {
                            found.add(*at, "this condition never holds: in #if a bare text, number or sum is false");
                        }
                        _ => {}
                    }
                    if let Expression::Reference(reference) = condition
                        && reference.name.root == Root::Input
                    {
                        found.add(
                            *at,
                            "a missing value is the empty text, which #if takes for true: compare with != \"\"",
                        );
                    }
                    branches(body, found);
                }
                if let Some(body) = otherwise {
                    branches(body, found);
                }
            }
            Node::Foreach { body, .. } | Node::Define { body, .. } => branches(body, found),
            _ => {}
        }
    }
}

/// What a condition always is.
fn known(condition: &Expression) -> Option<bool> {
    match condition {
        Expression::Bool(value) => Some(*value),
        Expression::Reference(_) => None,
        Expression::Not(inner) => known(inner).map(|value| !value),
        Expression::Chain(first, rest) => match rest.as_slice() {
            [(Operator::And, second)] if known(first) == Some(false) || known(second) == Some(false) => Some(false),
            [(Operator::Or, second)] if known(first) == Some(true) || known(second) == Some(true) => Some(true),
            _ => None,
        },
        _ => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use crate::velocity::Template;

    fn lint(text: &str) -> Vec<String> {
        let findings = Template::parse(text).unwrap().lint();
        findings.into_iter().map(|finding| format!("{}: {}", finding.position, finding.message)).collect()
    }

    #[test]
    fn templates_of_the_guide_have_no_findings() {
        for text in [
            "{\"id\": \"$input.params('id')\", \"n\": $input.json('$.n')}",
            "#set($p = $input.params())\n{#foreach($k in $p.path.keySet())\"$k\": \"$p.path.get($k)\"#if($foreach.hasNext),#end#end}",
            "#if($context.stage == 'prod'){\"a\": 1}#else{\"a\": 2}#end",
            "#set($context.responseOverride.status = 201){}",
            "Action=SendMessage&MessageBody=$input.body",
            "$stageVariables.url $util.urlEncode('x')",
        ] {
            assert_eq!(lint(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn findings_say_where_and_what_to_do() {
        for (text, place, part) in [
            ("a\n $nope", "line 2, column 2", "nothing sets $nope"),
            ("$util.toJson('x')", "line 1, column 1", "$util has no `toJson`"),
            ("$input.query('x')", "line 1, column 1", "$input has no `query`"),
            ("$context.stag", "line 1, column 1", "$context has no `stag`"),
            ("$input.path('$[')", "line 1, column 1", "JSONPath"),
            ("#if(true)a#else b#end", "line 1, column 1", "never taken"),
            ("#if('x')a#end", "line 1, column 1", "never holds"),
            ("#if($input.params('x'))a#end", "line 1, column 1", "!= \"\""),
            ("{\"a\": 1,}", "line 1, column 1", "no JSON"),
            ("{\"a\": \"$input.body\", }", "line 1, column 1", "no JSON"),
        ] {
            let findings = lint(text);
            assert!(
                findings.iter().any(|found| found.starts_with(place) && found.contains(part)),
                "{text}: {findings:?}"
            );
        }
    }
}
