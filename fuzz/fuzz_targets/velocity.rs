//! A mapping template, and behind a zero byte the body that it renders.

#![no_main]

use gateway_integrations::{
    json::Json,
    velocity::{Limits, Scene, Template},
};
use libfuzzer_sys::fuzz_target;

const OUTPUT: usize = 1 << 16;

fuzz_target!(|text: &str| {
    let (template, body) = text.split_once('\0').unwrap_or((text, r#"{"a":[1,{"b":"c"}],"d":1.5}"#));
    let Ok(template) = Template::parse(template) else { return };
    let context = Json::parse(r#"{"stage":"prod","identity":{"sourceIp":"192.0.2.1"}}"#).unwrap_or_default();
    let scene = Scene::new()
        .body(body)
        .path_param("a", "1")
        .query_param("b", "2")
        .header("Accept", "text/plain")
        .stage_variable("c", "3")
        .context(&context)
        .limits(Limits::default().work(100_000).output(OUTPUT));
    let _ = template.lint();
    if let Ok(rendered) = template.render(&scene) {
        assert!(rendered.text().len() <= OUTPUT);
    }
});
