use std::{ffi::OsStr, fs, process::Command};

use crate::host::{self, Outcome};

/// What the playground prints, and whether it succeeds.
fn play(arguments: &[&OsStr]) -> Outcome<(String, bool)> {
    let output = Command::new(env!("CARGO_BIN_EXE_template_playground")).args(arguments).output()?;
    Ok((String::from_utf8(output.stdout)? + &String::from_utf8(output.stderr)?, output.status.success()))
}

#[test]
fn template_playground_shows_itself() -> Outcome {
    let (printed, success) = play(&[])?;
    assert!(success, "{printed}");
    for line in [
        r#"{"name": "Rex", "tags": ["good","dog"], "owner": ""}"#,
        r#"["1: Rex", "2: Tom"]"#,
        "7 for prod from pets, as application/json",
        r#"{"said": "a \"quote\"\nand a line"}"#,
        "-- status for the client: 201",
        "-- header for the backend: X-Pet: Rex",
    ] {
        assert!(printed.lines().any(|printed| printed == line), "{line} is missing in\n{printed}");
    }
    assert!(printed.contains("$util has no `toJson`"), "{printed}");
    Ok(())
}

#[test]
fn template_playground_renders_files_and_says_where_a_template_fails() -> Outcome {
    let folder = host::folder("template_playground")?;
    let file = |name: &str, text: &str| fs::write(folder.join(name), text).map(|()| folder.join(name));
    let template = file("t.vtl", "$input.params('id') $context.stage $stageVariables.k $input.path('$.n')")?;
    let (body, context) = (file("b.json", r#"{"n": 5}"#)?, file("c.json", r#"{"stage": "test"}"#)?);
    let options = ["--param", "path:id=7", "--stage-variable", "k=v", "--context"].map(OsStr::new);
    let files = [template.as_os_str(), body.as_os_str()];
    let (printed, success) = play(&[&files[..], &options[..], &[context.as_os_str()]].concat())?;
    assert!(success && printed.contains("7 test v 5"), "{printed}");

    let broken = file("broken.vtl", "a\n#if($x)b")?;
    let (printed, success) = play(&[broken.as_os_str()])?;
    assert!(!success && printed.contains("line 2, column 1: this #if has no #end"), "{printed}");
    Ok(fs::remove_dir_all(folder)?)
}
