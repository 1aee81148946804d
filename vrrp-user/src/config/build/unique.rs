//! What no two instances may share.

use std::collections::HashMap;

use super::{Builder, settle::Settled};
use crate::config::{Code, Diagnostic, diagnostics::quoted};

/// Compares every instance with those before it.
pub(super) fn check(instances: &[Settled], builder: &mut Builder<'_>) {
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
