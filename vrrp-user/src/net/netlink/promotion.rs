//! `promote_secondaries`: interfaces on which the removal of an IPv4 subnet's first address leaves
//! its others in place, for as long as that is wanted.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    event::{Event, Events},
    links::Links,
    requests::Promote,
};

/// What is wanted, and what has been done about it.
#[derive(Debug, Default)]
pub(super) struct Promotion {
    wanted: BTreeSet<String>,
    /// The index that each wanted interface had when it was looked at.
    seen: BTreeMap<String, u32>,
    /// Those on which it was off.
    switched: BTreeMap<String, u32>,
}

impl Promotion {
    /// Wants it on these interfaces and on no others. `inherited` are those of them on which another
    /// process has switched it on, in whose place this one is.
    pub(super) fn want(
        &mut self,
        names: BTreeSet<String>,
        inherited: &BTreeSet<String>,
        links: &Links,
    ) {
        for name in inherited {
            if let Some(index) = links.index_of(name) {
                self.switched.insert(name.clone(), index);
            }
        }
        self.wanted = names;
        let wanted = &self.wanted;
        self.seen.retain(|name, _| wanted.contains(name));
    }

    /// Leaves everything as it is.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Does what is wanted, as far as the interfaces are there. One that is looked at again is one
    /// that was created anew.
    pub(super) async fn reconcile<K: Promote>(
        &mut self,
        links: &Links,
        kernel: &mut K,
        events: &Events,
    ) {
        for name in &self.wanted {
            let Some(index) = links.index_of(name) else { continue };
            if self.seen.insert(name.clone(), index) == Some(index)
                || kernel.is_promoting(name) != Some(false)
            {
                continue;
            }
            match kernel.promote(index, true).await {
                Ok(()) => {
                    self.switched.insert(name.clone(), index);
                    events.tell(Event::Promoting { device: name.clone() });
                }
                Err(error) => {
                    tracing::warn!(interface = %name, %error, "{name}: promote_secondaries cannot be switched on: {error}");
                }
            }
        }
        let unwanted: Vec<String> =
            self.switched.keys().filter(|name| !self.wanted.contains(*name)).cloned().collect();
        for name in unwanted {
            self.restore(&name, links, kernel).await;
        }
    }

    /// Switches it off wherever it was.
    pub(super) async fn release<K: Promote>(&mut self, links: &Links, kernel: &mut K) {
        self.wanted.clear();
        for name in self.switched.keys().cloned().collect::<Vec<_>>() {
            self.restore(&name, links, kernel).await;
        }
    }

    async fn restore<K: Promote>(&mut self, name: &str, links: &Links, kernel: &mut K) {
        let Some(index) = self.switched.remove(name) else { return };
        if links.by_index(index).is_none() {
            return;
        }
        if let Err(error) = kernel.promote(index, false).await {
            tracing::warn!(interface = %name, %error, "{name}: promote_secondaries stays on: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use rtnetlink::packet_route::link::LinkFlags;
    use tokio::sync::mpsc;

    use super::*;
    use crate::net::netlink::{error::RequestError, notification::LinkReport};

    /// Interfaces by index, with whether it is on; all are called `ethINDEX`.
    #[derive(Default)]
    struct Kernel(BTreeMap<u32, bool>);

    impl Promote for Kernel {
        fn is_promoting(&self, name: &str) -> Option<bool> {
            self.0.get(&name.strip_prefix("eth")?.parse().ok()?).copied()
        }

        async fn promote(&mut self, index: u32, on: bool) -> Result<(), RequestError> {
            self.0.insert(index, on);
            Ok(())
        }
    }

    fn links(indices: &[u32]) -> Links {
        let mut links = Links::default();
        for &index in indices {
            let name = Some(format!("eth{index}"));
            links.update(LinkReport { name, ..LinkReport::new(index, LinkFlags::Up) });
        }
        links
    }

    fn names(indices: &[u32]) -> BTreeSet<String> {
        indices.iter().map(|index| format!("eth{index}")).collect()
    }

    fn reconcile(promotion: &mut Promotion, links: &Links, kernel: &mut Kernel) -> usize {
        let (sender, mut told) = mpsc::unbounded_channel();
        let events = Events(sender);
        promotion.reconcile(links, kernel, &events).now_or_never().unwrap();
        std::iter::from_fn(|| told.try_recv().ok()).count()
    }

    #[test]
    fn what_was_off_is_off_again_and_what_was_on_stays_on() {
        let mut kernel = Kernel(BTreeMap::from([(2, false), (3, true)]));
        let mut promotion = Promotion::default();
        let both = links(&[2, 3]);
        promotion.want(names(&[2, 3, 4]), &BTreeSet::new(), &both);
        assert_eq!(reconcile(&mut promotion, &both, &mut kernel), 1);
        assert_eq!(kernel.0, BTreeMap::from([(2, true), (3, true)]));
        // One more interface comes.
        kernel.0.insert(4, false);
        let all = links(&[2, 3, 4]);
        assert_eq!(reconcile(&mut promotion, &all, &mut kernel), 1);
        promotion.want(names(&[3, 4]), &BTreeSet::new(), &all);
        assert_eq!(reconcile(&mut promotion, &all, &mut kernel), 0);
        assert_eq!(kernel.0, BTreeMap::from([(2, false), (3, true), (4, true)]));
        promotion.release(&all, &mut kernel).now_or_never().unwrap();
        assert_eq!(kernel.0, BTreeMap::from([(2, false), (3, true), (4, false)]));
    }

    #[test]
    fn an_heir_restores_what_the_other_process_found() {
        let mut kernel = Kernel(BTreeMap::from([(2, true), (3, true)]));
        let links = links(&[2, 3]);
        let mut promotion = Promotion::default();
        promotion.want(names(&[2, 3]), &names(&[2]), &links);
        assert_eq!(reconcile(&mut promotion, &links, &mut kernel), 0);
        promotion.release(&links, &mut kernel).now_or_never().unwrap();
        assert_eq!(kernel.0, BTreeMap::from([(2, false), (3, true)]));
        promotion.want(names(&[3]), &names(&[3]), &links);
        promotion.forget();
        promotion.release(&links, &mut kernel).now_or_never().unwrap();
        assert_eq!(kernel.0, BTreeMap::from([(2, false), (3, true)]));
    }
}
