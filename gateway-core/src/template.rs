//! Text with `$context` variables in it: access logs and gateway responses. Plain substitution, no directives.

use std::borrow::Cow;

use http::HeaderMap;

use crate::{
    context::{Context, ContextVariable},
    source::ValueSource,
};

/// A text with references, parsed once.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

/// A stretch of a [`Template`].
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    /// Stands as it was written.
    Text(String),
    /// Is replaced by a value.
    Value(ValueSource),
}

/// Variables that AWS has and this gateway never fills: known, so that no shorter name is found at their start, and
/// always missing.
const NEVER_SET: &[&str] = &[
    "authenticate.error",
    "authenticate.latency",
    "authenticate.status",
    "authorize.error",
    "authorize.latency",
    "authorize.status",
    "authorizer.claims",
    "awsEndpointRequestId2",
    "cipherSuite",
    "identity.accountId",
    "identity.caller",
    "identity.cognitoAuthenticationProvider",
    "identity.cognitoAuthenticationType",
    "identity.cognitoIdentityId",
    "identity.cognitoIdentityPoolId",
    "identity.principalOrgId",
    "identity.user",
    "identity.userArn",
    "identity.vpcId",
    "identity.vpceId",
    "integration.responseTransferMode",
    "integration.timeToAllHeaders",
    "integration.timeToFirstContent",
    "tlsVersion",
    "waf.error",
    "waf.latency",
    "waf.status",
    "wafResponseCode",
    "webaclArn",
];

impl Template {
    /// Finds the references that `prefixes` allow; everything else is text.
    ///
    /// A prefix without a `$` is found only where a word starts.
    pub(crate) fn parse(text: &str, prefixes: &[&str]) -> Self {
        let (mut pieces, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some(first) = rest.chars().next() {
            let in_word = plain.ends_with(|letter: char| letter.is_alphanumeric() || "_.$".contains(letter));
            let mut allowed = prefixes.iter().filter(|prefix| prefix.starts_with('$') || !in_word);
            if let Some((source, length)) = allowed.find_map(|prefix| reference(rest, prefix)) {
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                pieces.push(Piece::Value(source));
                rest = rest.get(length..).unwrap_or_default();
            } else {
                plain.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Self { pieces }
    }

    /// Writes the text; `write` gets each value in order, or `None` where it is missing.
    pub(crate) fn render(
        &self,
        out: &mut String,
        headers: &HeaderMap,
        context: &Context,
        mut write: impl FnMut(&mut String, Option<Cow<'_, str>>),
    ) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Value(source) => write(out, source.value(headers, context)),
            }
        }
    }

    /// The text, cut where the values go.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The references, in order.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &ValueSource> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Value(source) => Some(source),
            Piece::Text(_) => None,
        })
    }
}

/// The reference at the start of `text`, and its length.
fn reference(text: &str, prefix: &str) -> Option<(ValueSource, usize)> {
    let after = text.strip_prefix(prefix)?;
    let name = match prefix {
        "$context." => context_name(after),
        "$stageVariables." => run(after, ""),
        _ => run(after, "._-:").trim_end_matches(['.', '-', ':']),
    };
    let length = prefix.len() + name.len();
    ValueSource::parse(text.get(..length)?).ok().map(|source| (source, length))
}

/// The variable at the start of `text`: the longest known name wins, and what follows it is text. Where none is known,
/// all that looks like a name is one, whose value is always missing.
fn context_name(text: &str) -> &str {
    if let Some(name) = free_name(text, "authorizer.claims.", ":-").or_else(|| free_name(text, "authorizer.", "")) {
        return name;
    }
    let whole = run(text, ".");
    let ours = |name: &str| !name.starts_with("authorizer.") && !ContextVariable::parse(name).is_unknown();
    let known = |name: &&str| NEVER_SET.contains(name) || ours(name);
    let mut shorter = (1..=whole.len()).rev().filter_map(|end| whole.get(..end));
    shorter.find(known).unwrap_or_else(|| whole.trim_end_matches('.'))
}

/// `start` with a key behind it that the API's author chose: letters, digits, `_`, and `more` between them.
fn free_name<'a>(text: &'a str, start: &str, more: &str) -> Option<&'a str> {
    let key = run(text.strip_prefix(start)?, more).trim_end_matches([':', '-']);
    let reserved = start == "authorizer." && key == "claims";
    text.get(..start.len() + key.len()).filter(|_| !key.is_empty() && !reserved)
}

