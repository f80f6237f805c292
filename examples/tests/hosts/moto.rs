//! Services of AWS on this machine (moto's).
//!
//! `.ci/run` installs it into the folder `lambda` of the target directory; where it is missing, that is said.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::host::Outcome;

/// The services, until they are dropped.
pub(crate) struct Moto(Child);

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where the clients and servers are that `.ci/run` installs.
pub(crate) fn installed() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("lambda")
}

impl Moto {
    /// Starts it if it is there, and says where it listens.
    #[expect(clippy::print_stdout, reason = "what was not run is said")]
    pub(crate) fn start() -> Outcome<Option<(Self, String)>> {
        let program = installed().join("python/bin/moto_server");
        if !program.exists() {
            println!("NOT RUN: {} is not installed; .ci/run does that", program.display());
            return Ok(None);
        }
        let mut command = Command::new(program);
        let mut moto = Self(command.args(["-p", "0"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?);
        let mut log = BufReader::new(moto.0.stderr.take().ok_or("no log")?);
        let mut line = String::new();
        while log.read_line(&mut line)? > 0 {
            if let Some((_, address)) = line.split_once("Running on ") {
                let address = address.trim().to_owned();
                // It writes a line for each request: somebody must read them.
                std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
                return Ok(Some((moto, address)));
            }
            line.clear();
        }
        Err("moto_server ended".into())
    }
}
