//! `track_file`, `vrrp_track_process` and `bfd_instance`: what instances and groups can track. They
//! may stand before or after those in the file.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
};

use super::{Builder, Weight, numbers::NumberError, process::signed, track::ByName};
use crate::config::{
    Code, Diagnostic, Span,
    diagnostics::quoted,
    keywords::Context,
    lexer::Word,
    model::{
        script::Check,
        tracking::{BfdInstance, InitFile, TrackFile, Tracked, Trackers},
    },
    parser::Statement,
};

/// What there is to track, apart from interfaces.
#[derive(Default)]
pub(super) struct Definitions {
    pub(super) trackers: Trackers,
    weights: HashMap<Tracked, Weight>,
    /// Those that are in the file but cannot be tracked, of which has been told.
    unusable: HashSet<Tracked>,
}

impl Definitions {
    /// The thing's own weight, if it is to be had.
    pub(super) fn weight_of(&self, what: &Tracked) -> Option<Weight> {
        match what {
            Tracked::Interface(_) => Some(Weight::default()),
            what => self.weights.get(what).copied(),
        }
    }

    /// Whether it has been told why it cannot be tracked.
    pub(super) fn is_unusable(&self, what: &Tracked) -> bool {
        self.unusable.contains(what)
    }

    /// The names of that kind, in order.
    pub(super) fn names(&self, kind: &str) -> Vec<&str> {
        let all = self.weights.keys().chain(&self.unusable);
        let mut names: Vec<&str> =
            all.filter(|what| what.kind() == kind).map(Tracked::name).collect();
        names.sort_unstable();
        names
    }
}

impl Builder<'_> {
    /// All there is to track in the file, given what is asked again and again.
    pub(super) fn trackers(&mut self, tree: &[Statement<'_>], checks: &[Check]) -> Definitions {
        let mut all = Definitions::default();
        let mut spans = HashMap::new();
        for statement in tree {
            let what: ByName = match &*statement.keyword.text {
                "track_file" | "vrrp_track_file" => Tracked::File,
                "vrrp_track_process" | "track_process" => Tracked::Process,
                "bfd_instance" => Tracked::Bfd,
                "vrrp_script" => {
                    let name = statement.words.first().map(|name| name.text.clone().into_owned());
                    all.unusable.extend(name.map(Tracked::Script));
                    continue;
                }
                _ => continue,
            };
            let Some(name) = statement.words.first() else {
                self.missing_argument(statement, "a name");
                continue;
            };
            self.no_more_words(statement, 1);
            let what = what(name.text.clone().into_owned());
            if let Some(&first) = spans.get(&what) {
                self.defined_twice(&what, name, first);
                continue;
            }
            spans.insert(what.clone(), name.span);
            let weight = match &what {
                Tracked::File(_) => self.track_file(statement, name).map(|it| {
                    all.trackers.files.push(it.clone());
                    it.weight
                }),
                Tracked::Process(_) => self.track_process(statement, name).map(|it| {
                    all.trackers.processes.push(it.clone());
                    it.weight
                }),
                _ => self.bfd_instance(statement, name).map(|it| {
                    all.trackers.bfd_instances.push(it.clone());
                    it.weight
                }),
            };
            match weight {
                Some(weight) => drop(all.weights.insert(what, weight)),
                None => drop(all.unusable.insert(what)),
            }
        }
        for check in checks {
            let what = Tracked::Script(check.name.clone());
            all.unusable.remove(&what);
            all.weights.insert(what, check.weight);
        }
        all
    }

    fn track_file(&mut self, statement: &Statement<'_>, name: &Word<'_>) -> Option<TrackFile> {
        let (mut path, mut init) = (None, None);
        let mut weight = Weight { points: 1, reverse: false };
        let mut seen = HashMap::new();
        for inner in self.block(statement)? {
            self.once(Context::TrackFile, &mut seen, inner);
            match &*inner.keyword.text {
                "file" => path = self.path(inner).or(path),
                "weight" => weight = self.own_weight(inner, 254).unwrap_or(weight),
                "init_file" => init = Some(self.init_file(inner)),
                _ => self.not_done(Context::TrackFile, inner),
            }
        }
        if path.is_none() {
            self.lacks(name, "track file", "file \"/run/some/file\"");
        }
        Some(TrackFile { name: name.text.clone().into_owned(), path: path?, weight, init })
    }

    fn bfd_instance(&mut self, statement: &Statement<'_>, name: &Word<'_>) -> Option<BfdInstance> {
        let mut state_file = None;
        let mut weight = Weight::default();
        let mut seen = HashMap::new();
        for inner in self.block(statement)? {
            self.once(Context::Bfd, &mut seen, inner);
            match &*inner.keyword.text {
                "state_file" => state_file = self.path(inner).or(state_file),
                "weight" => weight = self.own_weight(inner, 253).unwrap_or(weight),
                _ => self.not_done(Context::Bfd, inner),
            }
        }
        if state_file.is_none() {
            self.sink.push(
                Diagnostic::warning(
                    Code::UnsupportedKeyword,
                    name.span,
                    format!("no session is run for {}", quoted(&name.text)),
                )
                .label("what tracks it does not depend on it")
                .help(
                    "have a BFD daemon such as FRR's bfdd run it, and write `up` or `down` to a \
                     file that `state_file` names here",
                ),
            );
        }
        let name = name.text.clone().into_owned();
        Some(BfdInstance { name, state_file: state_file?, weight })
    }

    /// A path, from the root on.
    fn path(&mut self, statement: &Statement<'_>) -> Option<PathBuf> {
        let word = self.one_word(statement, "the path of a file")?;
        let path = PathBuf::from(&*word.text);
        if !path.is_absolute() {
            self.sink.push(
                Diagnostic::error(
                    Code::BadValue,
                    word.span,
                    format!("{} does not begin with `/`", quoted(&word.text)),
                )
                .label("ignored")
                .help("write the whole path: where the daemon is started does not matter then"),
            );
            return None;
        }
        Some(path)
    }

    /// `init_file [VALUE] [overwrite]`
    fn init_file(&mut self, statement: &Statement<'_>) -> InitFile {
        self.no_block(statement);
        let mut init = InitFile { value: 0, overwrite: false };
        for word in &statement.words {
            if word.text == "overwrite" {
                init.overwrite = true;
                continue;
            }
            let number = signed(&word.text)
                .and_then(|number| i32::try_from(number).map_err(|_| NumberError::OutOfRange));
            match number {
                Ok(value) => init.value = value,
                Err(error) => {
                    let range = "-2147483648 to 2147483647, or `overwrite`";
                    self.bad_number(word, error, range, "0 is written to the file");
                }
            }
        }
        init
    }

    /// Something without which it cannot be tracked.
    pub(super) fn lacks(&mut self, name: &Word<'_>, what: &str, example: &str) {
        self.sink.push(
            Diagnostic::error(
                Code::Tracking,
                name.span,
                format!("{what} {} names nothing to watch", quoted(&name.text)),
            )
            .label("skipped")
            .help(format!("add `{example}`"))
            .note("keepalived skips it too: what tracks it does not depend on it"),
        );
    }

    fn defined_twice(&mut self, what: &Tracked, name: &Word<'_>, first: Span) {
        let at = self.line(first);
        self.sink.push(
            Diagnostic::error(
                Code::Tracking,
                name.span,
                format!("{} {} is defined before", what.kind(), quoted(what.name())),
            )
            .label("skipped")
            .help("give each its own name")
            .note(format!("the first is on line {at}; it is the one that is tracked")),
        );
    }
}
