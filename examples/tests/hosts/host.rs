use std::{
    error::Error,
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader, Lines},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, ChildStdout, Command, Stdio},
};

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// An example that runs, on a port that was free.
pub(crate) struct Host {
    child: Child,
    /// The commands of the tour, in order.
    tour: Vec<String>,
    address: String,
    log: Lines<BufReader<ChildStderr>>,
    /// Kept open: the program may go on printing.
    _output: Lines<BufReader<ChildStdout>>,
}

/// Whether curl is on the machine; says so if it is not.
#[expect(clippy::print_stdout, reason = "what was not run is said")]
pub(crate) fn curl_is_here() -> bool {
    let here = Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !here {
        println!("NOT RUN: curl is not on this machine");
    }
    here
}

impl Host {
    /// Starts a program, and reads what it prints until its tour has ended.
    pub(crate) fn start(program: &str, arguments: &[&OsStr]) -> Outcome<Self> {
        let mut command = Command::new(program);
        command.args(arguments);
        Self::run(&mut command)
    }

    /// The same for a command.
    pub(crate) fn run(command: &mut Command) -> Outcome<Self> {
        let mut child = command.env("PORT", "0").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut output = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let log = BufReader::new(child.stderr.take().ok_or("no log")?).lines();
        let (mut tour, mut address) = (Vec::new(), None);
        for line in output.by_ref() {
            let line = line?;
            if let Some(rest) = line.strip_prefix("listening on ") {
                address = rest.split(';').next().map(str::to_owned);
            }
            if line.starts_with("Ctrl-C") {
                break;
            }
            tour.push(line);
        }
        let address = address.ok_or("the program did not listen")?;
        Ok(Self { child, tour, address, log, _output: output })
    }

    /// Runs each command of the tour; it must give the status that stands behind it.
    pub(crate) fn follow(&self) -> Outcome {
        let (mut variables, mut calls) = (String::new(), 0);
        for line in &self.tour {
            if let Some((command, said)) = line.split_once("  # ").filter(|(command, _)| command.starts_with("curl ")) {
                let (status, body) = call(&format!("{variables}{command}"))?;
                assert_eq!(status.to_string(), said.split(':').next().unwrap_or_default(), "{line}\n{body}");
                calls += 1;
            } else if line.starts_with(|letter: char| letter.is_ascii_uppercase()) && line.contains("='") {
                variables = format!("{variables}{line}; ");
            }
        }
        assert!(calls >= 3, "the tour has calls");
        Ok(())
    }

    /// Calls a path, and gives status and body.
    pub(crate) fn get(&self, path: &str, arguments: &str) -> Outcome<(u16, String)> {
        call(&format!("curl {arguments} '{}{path}'", self.address))
    }

    /// Reads the program's log until a line has `text` in it.
    pub(crate) fn wait_for(&mut self, text: &str) -> Outcome {
        for line in self.log.by_ref() {
            if line?.contains(text) {
                return Ok(());
            }
        }
        Err(format!("the program ended without saying `{text}`").into())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn call(command: &str) -> Outcome<(u16, String)> {
    let quiet = r"curl --silent --max-time 20 --no-include --write-out '\n%{http_code}' ";
    let command = command.replacen("curl ", quiet, 1).replacen(" -i ", " ", 1);
    let output = Command::new("sh").args(["-c", &command]).output()?;
    let text = String::from_utf8(output.stdout)?;
    let (body, status) = text.rsplit_once('\n').ok_or_else(|| format!("{command}: no answer"))?;
    Ok((status.parse()?, body.to_owned()))
}

/// A folder of this process's own.
pub(crate) fn folder(name: &str) -> Outcome<PathBuf> {
    let folder = std::env::temp_dir().join(format!("gateway-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Replaces a file as editors do: written beside it, then renamed.
pub(crate) fn replace(file: &Path, text: &str) -> Outcome {
    let beside = file.with_extension("new");
    fs::write(&beside, text)?;
    Ok(fs::rename(beside, file)?)
}
