//! Verifies a signed request N times, or signs it with the SDK's signer, or asks a policy of 20 statements: under
//! valgrind, what each costs.
//!
//! `signed verify|sign|authorize|evaluate N`

#[path = "../benches/signed/mod.rs"]
mod signed;

use std::process::ExitCode;

use self::signed::{SignedCall, sign_once};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_default();
    let times: u32 = arguments.next().and_then(|times| times.parse().ok()).unwrap_or(1);
    let Ok(signed) = SignedCall::new() else { return ExitCode::FAILURE };
    let good = (0..times).all(|_| match what.as_str() {
        "verify" => signed.verify(),
        "authorize" => signed.authorize(),
        "evaluate" => signed.evaluate(),
        "sign" => sign_once(signed.now()).is_ok(),
        _ => false,
    });
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
