use proptest::prelude::*;

use super::*;

const DOCUMENT: &str = r#"{
    "a-b": 1, "@type": "t", "n": null, "big": 12345678901, "with space": {"x.y": 2},
    "list": [3, 1, 2], "objects": [{"k": "a", "n": 1, "tags": ["x", "y"]}, {"k": "b", "n": "2", "tags": []}, {"k": "c"}]
}"#;

fn found(path: &str) -> Option<String> {
    let document = Json::parse(DOCUMENT).unwrap();
    JsonPath::parse(path).unwrap().find(&document).unwrap().map(|json| json.to_string())
}

#[test]
fn names_and_places() {
    for (path, expected) in [
        ("$.a-b", Some("1")),
        ("$.@type", Some(r#""t""#)),
        ("a-b", Some("1")),
        ("['a-b']", Some("1")),
        (" $.list ", Some("[3,1,2]")),
        ("$.n", Some("null")),
        ("$.none", None),
        ("$.a-b.c", None),
        ("$['with space']['x.y']", Some("2")),
        (r#"$["with space"].*"#, Some("[2]")),
        ("$.list[0]", Some("3")),
        ("$.list[-1]", Some("2")),
        ("$.list[9]", None),
        ("$.list[0,2]", Some("[3,2]")),
        ("$.list[1:]", Some("[1,2]")),
        ("$.list[-2:-1]", Some("[1]")),
        ("$.list[5:9]", Some("[]")),
        ("$.list[0:3:2]", Some("[3,1,2]")),
        ("$.objects[0]['k','n']", Some(r#"{"k":"a","n":1}"#)),
        ("$.objects[*].k", Some(r#"["a","b","c"]"#)),
        ("$..k", Some(r#"["a","b","c"]"#)),
        ("$..none", Some("[]")),
        ("$..['k','n']", Some(r#"[{"k":"a","n":1},{"k":"b","n":"2"}]"#)),
        ("$.objects[(@.length-1)].k", Some(r#""c""#)),
        ("$..[0]", Some(r#"[3,{"k":"a","n":1,"tags":["x","y"]},"x"]"#)),
    ] {
        assert_eq!(found(path).as_deref(), expected, "{path}");
    }
}

#[test]
fn filters() {
    for (condition, keys) in [
        ("@.n", r#"["a","b"]"#),
        ("!@.n", r#"["c"]"#),
        ("@.n == 2", r#"["b"]"#),
        ("@.n == '1'", r#"["a"]"#),
        ("@.n === 2", "[]"),
        ("@.n != 1", r#"["b","c"]"#),
        ("@.k in ['a', 'c']", r#"["a","c"]"#),
        ("@.k nin ['a']", r#"["b","c"]"#),
        ("@.k =~ /A|B/i", r#"["a","b"]"#),
        ("@.k > 'a' && (@.n || @.k == 'c')", r#"["b","c"]"#),
        ("@.tags size 2", r#"["a"]"#),
        ("@.tags empty true", r#"["b"]"#),
        ("@.tags contains 'x'", r#"["a"]"#),
        ("@.tags anyof ['y', 'z']", r#"["a"]"#),
        ("@.tags noneof ['y']", r#"["b"]"#),
        ("@.tags subsetof ['x', 'y', 'z']", r#"["a","b"]"#),
        ("$.list[0] == 3", r#"["a","b","c"]"#),
        ("@.tags[*]", r#"["a"]"#),
    ] {
        assert_eq!(found(&format!("$.objects[?({condition})].k")).unwrap(), keys, "{condition}");
    }
    assert_eq!(found("$..[?(@.k == 'b')].n").unwrap(), r#"["2"]"#);
    assert_eq!(found("$.list[?(@ > 1)]").unwrap(), "[3,2]");
}

#[test]
fn functions() {
    for (path, expected) in [
        ("$.list.length()", Some("3")),
        ("$.length()", Some("7")),
        ("$.list.sum()", Some("6.0")),
        ("$.list.min()", Some("1.0")),
        ("$.list.max()", Some("3.0")),
        ("$.list.avg()", Some("2.0")),
        ("$.list.first()", Some("3")),
        ("$.list.last()", Some("2")),
        ("$.list.index(-2)", Some("1")),
        ("$.list.append(4)", Some("[3,1,2,4]")),
        ("$.objects[0].keys()", Some(r#"["k","n","tags"]"#)),
        ("$.a-b.length()", None),
    ] {
        assert_eq!(found(path).as_deref(), expected, "{path}");
    }
}

#[test]
fn what_is_no_path_is_refused_with_its_place() {
    for path in ["", "$.", "$..", "$[", "$['a", "$[?(", "$.a.nope()", "$[1,]", "$x", "$.a b", "$[?(@.a =~ /(/)]"] {
        assert!(JsonPath::parse(path).is_err(), "{path}");
    }
    let error = JsonPath::parse("$.ab[").unwrap_err().to_string();
    assert!(error.contains("letter 6"), "{error}");
}

#[test]
fn a_path_that_multiplies_is_stopped() {
    let wide = Json::parse(&format!("[{}]", vec!["[[[1]]]"; 2000].join(","))).unwrap();
    let path = JsonPath::parse(&format!("${}", "..*".repeat(30))).unwrap();
    let _ = path.find(&wide);
    let deep = Json::parse(&format!("{}1{}", "[".repeat(100), "]".repeat(100))).unwrap();
    assert_eq!(path.find(&deep), Err(TooMuchWork));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,60}") {
        let _ = JsonPath::parse(&text);
    }

    #[test]
    fn any_path_can_be_followed(parts in proptest::collection::vec(prop_oneof![
        Just("$"), Just("@"), Just("."), Just(".."), Just("*"), Just("k"), Just("list"), Just("["), Just("]"), Just("?("),
        Just(")"), Just("'k'"), Just("0"), Just("-1"), Just(":"), Just(","), Just("!"), Just("&&"), Just("=="), Just("=~"),
        Just("/x/"), Just("in"), Just(".length()"), Just("[*]"), Just("[?(@.k == 'a')]"), Just(" "),
    ], 0..14)) {
        if let Ok(path) = JsonPath::parse(&format!("${}", parts.concat())) {
            let _ = path.find(&Json::parse(DOCUMENT).unwrap());
        }
    }
}
