//! What is wrong with custom domains is said, with its place.

use gateway_core::{
    Definition, Domain, RoutingRule,
    config::{Config, Registry},
};

use super::rest;
use crate::{Outcome, problems};

/// The problems of domains in front of an API `pets` with the stage `prod`.
fn of(domains: impl IntoIterator<Item = Domain>) -> Vec<String> {
    let definition = Definition::new().api(rest("pets", &["prod"]));
    problems(domains.into_iter().fold(definition, Definition::domain))
}

fn of_rule(rule: RoutingRule) -> Vec<String> {
    of([Domain::new("a.example.com").rule(rule)])
}

fn rule() -> RoutingRule {
    RoutingRule::new(1, "pets", "prod")
}

#[test]
fn of_names_and_mappings() {
    for name in ["", "*.", "a.*.example.com", "exa mple.com", "a..example.com", ".example.com", "example.com.", "a/b"] {
        let said = of([Domain::new(name)]);
        assert_eq!(said, [format!("/domains/0/name: `{name}` is no domain name; `*` stands only as the first label")]);
    }
    for name in ["localhost", "a.example.com", "*.example.com", "*", "xn--bcher-kva.example"] {
        assert_eq!(of([Domain::new(name)]), [""; 0], "{name}");
    }
    let twice = [Domain::new("a.example.com"), Domain::new("A.Example.com")];
    assert_eq!(of(twice), ["/domains/1/name: the domain `a.example.com` is defined already; add the mapping there"]);
    let long = "x".repeat(301);
    let domain = Domain::new("a.example.com")
        .map("orders/v1", "pets", "prod")
        .map("/orders/v1/", "pets", "prod")
        .map("a//b", "pets", "prod")
        .map("a b", "pets", "prod")
        .map(&long, "pets", "prod")
        .map("none", "pets", "none")
        .map("nobody", "nobody", "prod");
    assert_eq!(
        of([domain]),
        [
            "/domains/0/mappings/1/basePath: the base path `orders/v1` is mapped already",
            "/domains/0/mappings/2/basePath: the base path `a//b` has a segment without a letter; write one `/`",
            "/domains/0/mappings/3/basePath: a base path is at most 300 letters, digits and `$-_.+!*'()/`",
            "/domains/0/mappings/4/basePath: a base path is at most 300 letters, digits and `$-_.+!*'()/`",
            "/domains/0/mappings/5: there is no stage `none` of an API `pets`; define it, or correct the name",
            "/domains/0/mappings/6: there is no stage `prod` of an API `nobody`; define it, or correct the name",
        ]
    );
}

#[test]
fn of_priorities_ids_and_stages_of_rules() {
    let of_priority = |priority| RoutingRule::new(priority, "pets", "prod");
    let domain = Domain::new("a.example.com")
        .rule(of_priority(0))
        .rule(of_priority(7).id("seven"))
        .rule(of_priority(1_000_000))
        .rule(of_priority(1_000_001))
        .rule(of_priority(7))
        .rule(of_priority(8).id("seven"))
        .rule(RoutingRule::new(9, "pets", "none"));
    assert_eq!(
        of([domain]),
        [
            "/domains/0/routingRules/0/priority: 0 is no priority: 1 to 1000000, the lowest first",
            "/domains/0/routingRules/3/priority: 1000001 is no priority: 1 to 1000000, the lowest first",
            "/domains/0/routingRules/4/priority: rule 1 has the priority 7 already; each has its own",
            "/domains/0/routingRules/5/routingRuleId: another rule of the domain has this id already",
            "/domains/0/routingRules/6/actions/0/invokeApi: there is no stage `none` of an API `pets`; define it, or \
             correct the name",
        ]
    );
}

