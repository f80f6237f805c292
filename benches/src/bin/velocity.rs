//! Renders a mapping template again and again: our side of `benches/velocity/compare`.
//!
//! Arguments: template, body, file for the rendering, rounds, renderings in a round, renderings before the first round.
//! Prints the nanoseconds of one rendering, a line for each round.

#![expect(clippy::print_stdout, reason = "the figures are its result")]

use std::{error::Error, fs, hint::black_box, time::Instant};

use gateway_integrations::velocity::{Scene, Template};

/// What a gateway does for each request: nothing is kept but the compiled template.
fn render(template: &Template, body: &str) -> Result<String, Box<dyn Error>> {
    let scene = Scene::new()
        .borrowed_body(body)
        .path_param("tenant", "acme")
        .header("x-trace", "Root=1-65920080-abcdef012345678912345678")
        .context_value("requestId", "c6af9ac6-7b61-11e6-9a41-93e8deadbeef")
        .context_value("stage", "prod")
        .stage_variable("table", "orders");
    Ok(template.render(&scene)?.into_parts().0)
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [template, body, out, rounds, renderings, warm] = arguments.as_slice() else {
        return Err("template, body, out, rounds, renderings, warm".into());
    };
    let template = Template::parse(&fs::read_to_string(template)?)?;
    let body = fs::read_to_string(body)?;
    fs::write(out, render(&template, &body)?)?;
    for _ in 0..warm.parse::<u32>()? {
        black_box(render(&template, black_box(&body))?);
    }
    let renderings: u32 = renderings.parse()?;
    for _ in 0..rounds.parse::<u32>()? {
        let begin = Instant::now();
        for _ in 0..renderings {
            black_box(render(&template, black_box(&body))?);
        }
        println!("{}", begin.elapsed().as_nanos() / u128::from(renderings));
    }
    Ok(())
}
