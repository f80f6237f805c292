//! Bombs, and two ways to the same result that must agree.

use gateway_integrations::{
    json::Json,
    jsonpath::JsonPath,
    velocity::{Limits, Scene, Template},
};
use proptest::prelude::*;

/// JSON with keys that repeat and everything that may stand in a text.
fn json(depth: u32) -> BoxedStrategy<String> {
    let plain = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<u64>().prop_map(|number| number.to_string()),
        (-1e30..1e30_f64).prop_map(|number| number.to_string()),
        ".{0,6}".prop_map(|text| serde_json::Value::from(text).to_string()),
        Just("\"\\u00e9\\n\\ud834\\udd1e\"".to_owned()),
    ];
    plain
        .prop_recursive(depth, 64, 6, |inner| {
            let key = proptest::sample::select(vec!["a", "b", "size", "name", "k k", "é"]);
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(|items| format!("[{}]", items.join(" ,"))),
                proptest::collection::vec((key, inner), 0..6).prop_map(|entries| {
                    let entries: Vec<_> = entries.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
                    format!("{{{}}}", entries.join(","))
                }),
            ]
        })
        .boxed()
}

/// Statements about `$r`.
fn statement() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "$r",
        "$r.a $r.b.name $r.a[0] $r.size",
        "$!{r.name}|$r['k k']|$r.get('é')",
        "#foreach($i in $r)$foreach.count$i.a;$i#if($foreach.hasNext),#end#end",
        "#foreach($i in $r.a)#set($x = $i)$i.name#end$x",
        "$r.size() $r.isEmpty() $r.a.size() $r.b.isEmpty()",
        "#if($r.a == $r.b)same#{else}differ#end",
        "#if($r.a > 1 && $r.b)more#elseif($r.name)named#end",
        "#set($n = $r.a + 1)$n #set($m = $r.a * $r.b - 7)$m",
        "$util.escapeJavaScript($r.name)$util.urlEncode($r.a)",
        "$r.keySet() $r.values()",
        "#set($z = $r.put('new', $r.a))$r",
        "#set($z = $r.add(1))$r",
        "#set($r.a = 'set')$r.a $r",
        "#set($z = $r.b.put('deep', 1))$r.b $r",
        "#foreach($e in $r.entrySet())$e.key=$e.value #end",
        "$r.equals($r) $r.a.equals($r.b) $r.containsKey('a')",
        "#set($l = [$r, $r.a])$l #set($o = {'r': $r})$o",
    ])
}

fn rendered(template: &str, scene: &Scene<'_>) -> Result<String, String> {
    let template = Template::parse(template).map_err(|error| error.to_string())?;
    let rendered = template.render(scene).map_err(|_| "an error".to_owned())?;
    Ok(rendered.text().to_owned())
}

