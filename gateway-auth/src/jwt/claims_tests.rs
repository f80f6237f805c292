use super::*;

fn parse(json: &str) -> Result<Claims, Refusal> {
    Claims::parse(json.as_bytes())
}

fn at(seconds: f64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs_f64(seconds)
}

#[test]
fn claims_become_text() {
    let claims = parse(
        r#"{"exp":1787996002,"sub":"alice","admin":true,"cognito:groups":["admins","users"],"none":null,
           "ratio":1.5,"nested":{"b":[1,"x"],"a":1},"mixed":[1,false,"x",["y","z"]],"empty":[]}"#,
    )
    .unwrap();
    let texts = claims.texts(Lists::Bracketed);
    let texts: Vec<_> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let expected = [
        ("admin", "true"),
        ("cognito:groups", "[admins users]"),
        ("empty", "[]"),
        ("exp", "1787996002"),
        ("mixed", "[1 false x [y z]]"),
        ("nested", r#"{"a":1,"b":[1,"x"]}"#),
        ("none", "null"),
        ("ratio", "1.5"),
        ("sub", "alice"),
    ];
    assert_eq!(texts, expected);
    assert_eq!(claims.subject, "alice");
}

#[test]
fn wrong_types_and_duplicates_are_malformed() {
    for json in [
        "",
        "5",
        "[]",
        r#"["a"]"#,
        "{}",
        r#"{"exp":"1787996002"}"#,
        r#"{"exp":null}"#,
        r#"{"exp":true}"#,
        r#"{"exp":[1787996002]}"#,
        r#"{"exp":1e999}"#,
        r#"{"exp":9,"nbf":"1"}"#,
        r#"{"exp":9,"iat":null}"#,
        r#"{"exp":9,"iss":["a"]}"#,
        r#"{"exp":9,"aud":5}"#,
        r#"{"exp":9,"aud":null}"#,
        r#"{"exp":9,"aud":["a",5]}"#,
        r#"{"exp":9,"aud":{"a":1}}"#,
        r#"{"exp":9,"client_id":["a"]}"#,
        r#"{"exp":9,"sub":5}"#,
        r#"{"exp":9,"scope":5}"#,
        r#"{"exp":9,"scp":{"a":1}}"#,
        r#"{"exp":9,"exp":10}"#,
        r#"{"exp":9,"x":1,"x":1}"#,
        r#"{"exp":9} x"#,
    ] {
        assert_eq!(parse(json).unwrap_err(), MALFORMED, "{json}");
    }
    let deep = format!(r#"{{"exp":9,"x":{}{}}}"#, "[".repeat(5000), "]".repeat(5000));
    assert_eq!(parse(&deep).unwrap_err(), MALFORMED);
}

#[test]
fn scopes_come_from_scope_and_scp() {
    for (json, scopes) in [
        (r#"{"exp":9}"#, vec![]),
        (r#"{"exp":9,"scope":""}"#, vec![]),
        (r#"{"exp":9,"scope":"a b"}"#, vec!["a", "b"]),
        (r#"{"exp":9,"scp":"a  b"}"#, vec!["a", "b"]),
        (r#"{"exp":9,"scp":["a","b c"]}"#, vec!["a", "b c"]),
        (r#"{"exp":9,"scope":"a","scp":["b"]}"#, vec!["a", "b"]),
    ] {
        assert_eq!(parse(json).unwrap().scopes, scopes, "{json}");
    }
}

#[test]
fn the_audience_decides_and_client_id_stands_in() {
    let rules = |issuer: &str| Rules {
        issuer: issuer.to_owned(),
        audience: Audience::Either { known: vec!["pets".to_owned(), "shop".to_owned()], optional: false },
        claims: Vec::new(),
    };
    for (json, answer) in [
        (r#""aud":"pets""#, Ok(())),
        (r#""aud":["x","shop"]"#, Ok(())),
        (r#""client_id":"pets""#, Ok(())),
        (r#""aud":"x","client_id":"pets""#, Err(Refusal::Audience)),
        (r#""aud":[],"client_id":"pets""#, Err(Refusal::Audience)),
        (r#""aud":"","client_id":"pets""#, Err(Refusal::Audience)),
        (r#""aud":"pets shop""#, Err(Refusal::Audience)),
        (r#""aud":"Pets""#, Err(Refusal::Audience)),
        (r#""azp":"pets""#, Err(Refusal::Audience)),
    ] {
        let claims = parse(&format!(r#"{{"exp":9,"iss":"https://i","aud2":1,{json}}}"#)).unwrap();
        assert_eq!(claims.check(&rules("https://i")), answer, "{json}");
        assert_eq!(claims.check(&rules("https://i/")), Err(Refusal::Issuer), "{json}");
    }
    let claims = parse(r#"{"exp":9,"aud":"pets"}"#).unwrap();
    assert_eq!(claims.check(&rules("https://i")), Err(Refusal::Issuer));
    assert_eq!(claims.check(&rules("")), Err(Refusal::Issuer));
}

#[test]
fn times_are_judged_to_the_fraction() {
    let times = parse(r#"{"exp":100.5,"nbf":50,"iat":40}"#).unwrap().times;
    let none = Duration::ZERO;
    assert_eq!(times.check(at(100.25), none), Ok(()));
    assert_eq!(times.check(at(100.5), none), Err(Refusal::Expired));
    assert_eq!(times.check(at(50.0), none), Ok(()));
    assert_eq!(times.check(at(49.75), none), Err(Refusal::NotYetValid));
    let skew = Duration::from_secs(10);
    assert_eq!(times.check(at(110.25), skew), Ok(()));
    assert_eq!(times.check(at(110.5), skew), Err(Refusal::Expired));
    assert_eq!(times.check(at(40.0), skew), Ok(()));
    assert_eq!(times.check(at(39.75), skew), Err(Refusal::NotYetValid));
    let issued = parse(r#"{"exp":100,"iat":40}"#).unwrap().times;
    assert_eq!(issued.check(at(39.0), none), Err(Refusal::IssuedInFuture));
    assert_eq!(issued.check(at(40.0), none), Ok(()));
    let past = parse(r#"{"exp":-1}"#).unwrap().times;
    assert_eq!(past.check(at(0.0), none), Err(Refusal::Expired));
    let huge = parse(r#"{"exp":1e300}"#).unwrap().times;
    assert_eq!(huge.check(at(1e9), none), Ok(()));
}
