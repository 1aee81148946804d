//! From a file or a text to a configuration.

use std::path::Path;

use super::{
    ConfigId, Diagnostic, ReadError, Severity, Source, build,
    diagnostics::Sink,
    file,
    language::{self, MainFile},
    lexer, lints,
    model::Config,
    parser,
};

/// What came of a text: the configuration, unless something fatal was found, and all there is to
/// say about it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration; `None` if keepalived would not start with it, or if running it would put
    /// the cluster at risk.
    pub config: Option<Config>,
    /// What is wrong, in the order of the file. At most 100 errors and 100 warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// How many more there were.
    pub suppressed: usize,
    /// What is right and may surprise, in the order of the file.
    pub notes: Vec<Diagnostic>,
    /// The text that the diagnostics point into, with secrets masked.
    pub source: Source,
}

impl Loaded {
    /// Whether there is any error, fatal or not. A check should then fail, though the daemon may
    /// run.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether there is a configuration to run.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.config.is_some()
    }
}

/// Reads and parses a file and all that it includes, as the node of this id.
///
/// # Errors
/// When there is nothing to parse. Anything wrong with the content is in [`Loaded::diagnostics`].
pub fn load(path: &Path, id: &ConfigId) -> Result<Loaded, ReadError> {
    let content = file::read(path)?;
    let name = path.display().to_string();
    let main = MainFile { name: &name, bytes: &content.bytes, identity: Some(content.identity) };
    Ok(parse_main(&main, id))
}

/// Parses a text, as a node without an id; `name` is what diagnostics call the file, and what it
/// includes is looked for beside that.
#[must_use]
pub fn parse(name: &str, text: &[u8]) -> Loaded {
    parse_main(&MainFile { name, bytes: text, identity: None }, &ConfigId::default())
}

pub(super) fn parse_main(main: &MainFile<'_>, id: &ConfigId) -> Loaded {
    let mut sink = Sink::default();
    let mut source = language::expand(main, id, &mut sink);
    let tokens = lexer::tokenize(&source, &mut sink);
    let tree = parser::parse(tokens, &mut sink);
    let config = build::build(&tree, &source, &mut sink);
    let notes = lints::check(&tree, &mut sink);
    drop(tree);
    source.mask_secrets();
    let (diagnostics, suppressed) = sink.finish();
    Loaded { config, diagnostics, suppressed, notes, source }
}

#[cfg(test)]
mod tests;
