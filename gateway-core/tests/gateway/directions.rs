//! Dependencies point downward only: each module imports those that stand before it in this list.

use std::{collections::HashMap, fs, path::Path};

use crate::Outcome;

const FLOORS: &[&[&str]] = &[
    &["body", "call_error", "clock", "error", "media", "names", "problem", "random", "trace"],
    &["context", "service", "store"],
    &["client", "cors", "function", "header_case", "http_client", "policy", "reserved_header", "router", "source"],
    &["cache", "compress", "template"],
    &["observe", "responses"],
    &["guard", "integration"],
    &["authorizer", "usage_plan", "validate"],
    &["definition"],
    &["config", "route"],
    &["openapi", "stage"],
    &["runtime", "snapshot"],
    &["compile"],
    &["gateway"],
    &["testing"],
];

/// Every `crate::name` of a source file.
fn imports(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    for rest in code.split("crate::").skip(1) {
        let name =
            |text: &str| text.chars().take_while(|letter| letter.is_ascii_lowercase() || *letter == '_').collect();
        let Some(list) = rest.strip_prefix('{') else {
            names.push(name(rest));
            continue;
        };
        let (mut depth, mut entry) = (1, String::new());
        for letter in list.chars() {
            depth += i32::from(letter == '{') - i32::from(letter == '}');
            if depth == 0 || (depth == 1 && letter == ',') {
                names.push(name(entry.trim()));
                entry.clear();
            } else {
                entry.push(letter);
            }
            if depth == 0 {
                break;
            }
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn sources(folder: &Path, module: Option<&str>, found: &mut Vec<(String, String)>) -> Outcome {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if path.is_dir() {
            sources(&path, Some(module.unwrap_or(&name)), found)?;
        } else if !name.ends_with("tests") && name != "oracle" {
            let text = fs::read_to_string(&path)?;
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
            found.push((module.unwrap_or(&name).to_owned(), code));
        }
    }
    Ok(())
}

#[test]
fn modules_import_only_what_stands_below_them() -> Outcome {
    let floor: HashMap<_, _> =
        FLOORS.iter().enumerate().flat_map(|(height, names)| names.iter().map(move |name| (*name, height))).collect();
    let mut found = Vec::new();
    sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), None, &mut found)?;
    assert!(found.len() > 60, "the sources were read");
    let mut upward = Vec::new();
    for (module, text) in found.iter().filter(|(module, _)| module != "lib") {
        let own = floor.get(module.as_str()).ok_or_else(|| format!("`{module}` has no floor; give it one"))?;
        for import in imports(text).into_iter().filter(|import| import != module) {
            let other = floor.get(import.as_str()).ok_or_else(|| format!("`{module}` imports `{import}`"))?;
            if other >= own {
                upward.push(format!("{module} -> {import}"));
            }
        }
    }
    assert!(upward.is_empty(), "{upward:?}");
    Ok(())
}
