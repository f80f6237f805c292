//! Routing rules: the first that matches, and what it takes off the path.

use gateway_core::{
    AccessLog, AccessLogFormat, Domain, RoutingMode, RoutingRule, StageDefinition, testing::CapturedLines,
};

use super::{FORBIDDEN, get, http, rest, serving};
use crate::{Outcome, run};

const HOST: &str = "petstore.example.com";

fn domain(mode: RoutingMode) -> Domain {
    Domain::new(HOST).routing_mode(mode)
}

fn dogs_in_webp(priority: u32, api: &str) -> RoutingRule {
    RoutingRule::new(priority, api, "prod")
        .id("zzz000")
        .match_headers([("Accept", "image/webp")])
        .match_headers([("Pet", "Dog-*")])
        .match_base_paths(["PetStoreShopper"])
}

#[test]
fn rules_alone_are_asked_by_priority() -> Outcome {
    run(async {
        // The order in which they are written counts for nothing.
        let domain = domain(RoutingMode::RoutingRuleOnly)
            .map("", "four", "prod")
            .rule(RoutingRule::new(100, "three", "prod").id("efg456"))
            .rule(dogs_in_webp(50, "two"))
            .rule(RoutingRule::new(10, "one", "prod").id("abc123").match_headers([("Hello", "World")]));
        let gateway = serving(["one", "two", "three", "four"].map(|name| rest(name, &["prod"])), [domain])?;
        let (hello, bella, webp) = (("hello", "World"), ("pet", "Dog-Bella"), ("accept", "image/webp"));
        for (path, headers, told) in [
            ("/", &[hello][..], "one:prod / - abc123"),
            ("/PetStoreShopper", &[hello, bella, webp], "one:prod /PetStoreShopper - abc123"),
            ("/PetStoreShopper", &[bella, webp], "two:prod /PetStoreShopper - zzz000"),
            ("/PetStoreShopper", &[bella], "three:prod /PetStoreShopper - efg456"),
            ("/petstoreshopper", &[bella, webp], "three:prod /petstoreshopper - efg456"),
            ("/PetStoreShopperX", &[bella, webp], "three:prod /PetStoreShopperX - efg456"),
            ("/", &[("hello", "world")], "three:prod / - efg456"),
        ] {
            assert_eq!(get(&gateway, HOST, path, headers).await, told, "{path} {headers:?}");
        }
        Ok(())
    })
}

#[test]
fn rules_go_before_mappings() -> Outcome {
    run(async {
        let beta = [("cookie", "*ux=beta*")];
        let rules = |domain: Domain| {
            domain
                .rule(RoutingRule::new(1, "pets", "prod").id("abc123").match_base_paths(["pets"]))
                .rule(
                    RoutingRule::new(5, "refunds", "beta")
                        .id("000zzz")
                        .match_headers(beta)
                        .match_base_paths(["/refunds"]),
                )
                .map("refunds", "refunds", "prod")
        };
        let apis = || [rest("pets", &["prod"]), rest("refunds", &["prod", "beta"]), rest("search", &["prod"])];
        let then = rules(domain(RoutingMode::RoutingRuleThenApiMapping));
        let with_root = serving(apis(), [then.clone().map("", "search", "prod")])?;
        let without = serving(apis(), [then])?;
        let cookie = [("cookie", "lang=en-us;ux=beta")];
        for (path, headers, told) in [
            ("/pets", &[][..], "pets:prod /pets - abc123"),
            ("/refunds", &cookie, "refunds:beta /refunds - 000zzz"),
            ("/refunds/1", &[], "refunds:prod /1 refunds -"),
            ("/", &[], "search:prod /  -"),
        ] {
            assert_eq!(get(&with_root, HOST, path, headers).await, told, "{path} {headers:?}");
        }
        assert_eq!(get(&without, HOST, "/", &[]).await, FORBIDDEN);

        let mappings_only = serving(apis(), [rules(domain(RoutingMode::ApiMappingOnly))])?;
        assert_eq!(get(&mappings_only, HOST, "/refunds", &cookie).await, "refunds:prod / refunds -");
        assert_eq!(get(&mappings_only, HOST, "/pets", &[]).await, FORBIDDEN);
        let rules_only = serving(apis(), [rules(domain(RoutingMode::RoutingRuleOnly))])?;
        assert_eq!(get(&rules_only, HOST, "/refunds", &[]).await, FORBIDDEN);
        Ok(())
    })
}

#[test]
fn a_base_path_is_taken_off_if_the_rule_says_so() -> Outcome {
    run(async {
        for (base_paths, strip, target, uri) in [
            (&["PetStoreShopper/dogs"][..], true, "/PetStoreShopper/dogs", "/"),
            (&["PetStoreShopper/dogs"], false, "/PetStoreShopper/dogs", "/PetStoreShopper/dogs"),
            (&["PetStoreShopper"], true, "/PetStoreShopper/dogs", "/dogs"),
            (&["PetStoreShopper"], false, "/PetStoreShopper/dogs", "/PetStoreShopper/dogs"),
            (&["PetStoreShopper"], true, "/PetStoreShopper?birds=available", "/?birds=available"),
            (&["PetStoreShopper"], false, "/PetStoreShopper?birds=available", "/PetStoreShopper?birds=available"),
            (&["a", "a/b", "c"], true, "/a/b/c", "/c"),
            (&[], true, "/a/b", "/a/b"),
        ] {
            let rule = RoutingRule::new(7, "pets", "prod").id("rule").strip_base_path(strip);
            let rule = if base_paths.is_empty() { rule } else { rule.match_base_paths(base_paths) };
            let gateway = serving([rest("pets", &["prod"])], [domain(RoutingMode::RoutingRuleOnly).rule(rule)])?;
            let told = get(&gateway, HOST, target, &[]).await;
            assert_eq!(told, format!("pets:prod {uri} - rule"), "{base_paths:?} {strip} {target}");
        }
        Ok(())
    })
}

