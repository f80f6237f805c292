//! Base path mappings: the longest, and nothing of the API behind it.

use gateway_core::{
    Domain, RoutingMode, RoutingRule,
    config::{Config, Registry},
};

use super::{FORBIDDEN, get, http, rest, serving};
use crate::{Outcome, run};

#[test]
fn the_longest_base_path_whose_segments_begin_the_path_wins() -> Outcome {
    run(async {
        let domain = Domain::new("api.example.com")
            .map("", "one", "prod")
            .map("orders/v1/items", "two", "prod")
            .map("orders/v2/items", "three", "prod")
            .map("orders/v2/items/categories", "four", "prod");
        let apis = ["one", "two", "three", "four"].map(|name| rest(name, &["prod"]));
        let gateway = serving(apis, [domain])?;
        for (path, told) in [
            ("/orders/v1/items", "two:prod / orders/v1/items -"),
            ("/orders/v2/items", "three:prod / orders/v2/items -"),
            ("/orders/v1/items/123?a=b", "two:prod /123?a=b orders/v1/items -"),
            ("/orders/v2/items/categories/5", "four:prod /5 orders/v2/items/categories -"),
            ("/orders/v2/items/categoriesX/5", "three:prod /categoriesX/5 orders/v2/items -"),
            ("/orders/v2/Items", "one:prod /orders/v2/Items  -"),
            ("/orders/v2", "one:prod /orders/v2  -"),
            ("//orders/v2/items", "one:prod //orders/v2/items  -"),
            ("/customers", "one:prod /customers  -"),
            ("/", "one:prod /  -"),
        ] {
            assert_eq!(get(&gateway, "api.example.com", path, &[]).await, told, "{path}");
        }
        Ok(())
    })
}

