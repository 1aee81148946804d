//! The `vrrp` command. Everything is in the library, where tests reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    vrrp_user::cli::main()
}
