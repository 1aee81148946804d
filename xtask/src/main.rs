//! Build, run, demonstrate, test and measure vrrp.

mod bench;
mod cargo;
mod ci;
mod demo;
mod ebpf;
mod flood;
mod paths;
mod root;
mod run;
mod setup;
mod tell;
mod test;

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
    /// Install what the other tasks need.
    Setup(setup::Options),
    /// Build the daemon and run it on this machine: `cargo xtask run -- -f FILE`.
    Run(run::Options),
    /// Show a four-node cluster share its address, lose its master and take it back.
    Demo(demo::Options),
    /// Run every test.
    Test(test::Options),
    /// Measure this build against keepalived and the kernel, in one run.
    Bench(bench::Options),
    /// Send adverts, good or bad, ARP requests or Neighbor Solicitations on an interface.
    Flood(flood::Options),
    /// Compute without pause, for the bench.
    #[command(hide = true)]
    Hog(bench::hogs::Options),
    /// Build the eBPF object that vrrp embeds.
    BuildEbpf(ebpf::Options),
    /// Everything a change has to pass: formatting, lints, the eBPF object, docs, tests.
    Ci,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Setup(options) => setup::run(&options),
        Task::Run(options) => run::run(&options),
        Task::Demo(options) => demo::run(&options),
        Task::Test(options) => test::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Hog(options) => bench::hogs::run(&options),
        Task::Flood(options) => flood::run(&options),
        Task::BuildEbpf(options) => ebpf::build(&options),
        Task::Ci => ci::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell::failure(&error);
            ExitCode::FAILURE
        }
    }
}