/// The path is compared with mappings alone: an API that has no route for the rest answers so itself.
#[test]
fn no_shorter_base_path_is_tried_where_the_api_has_no_route() -> Outcome {
    run(async {
        let small = gateway_core::Api::rest("small").route("GET /known", super::telling());
        let small = small.stage(gateway_core::StageDefinition::new("prod"));
        let domain = Domain::new("api.example.com").map("", "all", "prod").map("small", "small", "prod");
        let gateway = serving([rest("all", &["prod"]), small], [domain])?;
        let told = get(&gateway, "api.example.com", "/small/other", &[]).await;
        assert_eq!(told, r#"403 {"message":"Missing Authentication Token"}"#);
        assert_eq!(get(&gateway, "api.example.com", "/other", &[]).await, "all:prod /other  -");
        Ok(())
    })
}

#[test]
fn an_exact_name_goes_before_a_wildcard_and_that_before_any() -> Outcome {
    run(async {
        let apis = ["exact", "wild", "deep", "any", "local"].map(|name| rest(name, &["prod"]));
        let to = |name: &str, api: &str| Domain::new(name).map("", api, "prod");
        let domains = [
            to("api.example.com", "exact"),
            to("*.example.com", "wild"),
            to("*.api.example.com", "deep"),
            to("localhost", "local"),
            to("*", "any"),
        ];
        let gateway = serving(apis, domains)?;
        for (host, api) in [
            ("api.example.com", "exact"),
            ("API.Example.COM:8443", "exact"),
            ("api.example.com.", "exact"),
            ("other.example.com", "wild"),
            ("a.api.example.com", "deep"),
            ("a.b.example.com", "any"),
            ("example.com", "any"),
            (".example.com", "any"),
            ("localhost:8080", "local"),
            ("LOCALHOST", "local"),
            ("[::1]:80", "any"),
        ] {
            let told = get(&gateway, host, "/x", &[]).await;
            assert_eq!(told, format!("{api}:prod /x  -"), "{host}");
        }
        Ok(())
    })
}

#[test]
fn rest_and_http_apis_share_a_domain() -> Outcome {
    run(async {
        let apis = || [rest("pets", &["prod", "beta"]), http("shop", &["$default", "dev"])];
        let shared = Domain::new("api.example.com")
            .map("pets", "pets", "prod")
            .map("pets/next", "pets", "beta")
            .map("shop", "shop", "$default")
            .map("shop/next", "shop", "dev");
        let gateway = serving(apis(), [shared])?;
        for (path, told) in [
            ("/pets/1", "pets:prod /1 pets -"),
            ("/pets/next/1", "pets:beta /1 pets/next -"),
            ("/shop/1", "shop:$default /1 shop -"),
            ("/shop/dev/1", "shop:$default /dev/1 shop -"),
            ("/shop/next/1", "shop:dev /1 shop/next -"),
            ("/none", FORBIDDEN),
        ] {
            assert_eq!(get(&gateway, "api.example.com", path, &[]).await, told, "{path}");
        }
        let of_one_kind = Domain::new("shop.example.com").map("shop", "shop", "$default");
        let gateway = serving(apis(), [of_one_kind])?;
        let told = get(&gateway, "shop.example.com", "/none", &[]).await;
        assert_eq!(told, r#"404 {"message":"Not Found"}"#, "all that is there is an HTTP API's");
        Ok(())
    })
}

#[test]
fn a_disabled_default_endpoint_leaves_the_domains() -> Outcome {
    run(async {
        let domain = Domain::new("api.example.com").map("pets", "pets", "prod");
        let apis = [rest("pets", &["prod"]).default_endpoint(false), http("shop", &["$default"])];
        let gateway = serving(apis, [domain])?;
        for (host, path, told) in [
            ("api.example.com", "/pets/1", "pets:prod /1 pets -"),
            ("pets.execute-api.local", "/prod/1", FORBIDDEN),
            ("shop.execute-api.local", "/1", "shop:$default /1 - -"),
        ] {
            assert_eq!(get(&gateway, host, path, &[]).await, told, "{host}{path}");
        }
        Ok(())
    })
}

#[test]
fn a_path_that_any_domain_does_not_map_is_the_default_endpoints() -> Outcome {
    run(async {
        let gateway = serving([rest("pets", &["prod"])], [Domain::any().map("pets", "pets", "prod")])?;
        assert_eq!(get(&gateway, "x", "/pets/1", &[]).await, "pets:prod /1 pets -");
        assert_eq!(get(&gateway, "x", "/prod/1", &[]).await, "pets:prod /1 - -");
        Ok(())
    })
}

/// In data as in code; the older names of the modes mean the same.
#[test]
fn a_configuration_says_the_same() -> Outcome {
    run(async {
        let rule = RoutingRule::new(10, "shop", "dev").id("beta").match_base_paths(["/shop/"]).strip_base_path(true);
        let rule = rule.match_headers([("x-version", "beta*"), ("x-beta", "*")]);
        let domain = Domain::new("*.example.com")
            .map("shop", "shop", "$default")
            .routing_mode(RoutingMode::RoutingRuleThenApiMapping)
            .rule(rule);
        let in_code = serving([http("shop", &["$default", "dev"])], [domain])?;
        let config = Config::from_yaml(
            r#"
apis:
  - name: shop
    protocolType: HTTP
    routes: [{ route: $default, integration: { type: service, name: tell } }]
    stages: [{ name: $default }, { name: dev }]
domains:
  - name: "*.example.com"
    routingMode: ROUTING_RULE_THEN_BASE_PATH_MAPPING
    mappings: [{ basePath: shop, api: shop, stage: $default }]
    routingRules:
      - routingRuleId: beta
        priority: 10
        conditions:
          - matchBasePaths: { anyOf: [/shop/] }
          - matchHeaders:
              anyOf: [{ header: X-Version, valueGlob: beta* }, { header: x-beta, valueGlob: "*" }]
        actions: [{ invokeApi: { apiId: shop, stage: dev, stripBasePath: true } }]
"#,
        )?;
        let echo = gateway_core::testing::RecordingIntegration::new(super::tell);
        let in_data = crate::gateway(config.define(&Registry::new().service("tell", echo)))?;
        for (path, headers, told) in [
            ("/shop/1", &[("x-version", "beta2")][..], "shop:dev /1 - beta"),
            ("/shop/1", &[("x-beta", "")], "shop:dev /1 - beta"),
            ("/shop/1", &[("x-version", "2beta")], "shop:$default /1 shop -"),
            ("/shops/1", &[("x-beta", "yes")], r#"404 {"message":"Not Found"}"#),
        ] {
            for gateway in [&in_code, &in_data] {
                assert_eq!(get(gateway, "a.example.com", path, headers).await, told, "{path} {headers:?}");
            }
        }
        Ok(())
    })
}
