#![expect(clippy::print_stdout, reason = "an example talks to whoever started it")]

use std::net::SocketAddr;

/// Prints what to try, and what each call gives.
#[derive(Clone, Copy, Debug)]
pub struct Tour {
    address: SocketAddr,
}

impl Tour {
    /// Begins a tour of the gateway that listens on `address`.
    #[must_use]
    pub fn of(address: SocketAddr) -> Self {
        println!("listening on http://{address}; in another terminal, in this order:\n");
        Self { address }
    }

    /// One call: `arguments` for curl, the status that it gives, and why.
    #[must_use]
    pub fn try_this(self, path: &str, arguments: &str, status: u16, why: &str) -> Self {
        let space = if arguments.is_empty() { "" } else { " " };
        println!("curl -i{space}{arguments} 'http://{}{path}'  # {status}: {why}", self.address);
        self
    }

    /// Sets a variable of the shell, for the calls that follow.
    #[must_use]
    pub fn variable(self, name: &str, value: &str) -> Self {
        println!("{name}='{value}'");
        self
    }

    /// Prints a line of explanation.
    #[must_use]
    pub fn note(self, text: &str) -> Self {
        println!("\n{text}");
        self
    }

    /// Ends the tour.
    pub fn end(self) {
        println!("\nCtrl-C stops it.");
    }
}
