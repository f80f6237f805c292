use std::sync::Arc;

use gateway_core::{
    ApiKind, Context, Error, ErrorKind, ManualClock, PathParams, PathVariable, Random, RouteFacts, StageFacts,
    Variables,
};
use http::Uri;
use proptest::prelude::*;

use super::{UriTemplate, UriTemplateError};

/// A request to `uri`, in which the values of the path variables are looked for.
struct Call {
    uri: Uri,
    context: Context,
}

impl Call {
    fn to(uri: &str) -> Self {
        Self::alone(uri).on_stage(ApiKind::Rest, &[])
    }

    fn alone(uri: &str) -> Self {
        let (parts, ()) = http::Request::get(uri).body(()).unwrap().into_parts();
        let context = Context::begin(&parts, Arc::new(ManualClock::default()), &Random::seeded(1));
        Self { uri: parts.uri, context }
    }

    fn on_stage(self, kind: ApiKind, variables: &[(&str, &str)]) -> Self {
        let variables: Variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        self.context.set_stage(Arc::new(StageFacts {
            kind,
            api_id: "a1b2c3d4e5".into(),
            api_name: String::new(),
            account_id: String::new(),
            region: String::new(),
            stage: "prod".into(),
            deployment_id: String::new(),
            variables,
            ..StageFacts::default()
        }));
        self
    }

    fn on_route(self, is_default: bool) -> Self {
        self.context.set_route(Arc::new(RouteFacts { is_default, ..RouteFacts::default() }));
        self
    }

    fn with_params(self, params: &[(&str, &str)]) -> Self {
        let path = self.uri.path();
        let variable = |(name, value): &(&str, &str)| {
            let start = path.rfind(value).expect("the value is in the path");
            let segment = path[1..start].matches('/').count();
            PathVariable { name: Arc::from(*name), segment, greedy: start + value.len() == path.len() }
        };
        let variables = params.iter().map(variable).collect();
        let params = PathParams::new(&self.uri, 1..path.len(), &variables);
        self.context.set_path_params(params);
        self.on_route(false)
    }

    fn render(&self, template: &str) -> Result<String, Error> {
        let template = UriTemplate::parse(template).expect(template);
        template.render(&self.uri, &self.context).map(|uri| uri.to_string())
    }

    fn refused(&self, template: &str) -> ErrorKind {
        self.render(template).expect_err(template).kind()
    }
}

#[test]
fn what_is_no_address_is_said_so() {
    use UriTemplateError as E;
    let error = |text| UriTemplate::parse(text).expect_err(text);
    for text in ["", "/pets", "ftp://host", "host/x", "${stageVariables.scheme}://host"] {
        assert!(matches!(error(text), E::Scheme), "{text}");
    }
    for text in ["http://", "http:///x", "http://:80", "http://a b/", "http://a b${stageVariables.x}/"] {
        assert!(matches!(error(text), E::Host), "{text}: {}", error(text));
    }
    assert!(matches!(error("http://{host}/x"), E::PathVariableInHost(name) if name == "host"));
    assert!(matches!(error("http://x.{host}"), E::PathVariableInHost(_)));
    assert!(matches!(error("http://me:secret@host/"), E::Credentials));
    assert!(matches!(error("http://host/x#y"), E::Fragment));
    for text in [
        "http://host/{",
        "http://host/{}",
        "http://host/{+}",
        "http://host/{a b}",
        "http://host/}",
        "http://h/${stageVariables.}",
    ] {
        assert!(matches!(error(text), E::Braces(_)), "{text}");
    }
    assert!(matches!(error("http://host/a/../b"), E::DotSegment));
    assert!(matches!(error("http://host/a b"), E::Invalid(_)));
    assert!(matches!(error("http://host/{a} b"), E::Invalid(_)));
}

#[test]
fn a_constant_address_is_called_as_it_is() {
    for (template, request, uri) in [
        ("http://host", "/pets", "http://host/"),
        ("HTTPS://host:8443/v1/pets", "/pets/1", "https://host:8443/v1/pets"),
        ("http://[::1]:80/x", "/", "http://[::1]:80/x"),
        ("http://host/x?a=1&a=2", "/", "http://host/x?a=1&a=2"),
        ("http://host/${other}", "/", "http://host/${other}"),
    ] {
        assert_eq!(Call::to(request).on_route(false).render(template).unwrap(), uri, "{template}");
    }
}

