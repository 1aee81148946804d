//! What has to happen so that one configuration becomes another: what a reload does, and what
//! `vrrp reload --dry-run` shows.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Serialize};

use super::{
    model::{Config, Instance, Transport},
    outline::{self, Block, Line},
};

/// The difference between two configurations. Both what is done and what is shown follow from it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Plan {
    /// What differs, in the words of the file: never nothing, unless the two are equal.
    pub changes: Vec<Change>,
    /// What becomes of the instances by name. Those that are not named stay as they are.
    pub instances: BTreeMap<String, Fate>,
}

/// What becomes of an instance.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fate {
    /// It is new.
    Added,
    /// It stops.
    Removed,
    /// It goes on, with something else.
    Changed,
    /// It stops, and starts as another virtual router.
    Restarted,
}

/// One thing that differs.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Change {
    /// The block, such as `vrrp_instance VI_1` or `global_defs`.
    pub block: String,
    /// The keyword in it; absent if the whole block is meant.
    pub keyword: Option<String>,
    /// What becomes of it.
    pub change: Kind,
    /// What stood behind the keyword. Secrets are not shown.
    pub old: Option<String>,
    /// What stands behind the keyword.
    pub new: Option<String>,
}

/// What becomes of a block or a line.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It comes.
    Added,
    /// It goes.
    Removed,
    /// It says something else.
    Changed,
    /// The instance stops and starts as another virtual router.
    Restarted,
}

impl Change {
    fn whole(block: &str, change: Kind) -> Self {
        Self { block: block.to_owned(), keyword: None, change, old: None, new: None }
    }

    /// What differs, without the block.
    #[must_use]
    pub fn in_its_block(&self) -> String {
        let keyword = self.keyword.as_deref().unwrap_or_default();
        let line = |words: &Option<String>| {
            format!("{keyword} {}", words.as_deref().unwrap_or_default()).trim().to_owned()
        };
        match (&self.keyword, self.change) {
            (None, Kind::Added) => "added".to_owned(),
            (None, Kind::Removed) => "removed".to_owned(),
            (None, Kind::Changed) => "its lines are in another order".to_owned(),
            (None, Kind::Restarted) => "stops, and starts as another virtual router".to_owned(),
            (Some(_), Kind::Added) => format!("+ {}", line(&self.new)),
            (Some(_), Kind::Removed) => format!("- {}", line(&self.old)),
            (Some(_), Kind::Changed | Kind::Restarted) => {
                format!("~ {} -> {}", line(&self.old), self.new.as_deref().unwrap_or_default())
            }
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.block, self.in_its_block())
    }
}

impl Plan {
    /// What has to happen so that `old` becomes `new`.
    #[must_use]
    pub fn between(old: &Config, new: &Config) -> Self {
        let mut plan = Self::default();
        if old == new {
            return plan;
        }
        plan.compare_blocks(&outline::blocks(old), &outline::blocks(new));
        let mut before: BTreeMap<&str, &Instance> =
            old.instances.iter().map(|instance| (instance.name.as_str(), instance)).collect();
        for instance in &new.instances {
            plan.compare_instances(before.remove(instance.name.as_str()), instance);
        }
        for name in before.into_keys() {
            plan.changes.push(Change::whole(&title(name), Kind::Removed));
            plan.instances.insert(name.to_owned(), Fate::Removed);
        }
        if plan.changes.is_empty() {
            plan.changes.push(Change::whole("the file", Kind::Changed));
        }
        plan
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    fn compare_blocks(&mut self, old: &[Block], new: &[Block]) {
        let find =
            |blocks: &'_ [Block], title: &str| blocks.iter().position(|block| block.title == title);
        for block in new {
            match find(old, &block.title).and_then(|index| old.get(index)) {
                Some(before) => self.changes.extend(compare(
                    &block.title,
                    before.lines.clone(),
                    block.lines.clone(),
                )),
                None => self.changes.push(Change::whole(&block.title, Kind::Added)),
            }
        }
        for block in old.iter().filter(|block| find(new, &block.title).is_none()) {
            self.changes.push(Change::whole(&block.title, Kind::Removed));
        }
    }

    fn compare_instances(&mut self, old: Option<&Instance>, new: &Instance) {
        let title = title(&new.name);
        let fate = match old {
            Some(old) if old == new => return,
            Some(old) => {
                let is_same = is_same_router(old, new);
                if !is_same {
                    self.changes.push(Change::whole(&title, Kind::Restarted));
                }
                let lines =
                    compare(&title, outline::instance_lines(old), outline::instance_lines(new));
                if lines.is_empty() {
                    self.changes.push(Change::whole(&title, Kind::Changed));
                }
                self.changes.extend(lines);
                if is_same { Fate::Changed } else { Fate::Restarted }
            }
            None => {
                self.changes.push(Change::whole(&title, Kind::Added));
                Fate::Added
            }
        };
        self.instances.insert(new.name.clone(), fate);
    }
}

fn title(name: &str) -> String {
    format!("vrrp_instance {name}")
}

/// Whether two instances are the same virtual router on the wire, so that one can go on as the other.
fn is_same_router(old: &Instance, new: &Instance) -> bool {
    let is_unicast = |it: &Instance| matches!(it.transport, Transport::Unicast(_));
    (&old.interface, old.vrid, old.family, old.version, old.virtual_mac, is_unicast(old))
        == (&new.interface, new.vrid, new.family, new.version, new.virtual_mac, is_unicast(new))
}

/// What differs between the lines of a block. One line for another of the same keyword is a change.
fn compare(block: &str, mut old: Vec<Line>, mut new: Vec<Line>) -> Vec<Change> {
    new.retain(|line| match old.iter().position(|other| other == line) {
        Some(index) => {
            old.remove(index);
            false
        }
        None => true,
    });
    let mut keywords = BTreeSet::new();
    let in_order: Vec<&'static str> = old
        .iter()
        .chain(&new)
        .map(|line| line.keyword)
        .filter(|keyword| keywords.insert(*keyword))
        .collect();
    let mut changes = Vec::new();
    for keyword in in_order {
        let of = |lines: &[Line]| -> Vec<String> {
            let lines = lines.iter().filter(|line| line.keyword == keyword);
            lines.map(|line| line.shown.clone()).collect()
        };
        let change = |change, old: Option<String>, new: Option<String>| Change {
            block: block.to_owned(),
            keyword: Some(keyword.to_owned()),
            change,
            old,
            new,
        };
        match (of(&old).as_slice(), of(&new).as_slice()) {
            ([old], [new]) => {
                changes.push(change(Kind::Changed, Some(old.clone()), Some(new.clone())));
            }
            (old, new) => {
                let gone = old.iter().map(|old| change(Kind::Removed, Some(old.clone()), None));
                changes.extend(gone);
                let come = new.iter().map(|new| change(Kind::Added, None, Some(new.clone())));
                changes.extend(come);
            }
        }
    }
    changes
}

#[cfg(test)]
mod tests;
