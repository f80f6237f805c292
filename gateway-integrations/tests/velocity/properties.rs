//! Any text is a template or is refused; rendering never panics and is bounded.

use gateway_integrations::velocity::{Limits, Scene, Template};
use proptest::prelude::*;

const BODY: &str = r#"{"a":{"b":[1,"two",null,2.5,{"c":true}]},"s":"text"}"#;

fn scene() -> Scene<'static> {
    Scene::new()
        .body(BODY)
        .path_param("id", "7")
        .header("X-H", "h")
        .context_value("identity.sourceIp", "192.0.2.7")
        .limits(Limits::default().work(20_000).output(10_000))
}

/// Pieces of templates, which make more sense together than letters do.
fn piece() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "#set($x = ",
        "#set($x.y = ",
        "#set($x[0] = ",
        "#if(",
        "#elseif(",
        "#else",
        "#end",
        "#foreach($i in ",
        "#define($d)",
        "#break",
        "#stop",
        "##",
        "#*",
        "*#",
        "#[[",
        "]]#",
        ")",
        "(",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "..",
        "\"",
        "'",
        "$x",
        "$!{x}",
        "$i",
        "$d",
        "$foreach.count",
        "$input.path('$.a')",
        "$input.json('$..b[?(@.c)]')",
        "$input.params()",
        "$context.identity",
        "$util.parseJson('[1]')",
        "$x.size()",
        "$x.add($x)",
        "$x.put('k', $x)",
        "$x.get(0)",
        "$x.replaceAll('(.)', '$1$1')",
        "$x.split(',')",
        "$x.substring(1)",
        ".keySet()",
        "1",
        "-2",
        "1.5e3",
        "true",
        "[1..3]",
        "[$x, $x]",
        "{'k': $x}",
        " + ",
        " - ",
        " * ",
        " / ",
        " % ",
        " == ",
        " && ",
        " || ",
        " ! ",
        " not ",
        "\\",
        "\\\\",
        "\n",
        "  ",
        "text",
        "é",
        "𝄞",
        "$",
        "#",
        "'a,b'",
        "\"[$x]\"",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_a_template_or_is_refused(text in ".{0,80}") {
        if let Ok(template) = Template::parse(&text) {
            let _ = template.render(&scene());
            let _ = template.lint();
        }
    }

    #[test]
    fn rendering_never_panics_and_is_bounded(pieces in proptest::collection::vec(piece(), 0..40)) {
        if let Ok(template) = Template::parse(&pieces.concat()) {
            if let Ok(rendered) = template.render(&scene()) {
                prop_assert!(rendered.text().len() <= 10_000);
            }
            let _ = template.lint();
        }
    }

    #[test]
    fn statements_never_panic(statements in proptest::collection::vec((0..8_usize, piece(), piece(), piece()), 0..12)) {
        let mut text = String::from("#set($x = ['a', 'b'])");
        for (kind, first, second, third) in statements {
            text += &match kind {
                0 => format!("#set($x = {first}{second}{third})"),
                1 => format!("#foreach($i in {first}){second}#end"),
                2 => format!("#if({first}{second}{third})yes#{{else}}no#end"),
                3 => format!("#define($d){first}#end{second}"),
                4 => format!("#set($x = \"{first}\"){second}"),
                _ => format!("{first}{second}{third}"),
            };
            if let Ok(template) = Template::parse(&text) {
                let _ = template.render(&scene());
                let _ = template.lint();
            }
        }
    }
}

fn refused(text: &str) -> String {
    match Template::parse(text) {
        Ok(template) => template.render(&Scene::new()).unwrap_err().to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_grows_without_bound_is_stopped() {
    for text in [
        "#foreach($i in [1..900])#foreach($j in [1..900])#foreach($k in [1..900])#set($x = 1)#end#end#end",
        "#set($s = 'xxxxxxxxxx')#foreach($i in [1..100])#set($s = $s + $s)#end",
        "#set($l = ['x'])#foreach($i in [1..100])#set($l = [$l, $l])#end$l",
        "#set($l = ['x'])#foreach($i in [1..40])#set($l = [$l, $l])#end#if($l == [$l])#end#if($l == $l)#end$l",
        "#set($m = {})#set($z = $m.put('m', $m))$m",
        "#define($d)$d#end$d",
        "#set($l = [1])#foreach($i in [1..100])#set($z = $l.addAll($l))#end",
        "#set($s = 'aaaa')#foreach($i in [1..100])#set($s = $s.replaceAll('a', 'aaaaaaaaaa'))#end",
        "#set($s = 'x')$s.repeat(1000000000)",
    ] {
        println!("{}", refused(text));
    }
}

#[test]
fn deep_nesting_is_refused_and_long_chains_are_not() {
    let deep = |open: &str, close: &str| format!("#set($x = {}1{})", open.repeat(5000), close.repeat(5000));
    for text in [
        deep("(", ")"),
        deep("[", "]"),
        deep("!", ""),
        deep("{'a':", "}"),
        "#if(true)".repeat(5000),
        "$a.b(".repeat(5000),
        "$a[".repeat(5000),
    ] {
        assert!(Template::parse(&text).is_err());
    }
    let sum = format!("#set($x = 1{})$x", " + 1".repeat(50_000));
    assert_eq!(Template::parse(&sum).unwrap().render(&Scene::new()).unwrap().text(), "50001");
    let nested = format!("#set($l = []){}$l.size()", "#set($l = [$l])".repeat(100_000));
    assert_eq!(Template::parse(&nested).unwrap().render(&Scene::new()).unwrap().text(), "1");
}
