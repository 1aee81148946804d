//! The eBPF object: its maps, and the thin entry point that hands frames to the packet core.

#![cfg_attr(target_arch = "bpf", no_std, no_main)]

#[cfg(target_arch = "bpf")]
mod kernel;

/// The host has no use for this binary; it exists so that the workspace builds with one command.
#[cfg(not(target_arch = "bpf"))]
fn main() {}
