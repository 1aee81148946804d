//! What no two instances may share.

use std::collections::HashMap;

use vrrp_ebpf::abi::{MAX_PEERS, MAX_ROUTERS, MAX_VIPS};

use super::{Builder, settle::Settled};
use crate::config::{Code, Diagnostic, diagnostics::quoted, model::Transport};

/// Counts something of an instance.
type Count<'a> = &'a dyn Fn(&Settled) -> usize;

/// Complains about more than the eBPF program's maps hold.
fn check_capacity(instances: &[Settled], builder: &mut Builder<'_>) {
    let addresses = |settled: &Settled| settled.address_spans.len();
    let peers = |settled: &Settled| match &settled.instance.transport {
        Transport::Unicast(unicast) if unicast.check_source => unicast.peers.len(),
        _ => 0,
    };
    let counted: [(&str, u32, Count<'_>); 3] = [
        ("virtual routers", MAX_ROUTERS, &|_| 1),
        ("virtual addresses", MAX_VIPS, &addresses),
        ("unicast peers", MAX_PEERS, &peers),
    ];
    for (what, most, count) in counted {
        let mut total = 0;
        let first_too_many = instances.iter().find(|settled| {
            total += count(settled);
            total > most as usize
        });
        if let Some(settled) = first_too_many {
            let all: usize = instances.iter().map(count).sum();
            builder.sink.push(
                Diagnostic::fatal(
                    Code::TooMany,
                    settled.name_span,
                    format!("there are {all} {what}, and one daemon holds {most}"),
                )
                .label("from here on there is no room")
                .help("spread them over several daemons, each in a network namespace of its own"),
            );
        }
    }
}

/// Compares every instance with those before it.
pub(super) fn check(instances: &[Settled], builder: &mut Builder<'_>) {
    check_capacity(instances, builder);
    let mut names = HashMap::new();
    let mut routers = HashMap::new();
    let mut holders = HashMap::new();
    for settled in instances {
        let instance = &settled.instance;
        if let Some(line) = names.insert(&instance.name, builder.line(settled.name_span)) {
            builder.sink.push(
                Diagnostic::fatal(
                    Code::DuplicateInstance,
                    settled.name_span,
                    format!("there are two instances {}", quoted(&instance.name)),
                )
                .help("give every instance its own name")
                .note(format!("the first is on line {line}")),
            );
        }
        let router = (&instance.interface, instance.family, instance.vrid);
        if let Some(other) = routers.insert(router, &instance.name) {
            builder.sink.push(
                Diagnostic::fatal(
                    Code::DuplicateVrid,
                    settled.vrid_span,
                    format!(
                        "instance {} has virtual_router_id {} on {} over {} already",
                        quoted(other),
                        instance.vrid,
                        quoted(&instance.interface),
                        instance.family,
                    ),
                )
                .help("give every instance on an interface its own number, the same on all nodes"),
            );
        }
        let addresses = instance.addresses.iter().chain(&instance.excluded);
        for (address, span) in addresses.zip(&settled.address_spans) {
            let device = address.device.as_ref().unwrap_or(&instance.interface);
            let holder = holders.insert((device, address.address), &instance.name);
            if let Some(other) = holder.filter(|other| **other != instance.name) {
                builder.sink.push(
                    Diagnostic::warning(
                        Code::SharedAddress,
                        *span,
                        format!(
                            "instance {} has {} on {} too",
                            quoted(other),
                            address.address,
                            quoted(device),
                        ),
                    )
                    .help("let one instance hold it")
                    .note("when one of them resigns, it takes the address from the other"),
                );
            }
        }
    }
}
