//! Build, run, demonstrate, test and measure vrrp.

mod ebpf;
mod paths;
mod tell;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Build, run, demonstrate, test and measure vrrp.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the eBPF object that vrrp embeds.
    BuildEbpf(ebpf::Options),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::BuildEbpf(options) => ebpf::build(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell::failure(&error);
            ExitCode::FAILURE
        }
    }
}
