use std::sync::Arc;

use gateway_core::{Context, ManualClock, Random};

use super::*;
use crate::json::Json;

fn render(template: &str, scene: &Scene<'_>) -> String {
    Template::parse(template).unwrap().render(scene).unwrap().text().to_owned()
}

fn refused(template: &str) -> String {
    match Template::parse(template) {
        Ok(template) => template.render(&Scene::new().body(r#"{"l":[1]}"#)).unwrap_err().to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_path_parameter_hides_the_query_and_that_the_header() {
    let scene = Scene::new().path_param("id", "p").query_param("id", "q").query_param("page", "2").header("X-Id", "h");
    let template = "$input.params('id') $input.params('page') $input.params('x-id')|$input.params('no')|";
    assert_eq!(render(template, &scene), "p 2 h||");
    assert_eq!(render("$input.params().querystring", &scene), "{id=q, page=2}");
    assert_eq!(render("$input.params().keySet()", &scene), "[path, querystring, header]");
}

#[test]
fn json_of_what_is_missing_is_an_empty_text() {
    let scene = Scene::new().body(r#"{"a":{"z":1.0,"b":[true,null]},"n":null}"#);
    let template = "$input.json('$.a') $input.json('$.no') $input.json('$.n') $input.json('$.a').x|$input.path('$.n')|";
    assert_eq!(render(template, &scene), r#"{"z":1.0,"b":[true,null]} "" "" ||"#);
    assert_eq!(render("$input.json('$.a')$input.path('$.a')|", &Scene::new().body("not json")), "\"\"|");
    assert_eq!(render("$input.body $input.json('$')", &Scene::new()), "{} {}");
}

#[test]
fn escapes_are_those_of_commons_lang() {
    let scene = Scene::new().variable("s", "it's \"a\"\n/\\é𝄞");
    assert_eq!(render("$util.escapeJavaScript($s)", &scene), r#"it\'s \"a\"\n\/\\\u00E9\uD834\uDD1E"#);
    assert_eq!(render("$util.urlEncode('a b*~é')$util.urlDecode('x=a+b%C3%A9')", &scene), "a+b*%7E%C3%A9x=a bé");
    assert_eq!(render("$util.base64Decode('aGk')$util.base64Encode('hi')$util.nope('x')", &scene), "hiaGk=");
    assert_eq!(render("$util.parseJson('[1,{\"a\":2}]')[1].a$util.parseJson('\"s\"')", &scene), "2s");
}

#[test]
fn maps_of_the_context_print_nothing_but_can_be_used() {
    let scene = Scene::new().context_value("identity.sourceIp", "192.0.2.7").context_value("stage", "prod");
    let template = "$context.identity|$context.identity.keySet()|$context.get('stage')$context['identity'].sourceIp|";
    assert_eq!(render(template, &scene), "|[sourceIp]|prod192.0.2.7|");
    assert_eq!(
        render("#foreach($k in $context.keySet())$k #end", &scene),
        "identity stage requestOverride responseOverride "
    );
    assert_eq!(render("#set($context.foo.bar = 1)$context.foo.bar|$context.identity.caller|", &scene), "||");
}

#[test]
fn the_facts_of_a_request_are_a_source() {
    let (parts, ()) = http::Request::get("/prod/pets").header("host", "api.example.com").body(()).unwrap().into_parts();
    let facts = Context::begin(&parts, Arc::new(ManualClock::default()), &Random::seeded(7));
    let scene = Scene::new().context(&facts);
    let template =
        "$context.httpMethod $context.domainName $context.requestTimeEpoch.longValue() $context.identity.size()";
    assert_eq!(render(template, &scene), "GET api.example.com 1704067200000 4");
    assert_eq!(render("$context.error.message$context.status|$context.authorizer.principalId", &scene), "|");
}

#[test]
fn overrides_may_be_set_in_every_form() {
    let template = Template::parse(
        r#"#set($k = "b")#set($context.requestOverride.querystring.a = "1")
#set($context.requestOverride.querystring[$k] = 2)
$context.requestOverride.querystring.put("c", ["x", "y"])
#set($context["requestOverride"].header["X-Y"] = "h")#set($context.responseOverride.status = 201)
$context.requestOverride.querystring"#,
    );
    let rendered = template.unwrap().render(&Scene::new()).unwrap();
    assert_eq!(rendered.text(), "\n");
    let (_, overrides) = rendered.into_parts();
    let values = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    assert_eq!(overrides.query_params(), [("a", values(&["1"])), ("b", values(&["2"])), ("c", values(&["x", "y"]))]);
    assert_eq!(overrides.request_headers(), [("X-Y", values(&["h"]))]);
    assert_eq!((overrides.status(), overrides.repeated().count()), (Some(201), 0));

    let after = Scene::new().overrides(overrides);
    assert_eq!(render("$context.responseOverride.status$context.requestOverride.header['X-Y']", &after), "201h");
    let twice = "#set($context.responseOverride.header.a = 1)#set($context.responseOverride.header.a = 2)";
    let twice = Template::parse(twice).unwrap().render(&Scene::new()).unwrap();
    assert_eq!(twice.overrides().repeated().collect::<Vec<_>>(), ["a"]);
}

#[test]
fn errors_say_where_and_what_to_do() {
    for (template, place, hint) in [
        ("a\n#if($x)b", "line 2, column 1", "no #end"),
        ("{\n  é #end", "line 2, column 5", "closes nothing"),
        ("#set($x)", "line 1, column 8", "#set($name = value)"),
        ("#set($x = null)", "line 1, column 11", "write $null"),
        ("#set($x = \"a $y[\")", "line 1, column 17", "index"),
        ("x $input.path('$.l')[5]", "line 1, column 3", "size()"),
        ("x\n $util.parseJson('{')", "line 2, column 2", "not JSON"),
        ("$input.path('$[')", "line 1, column 1", "JSONPath"),
        ("#set($s = 'a')$s.matches('(?=a)')", "line 1, column 15", "look-around"),
        ("#parse('x')", "line 1, column 1", "no #macro"),
    ] {
        let error = refused(template);
        assert!(error.starts_with(place) && error.contains(hint), "{template}: {error}");
    }
}

#[test]
fn what_an_earlier_rendering_changed_is_gone() {
    let template = Template::parse("#set($l = $input.path('$'))$l.add(1)$l").unwrap();
    let scene = Scene::new().body("[]").variable("kept", Json::List(vec![]));
    for _ in 0..2 {
        assert_eq!(template.render(&scene).unwrap().text(), "true[1]");
    }
}

#[test]
fn a_template_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Template>();
    shared::<Rendered>();
}
