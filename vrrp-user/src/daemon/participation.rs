//! Whether a router takes part: by its interfaces, and by what it tracks.

use super::{
    driver::Driver,
    port::{Port, fault},
    tracking::Permission,
    virtual_router::Router,
};
use crate::{dataplane::Slot, election::FaultReason};

impl Driver {
    /// Has a router take part, or not, as things are now. `open_error` is why its interface's
    /// sockets have just not been opened.
    pub(super) fn settle_participation(&mut self, slot: Slot, open_error: Option<FaultReason>) {
        if !self.is_placed(slot) {
            return;
        }
        let by_interfaces = open_error.or_else(|| self.fault_of_interfaces(slot));
        let permission = by_interfaces.map_or_else(|| self.permission(slot), Permission::Refused);
        match permission {
            Permission::Granted => self.start_router(slot),
            Permission::Pending => {}
            Permission::Refused(reason) => {
                if self.routers.get(&slot).is_some_and(Router::is_owner) && !self.is_master(slot) {
                    self.claim(slot, false);
                }
                self.drive(slot, |machine, _, actions| machine.fault(reason, actions));
            }
        }
    }

    /// Whether the kernel has told of each of a router's interfaces; at the start it has not.
    pub(super) fn is_placed(&self, slot: Slot) -> bool {
        self.routers.get(&slot).is_some_and(|router| {
            let claims = router.claims();
            let mut devices = claims.iter().map(|claim| &claim.device);
            self.is_reported(&router.instance.interface)
                && devices.all(|device| self.is_reported(device))
        })
    }

    /// Why a router cannot take part, if it is for its interfaces.
    fn fault_of_interfaces(&self, slot: Slot) -> Option<FaultReason> {
        let router = self.routers.get(&slot)?;
        let instance = &router.instance;
        let interface = self.interfaces.get(&instance.interface)?;
        let found = interface.source(instance.family, router.is_owner());
        let source = instance.source.or(found.map(|source| source.address));
        let link = interface.port.as_ref().map(|port| &port.link);
        let on_link = |source| {
            link.is_some_and(|link| link.addresses.iter().any(|there| there.address == source))
        };
        let is_down = |device: &str| self.port(device).and_then(Port::sends_from).is_none();
        let claims = router.claims();
        let mut elsewhere =
            claims.iter().map(|claim| &claim.device).filter(|it| **it != instance.interface);
        fault(link, source, instance.tracks_own.link)
            .or_else(|| {
                let source = instance.source.filter(|_| instance.tracks_own.source)?;
                (!on_link(source)).then_some(FaultReason::SourceMissing)
            })
            .or_else(|| elsewhere.any(|device| is_down(device)).then_some(FaultReason::DeviceDown))
    }
}