/// The letters, digits, `_` and `more` that `text` starts with.
fn run<'a>(text: &'a str, more: &str) -> &'a str {
    let ends = |letter: char| !letter.is_ascii_alphanumeric() && letter != '_' && !more.contains(letter);
    text.get(..text.find(ends).unwrap_or(text.len())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use proptest::prelude::*;

    use super::*;
    use crate::{
        clock::ManualClock,
        context::{ApiKind, Authorization, IntegrationFacts, StageFacts},
        random::Random,
    };

    const ALL: &[&str] = &["$context.", "$stageVariables.", "$method.request.", "method.request."];

    fn rendered(text: &str) -> String {
        let request = http::Request::get("/x?q=1").header("x-a", "A").body(()).unwrap();
        let (parts, ()) = request.into_parts();
        let context = Context::begin(&parts, Arc::new(ManualClock::default()), &Random::seeded(1));
        context.set_stage(Arc::new(StageFacts {
            kind: ApiKind::Rest,
            api_id: "api1".into(),
            api_name: "Pets".into(),
            account_id: "123456789012".into(),
            region: "eu-west-1".into(),
            stage: "prod".into(),
            deployment_id: "d1".into(),
            variables: BTreeMap::from([("host".to_owned(), "h".to_owned())]),
            ..StageFacts::default()
        }));
        let claims = [("sub", "alice"), ("cognito:groups", "[a b]"), ("custom:tenant-id", "t")];
        let claims = claims.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        context.set_authorization(Authorization::new("p1").with_claims(claims).with_context("my_key", "v"));
        context.set_integration(IntegrationFacts {
            status: None,
            latency: std::time::Duration::from_millis(5),
            error: None,
            request_id: Some("b1".into()),
            request_id2: None,
        });
        let mut out = String::new();
        Template::parse(text, ALL).render(&mut out, &parts.headers, &context, |out, value| {
            out.push_str(value.as_deref().unwrap_or("-"));
        });
        out
    }

    #[test]
    fn references_are_replaced_and_text_is_kept() {
        for (text, expected) in [
            ("", ""),
            ("plain $ text $context $context. ü", "plain $ text $context $context. ü"),
            ("${context.stage} $Context.stage $context.Stage", "${context.stage} $Context.stage -"),
            ("$$context.stage$context.apiId", "$prodapi1"),
            ("#set($x = 1) $util.x $input.body", "#set($x = 1) $util.x $input.body"),
            ("$stageVariables.host.example.com", "h.example.com"),
            ("$stageVariables.none|$stageVariables.", "-|$stageVariables."),
            ("method.request.header.x-a.", "A."),
            ("$method.request.querystring.q,method.request.path.p", "1,-"),
            ("xmethod.request.header.x-a", "xmethod.request.header.x-a"),
            ("method.request.body.x method.request.header.", "method.request.body.x method.request.header."),
        ] {
            assert_eq!(rendered(text), expected, "{text}");
        }
    }

    #[test]
    fn the_longest_known_name_wins() {
        for (text, expected) in [
            ("$context.requestTimeEpoch|$context.requestTime", "1704067200000|01/Jan/2024:00:00:00 +0000"),
            ("$context.stage_$context.stage.log", "prod_prod.log"),
            ("$context.stages", "prods"),
            ("$context.stage. $context.path.foo-bar", "prod. /x.foo-bar"),
            ("$context.awsEndpointRequestId $context.awsEndpointRequestId2", "b1 -"),
            ("$context.identity.user.x $context.identity.userArn", "-.x -"),
            ("$context.identity.userAgent", "-"),
            ("$context.no.such.thing.", "-."),
        ] {
            assert_eq!(rendered(text), expected, "{text}");
        }
    }

    #[test]
    fn authorizers_have_names_of_their_own() {
        for (text, expected) in [
            ("$context.authorizer.claims.cognito:groups", "[a b]"),
            ("$context.authorizer.claims.custom:tenant-id", "t"),
            ("$context.authorizer.claims.sub: $context.authorizer.claims.sub-$context.stage", "alice: alice-prod"),
            ("$context.authorizer.claims.sub.x $context.authorizer.claims", "alice.x -"),
            ("$context.authorizer.claims. $context.authorizer.", "-. -."),
            ("$context.authorizer.principalId-x", "p1-x"),
            ("$context.authorizer.my_key:$context.authorizer.my_key.x", "v:v.x"),
        ] {
            assert_eq!(rendered(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_parsed(text in "(\\PC|\\$context\\.|authorizer\\.|claims\\.|stage|method\\.request\\.|[.:$-])*") {
            let template = Template::parse(&text, ALL);
            prop_assert!(template.sources().count() <= template.pieces().len());
            if template.sources().next().is_none() {
                prop_assert_eq!(rendered(&text), text);
            }
        }
    }
}
