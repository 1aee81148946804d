//! The interfaces whose changes are reported.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    event::{Event, Events},
    link::Link,
    links::Links,
};

/// The watched names and what was last told about each.
#[derive(Debug, Default)]
pub(super) struct Watch {
    told: BTreeMap<String, Told>,
}

#[derive(Debug, Eq, PartialEq)]
enum Told {
    Nothing,
    Absent,
    Present(Link),
}

impl Watch {
    /// Watches exactly `names`, and tells next time about each that was not watched.
    pub(super) fn replace(&mut self, names: BTreeSet<String>) {
        let mut before = std::mem::take(&mut self.told);
        let told = |name: String| {
            let told = before.remove(&name).unwrap_or(Told::Nothing);
            (name, told)
        };
        self.told = names.into_iter().map(told).collect();
    }

    /// Reports what differs from what was last told.
    pub(super) fn report(&mut self, links: &mut Links, events: &Events) {
        for (name, told) in &mut self.told {
            let link = links.get_in_full(name);
            let same = match (&*told, link) {
                (Told::Absent, None) => true,
                (Told::Present(told), Some(link)) => told == link,
                _ => false,
            };
            if !same {
                *told = link.map_or(Told::Absent, |link| Told::Present(link.clone()));
                events.tell(Event::Link { name: name.clone(), link: link.cloned() });
            }
        }
    }
}
