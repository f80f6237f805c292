use proptest::prelude::*;

use super::*;
use crate::router::{RouteKey, RouteKeyError};

fn refused(text: &str) -> String {
    PathTemplate::parse(text, ApiKind::Rest).unwrap_err().to_string()
}

#[test]
fn both_kinds_take_these() {
    for text in ["/", "/pets", "/pets/{id}", "/{a}/{b}/{rest+}", "/v1.0/a_b-c:d", "/..", "/{a.b:c-d_1}"] {
        for kind in [ApiKind::Rest, ApiKind::Http] {
            assert_eq!(PathTemplate::parse(text, kind).unwrap().to_string(), text);
        }
    }
}

#[test]
fn only_http_apis_take_every_character_of_a_segment() {
    assert!(PathTemplate::parse("/a,b", ApiKind::Rest).is_ok());
    for text in ["/~me", "/a%20b", "/a=b", "/$x", "/a@b"] {
        assert!(PathTemplate::parse(text, ApiKind::Http).is_ok(), "{text}");
        assert!(refused(text).contains("segment 1: it cannot contain"), "{text}");
    }
}

#[test]
fn errors_say_what_and_where() {
    let cases = [
        ("", "path ``: it must start with `/`"),
        ("pets", "must start with `/`"),
        ("/pets/", "path `/pets/`: it ends with `/`"),
        ("//pets", "segment 1: it is empty"),
        ("/a//b", "segment 2: it is empty"),
        ("/a/b{id}", "segment 2: a variable fills its whole segment"),
        ("/{id}b", "segment 1: a variable fills"),
        ("/{id", "segment 1: a variable fills"),
        ("/id}", "segment 1: a variable fills"),
        ("/{a}{b}", "segment 1: a variable fills"),
        ("/{}", "segment 1: the variable has no name"),
        ("/{+}", "segment 1: the variable has no name"),
        ("/{a b}", "segment 1: the name of a variable cannot contain ' '"),
        ("/{a++}", "cannot contain '+'"),
        ("/a b", "segment 1: it cannot contain ' '"),
        ("/ä", "cannot contain 'ä'"),
        ("/a/{id}/{id}", "segment 3: the path has a variable `id` already"),
        ("/{id}/{id+}", "segment 2: the path has a variable `id` already"),
        ("/{proxy+}/x", "segment 2: Cannot create a child of a resource with a greedy path variable: {proxy+};"),
        ("/{proxy+}/{more+}", "segment 2: Cannot create a child"),
    ];
    for (text, expected) in cases {
        assert!(refused(text).contains(expected), "{text}: {}", refused(text));
    }
}

#[test]
fn paths_are_only_so_deep() {
    assert!(PathTemplate::parse(&"/a".repeat(256), ApiKind::Rest).is_ok());
    assert!(refused(&"/a".repeat(257)).ends_with("it has more than 256 segments; shorten it"));
}

#[test]
fn route_keys() {
    for text in ["GET /", "ANY /{proxy+}", "DELETE /pets/{id}"] {
        for kind in [ApiKind::Rest, ApiKind::Http] {
            assert_eq!(RouteKey::parse(text, kind).unwrap().to_string(), text);
        }
    }
    assert_eq!(RouteKey::parse("$default", ApiKind::Http), Ok(RouteKey::Default));
    assert_eq!(RouteKey::parse("$default", ApiKind::Rest), Err(RouteKeyError::Default));
    for text in ["get /", "TRACE /", "* /", " /", "$DEFAULT /"] {
        assert!(matches!(RouteKey::parse(text, ApiKind::Http), Err(RouteKeyError::Method(_))), "{text}");
    }
    for text in ["", "GET", "/pets", "$Default"] {
        assert!(matches!(RouteKey::parse(text, ApiKind::Http), Err(RouteKeyError::Form(_))), "{text}");
    }
    for text in ["GET  /", "GET pets", "GET ", "GET /pets/", "GET / "] {
        assert!(matches!(RouteKey::parse(text, ApiKind::Http), Err(RouteKeyError::Path(_))), "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_parses_or_not(text in ".{0,40}", http: bool) {
        let kind = if http { ApiKind::Http } else { ApiKind::Rest };
        if let Ok(path) = PathTemplate::parse(&text, kind) {
            prop_assert_eq!(path.to_string(), text.clone());
        }
        if let Ok(key) = RouteKey::parse(&text, kind) {
            prop_assert_eq!(key.to_string(), text);
        }
    }

    #[test]
    fn what_looks_like_a_key_is_printed_as_it_was(text in r"(GET|ANY|PUT) (/|(/([a-z0-9._:{}+~-]|\{[a-z]+\+?\}){0,6}){1,5})", http: bool) {
        let kind = if http { ApiKind::Http } else { ApiKind::Rest };
        match RouteKey::parse(&text, kind) {
            Ok(key) => {
                prop_assert_eq!(key.to_string(), text.clone());
                prop_assert_eq!(RouteKey::parse(&key.to_string(), kind), Ok(key));
            }
            Err(error) => prop_assert!(error.to_string().contains('/')),
        }
    }
}
