//! `counts [print|check|write]`: instructions and allocations of everything that is counted.
//!
//! `check` compares with the table that is kept beside the code, and fails where something costs too much more, or a
//! request to an HTTP API more than the same to a REST API; `write` writes that table anew. Instructions are those of
//! `in_memory`, which must be built too, under valgrind.

#![expect(clippy::print_stdout, reason = "the figures are its result")]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use allocation_counter::measure;
use gateway_benches::counted::{Counts, Subject, Table};
use tower::BoxError;

/// How often each is done.
const COUNT: usize = 100;
/// Only what this function does is counted.
const COUNTED: &str = "--toggle-collect=*counted::Prepared::counted*";

fn main() -> Result<(), BoxError> {
    let command = std::env::args().nth(1).unwrap_or_else(|| "print".to_owned());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("baseline.json");
    let mut table = Table { compiler: compiler()?, ..Table::default() };
    for subject in Subject::all() {
        table.counts.insert(subject.name.to_owned(), count(subject)?);
    }
    let before = if command == "write" { Table::default() } else { Table::read(&path)? };
    let dearer = print(&table, &before);
    let shares = table.too_large_shares();
    match command.as_str() {
        "print" => Ok(()),
        "write" => table.write(&path),
        "check" if !shares.is_empty() => Err(format!("{}; find out why", shares.join(", ")).into()),
        "check" if dearer.is_empty() => Ok(()),
        "check" => {
            let (now, then) = (&table.compiler, &before.compiler);
            let compilers = if now == then { String::new() } else { format!(" (counted by {then}, this is {now})") };
            let advice = "make it cheaper, or say why not and run `counts write`";
            Err(format!("costs more than in {}: {}{compilers}; {advice}", path.display(), dearer.join(", ")).into())
        }
        _ => Err("say print, check or write".into()),
    }
}

/// Prints a line for each, beside what it cost before; gives those that cost too much more.
fn print(table: &Table, before: &Table) -> Vec<String> {
    println!("{:28}{:>14}{:>13}", "once", "instructions", "allocations");
    let mut dearer = Vec::new();
    for (name, counts) in &table.counts {
        let beside = before.counts.get(name).map(|before| counts.beside(before));
        let more = beside.map(|(more, _)| format!("{:+8.1} %", more * 100.0)).unwrap_or_default();
        println!("{name:28}{:>14.0}{:>13.2}{more}", counts.instructions, counts.allocations);
        if beside.is_some_and(|(_, is_too_much)| is_too_much) {
            dearer.push(format!("`{name}`"));
        }
    }
    dearer
}

fn count(subject: Subject) -> Result<Counts, BoxError> {
    let mut prepared = subject.prepare()?;
    let mut done = Ok(());
    let allocated = measure(|| done = prepared.counted(COUNT));
    done?;
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
    let once = |total: u64| total as f64 / COUNT as f64;
    Ok(Counts { instructions: once(instructions(subject)?).round(), allocations: once(allocated.count_total) })
}

fn instructions(subject: Subject) -> Result<u64, BoxError> {
    let program: PathBuf = std::env::current_exe()?.with_file_name("in_memory");
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", COUNTED]);
    let output = valgrind.arg(program).args([subject.name, &COUNT.to_string()]).output();
    let output = output.map_err(|error| format!("valgrind: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let collected = text.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    collected.filter(|_| output.status.success()).ok_or_else(|| format!("{}: {text}", subject.name).into())
}

/// What compiles: another one makes other instructions.
fn compiler() -> Result<String, BoxError> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