#[test]
fn one_value_of_a_header_is_enough() -> Outcome {
    run(async {
        let to = |glob: &str| {
            let rule = RoutingRule::new(1, "pets", "prod").id("rule").match_headers([("accept", glob)]);
            serving([rest("pets", &["prod"])], [domain(RoutingMode::RoutingRuleOnly).rule(rule)])
        };
        let (ends, contains, any) = (to("*json")?, to("*json*")?, to("*")?);
        let several = [("accept", "application/json"), ("accept", "text/xml")];
        let listed = [("accept", "application/json,text/xml")];
        let matched = "pets:prod / - rule";
        for (gateway, headers, told) in [
            (&ends, &several[..], matched),
            (&ends, &listed, FORBIDDEN),
            (&contains, &several, matched),
            (&contains, &listed, matched),
            (&contains, &[("accept", "application/JSON")], FORBIDDEN),
            (&any, &[("accept", "")], matched),
            (&any, &[], FORBIDDEN),
        ] {
            assert_eq!(get(gateway, HOST, "/", headers).await, told, "{headers:?}");
        }
        Ok(())
    })
}

#[test]
fn hosts_of_a_wildcard_go_to_apis_of_their_own() -> Outcome {
    run(async {
        let host = |priority, api: &str, host: &str| {
            RoutingRule::new(priority, api, "prod").id(api).match_headers([("Host", host)])
        };
        let domain = Domain::new("*.example.com")
            .routing_mode(RoutingMode::RoutingRuleOnly)
            .rule(host(10, "one", "a.example.com"))
            .rule(host(50, "two", "B.*"))
            .rule(RoutingRule::new(500, "three", "prod").id("three"));
        let gateway = serving(["one", "two", "three"].map(|name| rest(name, &["prod"])), [domain])?;
        for (host, api) in [
            ("a.example.com", "one"),
            ("A.example.com:8443", "one"),
            ("b.example.com", "two"),
            ("c.example.com", "three"),
        ] {
            assert_eq!(get(&gateway, host, "/", &[]).await, format!("{api}:prod / - {api}"), "{host}");
        }
        Ok(())
    })
}

#[test]
fn rules_invoke_http_apis_too() -> Outcome {
    run(async {
        let rule = RoutingRule::new(1, "shop", "$default").id("rule").match_base_paths(["shop"]).strip_base_path(true);
        let gateway = serving([http("shop", &["$default"])], [domain(RoutingMode::RoutingRuleOnly).rule(rule)])?;
        assert_eq!(get(&gateway, HOST, "/shop/1", &[]).await, "shop:$default /1 - rule");
        assert_eq!(get(&gateway, HOST, "/", &[]).await, r#"404 {"message":"Not Found"}"#);
        Ok(())
    })
}

#[test]
fn access_logs_tell_what_of_the_domain_matched() -> Outcome {
    run(async {
        let lines = CapturedLines::default();
        let format = "$context.requestId $context.domainName $context.domainPrefix $context.path \
                      $context.customDomain.basePathMatched $context.customDomain.routingRuleIdMatched";
        let log = AccessLog::new(AccessLogFormat::parse(format)?, lines.clone());
        let api = rest("pets", &[]).stage(StageDefinition::new("prod").observer(log));
        let domain = domain(RoutingMode::RoutingRuleThenApiMapping)
            .map("a/b", "pets", "prod")
            .rule(RoutingRule::new(7, "pets", "prod").match_base_paths(["b"]).strip_base_path(true));
        let gateway = serving([api], [domain])?;
        for (host, path) in [(HOST, "/a/b/1"), (HOST, "/b/1"), ("pets.execute-api.local", "/prod/1")] {
            get(&gateway, host, path, &[]).await;
        }
        let lines: Vec<_> = lines.lines().iter().filter_map(|line| Some(line.split_once(' ')?.1.to_owned())).collect();
        let made = lines.get(1).and_then(|line| line.rsplit(' ').next()).ok_or("no second line")?;
        assert!(made.len() >= 6 && made.chars().all(|letter| letter.is_ascii_alphanumeric()), "{made}");
        assert_eq!(
            lines,
            [
                "petstore.example.com petstore /a/b/1 a/b -".to_owned(),
                format!("petstore.example.com petstore /b/1 - {made}"),
                "pets.execute-api.local pets /prod/1 - -".to_owned(),
            ]
        );
        Ok(())
    })
}

#[test]
fn an_explained_request_tells_what_of_the_domain_matched() -> Outcome {
    run(async {
        let domain = domain(RoutingMode::RoutingRuleThenApiMapping)
            .map("", "pets", "prod")
            .map("a/b", "pets", "prod")
            .rule(RoutingRule::new(7, "pets", "beta").id("seven").match_base_paths(["b"]));
        let gateway = serving([rest("pets", &["prod", "beta"])], [domain])?;
        for (path, told) in [
            ("/a/b", "custom domain: stage `prod` of `pets`, by the base path `a/b`"),
            ("/a", "custom domain: stage `prod` of `pets`, by the mapping of every path"),
            ("/b", "custom domain: stage `beta` of `pets`, by the routing rule seven"),
        ] {
            let request = http::Request::get(path).header("host", HOST).body(gateway_core::Body::empty())?;
            let explained = gateway.gateway().handle().explain(request).await;
            let first = explained.steps.first().ok_or("no step")?;
            assert_eq!(first.step.to_string(), told);
        }
        Ok(())
    })
}