#[test]
fn of_conditions() {
    let none: [(&str, &str); 0] = [];
    let headers = |name: &str, glob: &str| rule().match_headers([("x-good", "*"), (name, glob)]);
    let long = "x".repeat(128);
    for (rule, said) in [
        (headers("x y", "*"), "/conditions/0/matchHeaders/anyOf/1/header: `x y` is no name of a header"),
        (headers("", "*"), "/conditions/0/matchHeaders/anyOf/1/header: `` is no name of a header"),
        (headers(&long[..40], "*"), "/conditions/0/matchHeaders/anyOf/1/header: a name of a header has less than 40"),
        (headers("Authorization", "*"), "/conditions/0/matchHeaders/anyOf/1/header: `Authorization` is reserved"),
        (headers("X-Amz-Date", "*"), "/conditions/0/matchHeaders/anyOf/1/header: `X-Amz-Date` is reserved"),
        (headers("x", "a*b"), "/conditions/0/matchHeaders/anyOf/1/valueGlob: `*` stands only at the start"),
        (headers("x", ""), "/conditions/0/matchHeaders/anyOf/1/valueGlob: a glob is not empty"),
        (headers("x", &long), "/conditions/0/matchHeaders/anyOf/1/valueGlob: a glob has less than 128"),
        (rule().match_headers(none), "/conditions/0/matchHeaders/anyOf: nothing is one of none"),
        (rule().match_base_paths([""; 0]), "/conditions/0/matchBasePaths/anyOf: nothing is one of none"),
        (rule().match_base_paths(["a", "/"]), "/conditions/0/matchBasePaths/anyOf/1: every path begins with the empty"),
        (rule().match_base_paths(["a b"]), "/conditions/0/matchBasePaths/anyOf/0: a base path is at most 127 letters"),
        (rule().match_base_paths([&long]), "/conditions/0/matchBasePaths/anyOf/0: a base path is at most 127 letters"),
        (
            headers("x", "*").match_base_paths(["a"]).match_base_paths(["b"]),
            "/conditions/2: a rule has at most one condition on base paths",
        ),
        (
            headers("x", "*").match_headers([("y", "*")]).match_headers([("z", "*")]),
            "/conditions/2: a rule has at most two conditions on headers",
        ),
    ] {
        let found = of_rule(rule);
        let whole = format!("/domains/0/routingRules/0{said}");
        assert!(found.len() == 1 && found[0].starts_with(&whole), "{said}: {found:?}");
    }
    assert_eq!(of_rule(headers("x", "*").match_headers([("y", "*")]).match_base_paths(["a"])), [""; 0]);
}

#[test]
fn of_what_cannot_be_read() -> Outcome {
    let rule = |fields: &str| format!(r#"{{"name":"a.example.com","routingRules":[{{"priority":1,{fields}}}]}}"#);
    let action = r#""actions":[{"invokeApi":{"api":"pets","stage":"prod"}}]"#;
    let condition = |condition: &str| rule(&format!(r#"{action},"conditions":[{condition}]"#));
    for (domain, place) in [
        (r#"{"name":"a","routingMode":"RULES"}"#.to_owned(), "/routingMode"),
        (rule(r#""actions":[]"#), "/routingRules/0/actions"),
        (rule(r#""actions":[{"invokeApi":{"stage":"prod"}}]"#), "/routingRules/0/actions/0/invokeApi"),
        (rule(r#""actions":[{"invokeLambda":{}}]"#), "/routingRules/0/actions/0"),
        (rule(&format!(r#"{action},"other":1"#)), "/routingRules/0/other"),
        (condition(r#"{"matchPath":{}}"#), "/routingRules/0/conditions/0"),
        (
            condition(r#"{"matchHeaders":{"anyOf":[{"header":"x"}]}}"#),
            "/routingRules/0/conditions/0/matchHeaders/anyOf/0",
        ),
        (r#"{"name":"a","routingRules":[{"priority":-1}]}"#.to_owned(), "/routingRules/0/priority"),
    ] {
        let config = Config::from_json(&format!(r#"{{"domains":[{domain}]}}"#))?;
        let said = problems(config.define(&Registry::new()));
        assert!(said.len() == 1 && said[0].starts_with(&format!("/domains/0{place}: ")), "{domain}: {said:?}");
    }
    Ok(())
}