#[test]
fn path_variables_stay_encoded() {
    let call = Call::to("/pets/a%2Fb%20+&c/x//y").with_params(&[("id", "a%2Fb%20+&c"), ("proxy", "x//y")]);
    for (template, uri) in [
        ("http://host/v1/{id}", "http://host/v1/a%2Fb%20+&c"),
        ("http://host/{proxy}", "http://host/x//y"),
        ("http://host/{proxy+}", "http://host/x//y"),
        ("http://host/{id}.json", "http://host/a%2Fb%20+&c.json"),
        ("http://host/?id={id}", "http://host/?id=a%2Fb%20%2B%26c"),
    ] {
        assert_eq!(call.render(template).unwrap(), uri, "{template}");
    }
    assert_eq!(call.refused("http://host/{none}"), ErrorKind::ApiConfigurationError);
}

#[test]
fn stage_variables_stand_anywhere_behind_the_scheme() {
    let variables = [("host", "api.example.com"), ("base", "example.com:81/v1"), ("name", "beta"), ("port", "8080")];
    let call = Call::to("/pets/7").on_route(false);
    let call =
        Call { uri: call.uri.clone(), ..Call::alone("/pets/7").on_stage(ApiKind::Http, &variables).on_route(false) };
    for (template, uri) in [
        ("http://${stageVariables.host}", "http://api.example.com/"),
        ("https://${stageVariables.name}.example.com:${stageVariables.port}/x", "https://beta.example.com:8080/x"),
        ("http://${stageVariables.base}/pets", "http://example.com:81/v1/pets"),
        ("http://${stageVariables.base}", "http://example.com:81/v1"),
        ("http://host/${stageVariables.name}/x?s=${stageVariables.name}", "http://host/beta/x?s=beta"),
        ("http://host/a${stageVariables.none}b", "http://host/ab"),
    ] {
        assert_eq!(call.render(template).unwrap(), uri, "{template}");
    }
    assert_eq!(call.refused("http://${stageVariables.none}/x"), ErrorKind::ApiConfigurationError);
}

#[test]
fn stage_variables_that_would_break_the_address_are_the_definitions_fault() {
    for value in ["a?b", "a#b", "a/b?c", "me@evil", "a b", ""] {
        let call = Call::alone("/").on_stage(ApiKind::Rest, &[("x", value)]).on_route(false);
        assert_eq!(call.refused("http://${stageVariables.x}/y"), ErrorKind::ApiConfigurationError, "{value}");
    }
    for value in ["a?b", "a#b", "a b"] {
        let call = Call::alone("/").on_stage(ApiKind::Rest, &[("x", value)]).on_route(false);
        assert_eq!(call.refused("http://host/${stageVariables.x}"), ErrorKind::ApiConfigurationError, "{value}");
    }
}

#[test]
fn the_clients_query_follows_the_templates_own() {
    let call = Call::to("/pets/7?a=3&b=%2B+&b").with_params(&[("id", "7")]);
    for (template, uri) in [
        ("http://host/x", "http://host/x?a=3&b=%2B+&b"),
        ("http://host/x?a=1", "http://host/x?a=1&a=3&b=%2B+&b"),
        ("http://host/x?id={id}", "http://host/x?id=7&a=3&b=%2B+&b"),
    ] {
        assert_eq!(call.render(template).unwrap(), uri, "{template}");
    }
    assert_eq!(Call::to("/?").on_route(false).render("http://host/x").unwrap(), "http://host/x");
}

#[test]
fn the_default_route_appends_the_whole_path() {
    let call = Call::alone("/a%20b//c/?q=1").on_stage(ApiKind::Http, &[("base", "host/v2/")]).on_route(true);
    for (template, uri) in [
        ("http://host", "http://host/a%20b//c/?q=1"),
        ("http://host/", "http://host/a%20b//c/?q=1"),
        ("http://host/v1", "http://host/v1/a%20b//c/?q=1"),
        ("http://host/v1/?k=2", "http://host/v1/a%20b//c/?k=2&q=1"),
        ("http://${stageVariables.base}", "http://host/v2/a%20b//c/?q=1"),
    ] {
        assert_eq!(call.render(template).unwrap(), uri, "{template}");
    }
    let call = Call::alone("/x/%2e%2e/y").on_stage(ApiKind::Http, &[]).on_route(true);
    assert_eq!(call.refused("http://host"), ErrorKind::BadRequest);
    assert_eq!(call.refused("http://host/v1"), ErrorKind::BadRequest);
}