/// What `$input.json('$')` gives for a body.
fn as_json(body: &str) -> String {
    match Json::parse(if body.is_empty() { "{}" } else { body }) {
        Ok(Json::Null) | Err(_) => "\"\"".to_owned(),
        Ok(json) => json.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn a_body_is_read_the_same_on_every_way(body in json(3), statements in proptest::collection::vec(statement(), 1..4)) {
        let document = Json::parse(&body).unwrap();
        let shared = Scene::new().body(&*body);
        let borrowed = Scene::new().borrowed_body(&body).parsed_body(&document);
        let rest = statements.concat();
        let in_place = format!("#set($r = $input.path('$')){rest}");
        let result = rendered(&in_place, &shared);
        prop_assert_eq!(&rendered(&in_place, &borrowed), &result);
        if body != "null" && body != "\"\"" {
            prop_assert_eq!(&rendered(&format!("#set($r = $util.parseJson($input.body)){rest}"), &shared), &result);
        }
    }

    #[test]
    fn json_is_written_as_it_was_read(body in json(4)) {
        let document = Json::parse(&body).unwrap();
        let expected = if document == Json::Null { "\"\"".to_owned() } else { document.to_string() };
        prop_assert_eq!(rendered("$input.json('$')", &Scene::new().body(&*body)), Ok(expected));
        prop_assert_eq!(Json::parse(&document.to_string()).unwrap(), document);
    }

    #[test]
    fn any_text_is_json_or_is_refused(text in "[\\[\\]{}\",:0-9a-e.\\\\ -]{0,40}") {
        prop_assert_eq!(rendered("$input.json('$')", &Scene::new().body(&*text)), Ok(as_json(&text)));
    }

    #[test]
    fn pieces_of_json_are_json_or_are_refused(pieces in proptest::collection::vec(proptest::sample::select(vec![
        "{", "}", "[", "]", ",", ":", " ", "\n", "\"", "\"a\"", "\"a\":1", "\"longer name\": 2", "{\"a\":1}", "\\", "\\u00e9",
        "\\ud834", "\\udd1e", "\\n", "\\/", "é", "\u{1}", "0", "1", "-", "00", "12345678", "999999999999999999999", "1.5",
        "1e400", "e5", "true", "false", "null", "tru",
    ]), 0..9)) {
        let text = pieces.concat();
        for text in [text.clone(), format!("[{text}]"), format!("\"{text}\""), format!("[{{\"a\":1}},{{\"a\":{text}}}]")] {
            prop_assert_eq!(rendered("$input.json('$')", &Scene::new().body(&*text)), Ok(as_json(&text)));
        }
    }

    #[test]
    fn rows_are_read_by_their_names(rows in proptest::collection::vec(proptest::collection::vec((
        proptest::sample::select(vec!["a", "b", "name", "quantity", "a name of many letters", "q\\u0075antity"]),
        proptest::sample::select(vec!["1", "-20", "\"text\"", "\"of \\\"many\\\" letters\"", "null", "true", "[1]", "{\"a\":2}"]),
        proptest::sample::select(vec![":", ": ", " :"]),
    ), 0..5), 0..6)) {
        let object = |row: &Vec<(&str, &str, &str)>| {
            let entries: Vec<_> = row.iter().map(|(key, value, colon)| format!("\"{key}\"{colon}{value}")).collect();
            format!("{{{}}}", entries.join(","))
        };
        let body = format!("[{}]", rows.iter().map(object).collect::<Vec<_>>().join(","));
        let rest = "#foreach($i in $rows)$i.a|$i.b|$i.name|#if($i.quantity == 1)one#end$i.quantity|$i.b.a\n#end";
        let scene = Scene::new().body(&*body);
        let in_place = rendered(&format!("#set($rows = $input.path('$')){rest}"), &scene);
        prop_assert_eq!(in_place, rendered(&format!("#set($rows = $util.parseJson($input.body)){rest}"), &scene));
    }

    #[test]
    fn any_text_is_a_path_or_is_refused(path in "[$@.*?()\\[\\]'\"a-c0-2:,<>=!~&| /-]{0,30}", body in json(3)) {
        if let Ok(path) = JsonPath::parse(&path) {
            let document = Json::parse(&body).unwrap();
            let _ = path.find(&document);
        }
    }

    #[test]
    fn pieces_of_paths_never_panic(pieces in proptest::collection::vec(proptest::sample::select(vec![
        "$", ".a", ".*", "..", "..a", "[0]", "[-1]", "[*]", "[0,1]", "[1:]", "[:-1]", "['a','b']", "[?(", ")]", "@.a", "@",
        " == ", " =~ ", " in ", "/a.*/i", "'x'", "1", " && ", " || ", "!", ".length()", ".sum()", ".concat('x')", "[?(@.a)]",
    ]), 0..12), body in json(3)) {
        if let Ok(path) = JsonPath::parse(&pieces.concat()) {
            let document = Json::parse(&body).unwrap();
            let _ = path.find(&document);
        }
    }

    #[test]
    fn a_template_with_a_letter_changed_never_panics(at in 0..700_usize, letter in any::<char>(), cut in any::<bool>()) {
        let valid = include_str!("../../../benches/velocity/template.vtl");
        let at = (0..=at.min(valid.len())).rev().find(|at| valid.is_char_boundary(*at)).unwrap();
        let (before, after) = valid.split_at(at);
        let rest = if cut { after.chars().skip(1).collect() } else { after.to_owned() };
        let scene = Scene::new().body(r#"{"items":[{"price":2,"quantity":3}]}"#).limits(Limits::default().work(50_000));
        if let Ok(template) = Template::parse(&format!("{before}{letter}{rest}")) {
            let _ = (template.render(&scene), template.lint());
        }
    }
}

#[test]
fn bombs_end_with_an_error_or_a_result() {
    let nested = |text: &str| (0..40).fold(text.to_owned(), |inner, _| format!("$l.indexOf({inner})"));
    let doubling = (1..40).map(|n| format!("#define($d{n})$d{0}$d{0}#end", n - 1)).collect::<String>();
    for template in [
        format!("#define($d0)x#end{doubling}$d39"),
        format!("#set($l = [1])#define($d){}#end$d", nested("\"$d\"")),
        format!("#set($l = [1])#define($d)#if({} == 1)#end#end$d", nested("$d")),
        "#set($l = [])#set($z = $l.add($l))$l.equals($l) $l.contains($l) $l.hashCode() $l".to_owned(),
        "#set($m = {})#set($z = $m.put('m', $m))#set($context.requestOverride.header = $m)".to_owned(),
        "#foreach($i in [-9223372036854775808..9223372036854775807])#end".to_owned(),
        "#foreach($i in [1..1000])#foreach($j in [1..1000])#foreach($k in [1..1000])$k#end#end#end".to_owned(),
        "#set($s = 'a')#foreach($i in [1..25])#set($s = $s.concat($s))#end$s.matches('(a*)*b') $s.matches('(a|aa)+$')"
            .to_owned(),
        "#set($s = 'aaaa')$s.matches('(((a{1,100}){1,100}){1,100}){1,100}')".to_owned(),
        "#set($s = 'a')#foreach($i in [1..20])#set($s = $s.replaceAll('', 'aa'))#end".to_owned(),
        "#foreach($i in [1..1000])#set($z = $input.path('$..*'))#end".to_owned(),
        "$input.json('$..[?(@..a)]..b')".to_owned(),
        format!("#set($m = {{}})#set($x = {}1{})", "{'a': ['b', ".repeat(24), "]}".repeat(24)),
    ] {
        let body = format!("{}1{}", r#"{"a":[1,"#.repeat(60), "]}".repeat(60));
        let scene = Scene::new().body(body).limits(Limits::default().work(200_000).output(1 << 20));
        let _ = rendered(&template, &scene);
    }
}

#[test]
fn a_loop_ends_after_a_thousand_rounds_as_if_the_list_did() {
    let template = "#foreach($i in [1..2000])#if(!$foreach.hasNext)$i#end#end";
    let rendered = Template::parse(template).unwrap().render(&Scene::new()).unwrap();
    assert_eq!((rendered.text(), rendered.stopped_loops()), ("1000", 1));
    let body = format!("[{}]", vec!["1"; 1500].join(","));
    let count = Template::parse("#foreach($i in $input.path('$'))$i#end").unwrap();
    let rendered = count.render(&Scene::new().body(body)).unwrap();
    assert_eq!((rendered.text().len(), rendered.stopped_loops()), (1000, 1));
}

#[test]
fn a_repeated_override_fails_where_that_is_asked_for() {
    let twice = "#set($context.responseOverride.header.a = 1)#set($context.responseOverride.header.a = 2)";
    let template = Template::parse(twice).unwrap();
    let error = template.render(&Scene::new().strict_overrides(true)).unwrap_err();
    assert!(error.to_string().starts_with("line 1, column 50: an override is set twice"), "{error}");
    let other = "#set($context.responseOverride.header.a = 1)#set($context.requestOverride.header.a = 2)";
    assert!(Template::parse(other).unwrap().render(&Scene::new().strict_overrides(true)).is_ok());
}

#[test]
fn a_body_may_be_nested_as_deep_as_json_may() {
    for depth in [126, 127, 128] {
        let body = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(rendered("$input.json('$')", &Scene::new().body(&*body)), Ok(as_json(&body)), "{depth}");
    }
}

#[test]
fn a_result_is_never_longer_than_its_bound() {
    for template in
        ["#foreach($i in [1..900])1#end", "#foreach($i in [1..900])$i#end", "#set($x = \"1$context.x$context.x\")$x"]
    {
        let template = Template::parse(template).unwrap();
        let length = template.render(&Scene::new()).unwrap().text().len();
        let within = |output| template.render(&Scene::new().limits(Limits::default().output(output)));
        assert!(within(length).is_ok() && within(length - 1).is_err());
    }
}
