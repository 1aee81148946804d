//! The daemon end to end: real processes, real eBPF program, real frames, in namespaces.

#[cfg(test)]
mod end_to_end {
    mod arp;
    mod cluster;
    mod commands;
    mod elections;
    mod fencing;
    mod handover;
    mod hooks;
    mod interfaces;
    mod partition;
    mod reload;
    mod support;
}
