//! `promote_secondaries` on the interfaces of the instances that want it.

use std::collections::BTreeSet;

use super::driver::Driver;
use crate::config::model::Instance;

impl Driver {
    /// Has it on where the configuration wants it, and nowhere else. `inherited` are the interfaces
    /// on which the process before this one has switched it on.
    pub(super) fn promote_secondaries(&mut self, inherited: BTreeSet<String>) {
        let instances = self.config.instances.iter();
        let names: BTreeSet<String> = instances
            .filter(|instance| instance.promote_secondaries)
            .map(|Instance { interface, .. }| interface.clone())
            .collect();
        self.promoting.extend(inherited.iter().cloned());
        self.promoting.retain(|name| names.contains(name));
        self.netlink.promote(names, inherited);
    }
}