#[test]
fn alone_it_appends_the_path_to_a_bare_host() {
    let call = Call::alone("/a/b?q=1");
    assert_eq!(call.render("http://host").unwrap(), "http://host/a/b?q=1");
    assert_eq!(call.render("http://host?k=2").unwrap(), "http://host/a/b?k=2&q=1");
    assert_eq!(call.render("http://host/own").unwrap(), "http://host/own?q=1");
}

#[test]
fn no_value_leads_out_of_the_templates_path() {
    for value in ["..", "../secret", "a/../../secret", "%2e%2e/secret", "a%2f..%2fsecret", "..;/secret", "..\\secret"] {
        let call = Call::to(&format!("/files/{value}")).with_params(&[("proxy", value)]);
        assert_eq!(call.refused("http://host/files/{proxy}"), ErrorKind::BadRequest, "{value}");
    }
    let call = Call::to("/files/.").with_params(&[("id", ".")]);
    assert_eq!(call.refused("http://host/files/.{id}"), ErrorKind::BadRequest);
    assert_eq!(call.render("http://host/files/{id}").unwrap(), "http://host/files/.");
    let call = Call::to("/files/a..b/...").with_params(&[("proxy", "a..b/...")]);
    assert_eq!(call.render("http://host/files/{proxy}").unwrap(), "http://host/files/a..b/...");
    // In a query it is a value like any other.
    let call = Call::to("/files/..").with_params(&[("id", "..")]);
    assert_eq!(call.render("http://host/?id={id}").unwrap(), "http://host/?id=..");
}

#[test]
fn the_host_header_leaves_the_own_port_out() {
    for (template, host) in [
        ("http://host:80/", "host"),
        ("http://host:443/", "host:443"),
        ("https://host:443/", "host"),
        ("http://host:8080/", "host:8080"),
        ("http://[::1]:8080/", "[::1]:8080"),
        ("http://${stageVariables.x}/", "name:81"),
    ] {
        let call = Call::alone("/").on_stage(ApiKind::Rest, &[("x", "name:81")]).on_route(false);
        let (_, header) = UriTemplate::parse(template).unwrap().target(&call.uri, &call.context).unwrap();
        assert_eq!(header, host, "{template}");
    }
}

#[test]
fn path_variables_are_listed() {
    let template = UriTemplate::parse("http://host/{a}/${stageVariables.b}/{c+}?d={d}").unwrap();
    assert_eq!(template.path_variables().collect::<Vec<_>>(), ["a", "c", "d"]);
}

proptest! {
    #[test]
    fn parsing_never_panics(text in any::<String>(), tail in "[{}$?#/a-z.%\\\\@:\\[\\]]{0,40}") {
        let _ = UriTemplate::parse(&text);
        let _ = UriTemplate::parse(&format!("http://{tail}"));
        let _ = UriTemplate::parse(&format!("http://host/{tail}"));
    }

    #[test]
    fn no_value_changes_where_the_request_goes(
        value in "([a-z0-9.%/\\\\@:;&=+{}~|\"\\[\\]\u{e9}-]|%2[ef]|\\.\\.){0,24}",
        query in "[a-z&=?/.@%]{0,12}",
        template in prop::sample::select(vec![
            "http://host:81/base/{v}", "http://host:81/base/x{v}.y?k={v}", "http://host:81/base/{v}/{v}", "http://host:81/base?k={v}",
        ]),
    ) {
        let request = format!("/{value}?{query}");
        prop_assume!(request.parse::<Uri>().is_ok());
        let call = Call::to(&request).with_params(&[("v", &value)]);
        let template = UriTemplate::parse(template).unwrap();
        match template.render(&call.uri, &call.context) {
            Ok(uri) => {
                prop_assert_eq!(uri.scheme_str(), Some("http"));
                prop_assert_eq!(uri.authority().map(http::uri::Authority::as_str), Some("host:81"));
                prop_assert!(uri.path().starts_with("/base"));
                prop_assert!(!uri.path().split('/').any(|segment| segment == ".."));
                // Read again from the wire it is the same address.
                let again: Uri = uri.to_string().parse().unwrap();
                prop_assert_eq!(&again, &uri);
                if !query.is_empty() {
                    prop_assert!(uri.query().unwrap().ends_with(&query));
                }
            }
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::BadRequest),
        }
    }
}
