//! Renders a mapping template, and says what looks wrong in it.
//!
//! `cargo run -p gateway-examples --bin template_playground -- template.vtl body.json [--context context.json]
//! [--param path:id=7] [--param querystring:page=2] [--param header:Accept=text/plain] [--stage-variable table=pets]`
//!
//! Without arguments it shows itself what a template can do.

#![expect(clippy::print_stdout, reason = "the rendering is its result")]

use std::{collections::VecDeque, fs};

use gateway_examples::Failure;
use gateway_integrations::{
    json::Json,
    velocity::{Overrides, Scene, Template},
};

const USAGE: &str = "template_playground TEMPLATE [BODY] [--context FILE] [--param path|querystring|header:NAME=VALUE]… \
                     [--stage-variable NAME=VALUE]…";

/// What each template of the tour shows, the template, and the body.
const TOUR: [(&str, &str, &str); 6] = [
    (
        "$input.path gives values, $input.json gives JSON; what is not there prints nothing",
        r#"{"name": "$input.path('$.name')", "tags": $input.json('$.tags'), "owner": "$input.path('$.owner')"}"#,
        r#"{"name": "Rex", "tags": ["good", "dog"]}"#,
    ),
    (
        "a loop knows its count and whether it goes on",
        "[#foreach($pet in $input.path('$.pets'))\"$foreach.count: $pet.name\"#if($foreach.hasNext), #end#end]",
        r#"{"pets": [{"name": "Rex"}, {"name": "Tom"}]}"#,
    ),
    (
        "parameters come from path, query and headers; $context and $stageVariables are there too",
        "$input.params('id') for $context.stage from $stageVariables.table, as $input.params('accept')",
        "",
    ),
    (
        "a text of the client is escaped before it goes into JSON",
        r#"{"said": "$util.escapeJavaScript($input.path('$.text'))"}"#,
        r#"{"text": "a \"quote\"\nand a line"}"#,
    ),
    (
        "overrides change the request to the backend and the answer to the client",
        "#set($context.requestOverride.header.X-Pet = $input.path('$.name'))\n\
         #set($context.responseOverride.status = 201)\n{\"created\": true}",
        r#"{"name": "Rex"}"#,
    ),
    ("what looks wrong is found before anybody calls", "{\"id\": $util.toJson($body), \"ok\": #if('x')true#end}", ""),
];

fn main() -> Result<(), Failure> {
    let mut arguments: VecDeque<String> = std::env::args().skip(1).collect();
    let Some(template) = arguments.pop_front() else { return tour() };
    let template = fs::read_to_string(&template).map_err(|error| format!("{template}: {error}; {USAGE}"))?;
    let mut scene = Scene::new();
    let mut context = Json::default();
    while let Some(argument) = arguments.pop_front() {
        let option = ["--context", "--param", "--stage-variable"].contains(&&*argument);
        let value = if option { arguments.pop_front().ok_or(USAGE)? } else { argument.clone() };
        scene = match &*argument {
            "--context" => {
                context = Json::parse(&fs::read_to_string(value)?)?;
                scene
            }
            "--param" => {
                let (kind, pair) = value.split_once(':').ok_or(USAGE)?;
                let (name, value) = pair.split_once('=').ok_or(USAGE)?;
                match kind {
                    "path" => scene.path_param(name, value),
                    "querystring" => scene.query_param(name, value),
                    "header" => scene.header(name, value),
                    _ => return Err(USAGE.into()),
                }
            }
            "--stage-variable" => {
                let (name, value) = value.split_once('=').ok_or(USAGE)?;
                scene.stage_variable(name, value)
            }
            unknown if unknown.starts_with("--") => return Err(USAGE.into()),
            _ => scene.body(fs::read_to_string(value)?),
        };
    }
    show(&template, &scene.context(&context))
}

/// Renders the templates of the tour, one after the other.
fn tour() -> Result<(), Failure> {
    let context = Json::parse(r#"{"stage": "prod"}"#)?;
    for (what, template, body) in TOUR {
        println!("== {what}\n-- template\n{template}");
        if !body.is_empty() {
            println!("-- body\n{body}");
        }
        let scene = Scene::new()
            .body(body)
            .path_param("id", "7")
            .header("Accept", "application/json")
            .stage_variable("table", "pets")
            .context(&context);
        show(template, &scene)?;
        println!();
    }
    println!("{USAGE}");
    Ok(())
}

fn show(template: &str, scene: &Scene<'_>) -> Result<(), Failure> {
    let template = Template::parse(template).map_err(|error| error.to_string())?;
    for finding in template.lint() {
        println!("-- {}: {}", finding.position, finding.message);
    }
    let rendered = template.render(scene).map_err(|error| error.to_string())?;
    println!("-- rendering\n{}", rendered.text());
    if rendered.stopped_loops() > 0 {
        println!("-- loops that ended after 1000 rounds: {}", rendered.stopped_loops());
    }
    show_overrides(rendered.overrides());
    Ok(())
}

fn show_overrides(overrides: &Overrides) {
    if let Some(status) = overrides.status() {
        println!("-- status for the client: {status}");
    }
    for (what, parameters) in [
        ("header for the client", overrides.response_headers()),
        ("header for the backend", overrides.request_headers()),
        ("query parameter for the backend", overrides.query_params()),
        ("path parameter for the backend", overrides.path_params()),
    ] {
        for (name, values) in parameters {
            println!("-- {what}: {name}: {}", values.join(", "));
        }
    }
    for name in overrides.repeated() {
        println!("-- {name} is set twice: API Gateway answers 5XX then");
    }
}
