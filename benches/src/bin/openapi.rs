//! The import of a file: how long it takes, and the most memory that the process ever had.
//!
//! `openapi json FILE` and `openapi yaml FILE` write a document of about 5 MB; `openapi FILE` imports one.

#![expect(clippy::print_stdout, reason = "the figures are its result")]

use std::{env, error::Error, fs, time::Instant};

use gateway_benches::document;
use gateway_core::openapi::{self, ImportOptions};

const BYTES: usize = 5 * 1024 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["json", file] => fs::write(file, document::petstore(BYTES))?,
        ["yaml", file] => fs::write(file, document::yaml(&document::petstore(BYTES * 2 / 3))?)?,
        [file] => import(file)?,
        _ => return Err("openapi [json|yaml] FILE".into()),
    }
    Ok(())
}

fn import(file: &str) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(file)?;
    let options = ImportOptions::new().api_id("a1b2c3d4e5").account("123456789012", "eu-west-1");
    #[expect(clippy::disallowed_methods, reason = "time is what is measured")]
    let begin = Instant::now();
    let imported = openapi::import(&text, &options)?;
    let taken = begin.elapsed();
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown").trim();
    println!("{} bytes, {} routes: {taken:.0?}, peak {peak}", text.len(), imported.api.routes.len());
    Ok(())
}
