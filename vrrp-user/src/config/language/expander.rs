//! Goes through the files line by line.

mod feed;
mod including;
mod listing;
mod statement;

use std::rc::Rc;

use feed::{Collected, Feed};

use super::{
    ConfigId, MainFile,
    condition::{Condition, condition},
    definitions::{self, BuiltIn, Definitions, Use, Value},
    include,
    line::{self, BLANKS, Code},
    sequence,
};
use crate::config::{
    Code as Kind, Diagnostic, Source, Span,
    diagnostics::Sink,
    source::{FileSpan, Origin, SourceFile, Traced},
    suggest,
};

/// More files are no configuration.
pub(crate) const MAX_FILES: usize = 1000;

/// How many files may include one another in a row.
pub(crate) const MAX_INCLUDES: usize = 32;

/// How many lists, definitions and files may stand within each other.
const MAX_FEEDS: usize = 128;

/// How much text all lines and what is put into them may make, in bytes, with what it takes to
/// know where that comes from. 4,096 routers from one definition need a third. (A debug build is
/// slow.)
const MAX_WORK: usize = if cfg!(test) { 2 } else { 64 } * 1024 * 1024;

/// How long a line may get by what is put into it, in bytes.
const MAX_LINE: usize = 64 * 1024;

/// How often something may be put into one line.
const MAX_SUBSTITUTIONS: usize = 1000;

/// Makes one text of a file and all that it includes and defines.
pub(crate) fn expand(main: &MainFile<'_>, id: &ConfigId, sink: &mut Sink) -> Source {
    let mut expander = Expander::new(id, sink);
    expander.open_main(main);
    expander.run();
    expander.finish()
}

/// Something that is put in by a name that nothing defines.
struct Undefined {
    name: String,
    span: Span,
}

struct Expander<'a> {
    id: &'a ConfigId,
    sink: &'a mut Sink,
    files: Vec<SourceFile>,
    /// Where lines come from; the last one gives the next line.
    feeds: Vec<Feed>,
    definitions: Definitions,
    /// A definition that goes on in the next line.
    collected: Option<Collected>,
    out: Traced,
    undefined: Vec<Undefined>,
    random: fastrand::Rng,
    /// The bytes of all the files.
    size: u64,
    work: usize,
    stopped: bool,
}

impl<'a> Expander<'a> {
    fn new(id: &'a ConfigId, sink: &'a mut Sink) -> Self {
        Self {
            id,
            sink,
            files: Vec::new(),
            feeds: Vec::new(),
            definitions: Definitions::new(),
            collected: None,
            out: Traced::default(),
            undefined: Vec::new(),
            random: fastrand::Rng::new(),
            size: 0,
            work: 0,
            stopped: false,
        }
    }

    fn run(&mut self) {
        while !self.stopped {
            let line = match self.feeds.last_mut() {
                None => break,
                Some(Feed::File(_)) => self.file_line(),
                Some(Feed::Lines { lines, next }) => {
                    let line = lines.get(*next).cloned();
                    *next += 1;
                    if *next >= lines.len() {
                        self.feeds.pop();
                    }
                    line
                }
                Some(Feed::Rest(rest)) => {
                    let rest = std::mem::take(rest);
                    self.feeds.pop();
                    Some(rest)
                }
                Some(Feed::List(_)) => self.list_line(),
            };
            if let Some(line) = line {
                self.line(line);
            }
        }
    }

    /// The text, and what can only be said when it is known what is secret.
    fn finish(self) -> Source {
        let source = Source::expanded(self.files, self.out);
        for Undefined { name, span } in self.undefined {
            let secret = source.is_secret(span);
            let what = if secret { "this name".to_owned() } else { format!("`${{{name}}}`") };
            let mut diagnostic = Diagnostic::fatal(
                Kind::Definition,
                span,
                format!("nothing defines {what}, not even an empty value"),
            )
            .note("keepalived leaves it as it is, and takes the braces for a block");
            let known = self.definitions.names();
            if let Some(near) = suggest::nearest(&name, known).filter(|_| !secret) {
                diagnostic = diagnostic.help(format!("did you mean `${{{near}}}`?"));
            } else {
                diagnostic = diagnostic.help("define it before this line, as `$NAME=text`");
            }
            self.sink.push(diagnostic);
        }
        source
    }

    /// The next line of the innermost file, unless nothing more has to be done about it.
    fn file_line(&mut self) -> Option<Traced> {
        let Some(Feed::File(open)) = self.feeds.last_mut() else {
            return None;
        };
        let id = open.file;
        let text = self.files.get(id.index()).map_or("", SourceFile::text);
        let start = open.at;
        let rest = text.get(start..).unwrap_or_default();
        let length = rest.find('\n').map_or(rest.len(), |at| at + 1);
        open.at += length;
        if length == 0 {
            self.feeds.pop();
            self.end_definition();
            return None;
        }
        let line = rest.get(..length).unwrap_or_default();
        let whole = FileSpan::new(id, start, start + length);
        if self.collected.is_none() && !concerns(line) {
            self.out.push(line, Origin::copy(whole));
            if !line.ends_with('\n') {
                self.out.push_mark('\n');
            }
            return None;
        }
        let bare = line.trim_end_matches(['\n', '\r']);
        let line = Traced::of(bare, Origin::copy(FileSpan::new(id, start, start + bare.len())));
        if self.collected.is_none() {
            return Some(line);
        }
        self.collect(&line);
        None
    }

    /// Counts what is done, and says whether there is too much of it.
    fn overworked(&mut self, work: usize) -> bool {
        self.work = self.work.saturating_add(work);
        if self.work > MAX_WORK {
            self.stop(Span::new(self.out.len(), self.out.len()), "this makes more text than fits");
        }
        self.stopped
    }

    /// Gives up on the rest.
    fn stop(&mut self, span: Span, what: &str) {
        if !self.stopped {
            self.sink.push(
                Diagnostic::fatal(Kind::Expansion, span, what)
                    .help(
                        "look for a definition that is used in itself, or a list that is too long",
                    )
                    .note("nothing after this point was read"),
            );
        }
        self.stopped = true;
    }

    fn line(&mut self, mut line: Traced) {
        loop {
            if self.overworked(line.weight() + 1) {
                // A secret must be found in what is left of it.
                self.comment(&line);
                return;
            }
            let blanks = line::leading_blanks(line.text());
            line = line.slice(blanks..line.len());
            let code = line::code(line.text());
            if code.end == 0 && !code.breaks_off() {
                break;
            }
            let statement = line.text().get(..code.end).unwrap_or_default();
            match condition(statement, self.id) {
                None => {}
                // Another one after it is none, as in keepalived.
                Some(Condition::Holds(rest)) => line = line.slice(rest..line.len()),
                Some(condition) => {
                    let span = self.comment(&line);
                    if condition == Condition::Empty {
                        self.empty_condition(Span::new(span.start, span.start + code.end));
                    }
                    return;
                }
            }
            if self.is_done(&line) {
                return;
            }
            if !self.substitute(&mut line) {
                break;
            }
        }
        self.emit(&line);
    }

    /// Does what a line says that is a definition or a list.
    fn is_done(&mut self, line: &Traced) -> bool {
        let code = line::code(line.text());
        let statement = line.text().get(..code.end).unwrap_or_default();
        if let Some((name, text)) = definitions::definition(statement) {
            let name = name.to_owned();
            self.define(&name, text, code, line);
            return true;
        }
        if let Some(written) = sequence::written(statement) {
            self.list(written, code, line);
            return true;
        }
        false
    }

    fn empty_condition(&mut self, span: Span) {
        self.sink.push(
            Diagnostic::warning(Kind::Condition, span, "nothing follows this condition")
                .label("ignored")
                .help("write what goes for this node on the same line"),
        );
    }

    fn define(&mut self, name: &str, text: usize, code: Code, line: &Traced) {
        let span = self.comment(line);
        if let Some(cut) = code.cut() {
            let at = span.start + cut;
            self.sink.push(
                Diagnostic::warning(
                    Kind::Definition,
                    Span::new(at, at + 1),
                    "this definition ends before the comment that starts here",
                )
                .help("put the value in double quotes, or a space before the comment"),
            );
        }
        let mut collected = Collected { name: name.to_owned(), lines: Vec::new() };
        collected.add(line.slice(text..code.end));
        self.collected = Some(collected);
        if !code.continues {
            self.end_definition();
        }
    }

    /// Adds a line of a file to a definition that goes on. An empty one ends it, and so does one
    /// that holds nothing but a comment: keepalived's second reading of the file sees no difference.
    fn collect(&mut self, line: &Traced) {
        if self.overworked(line.weight() + 1) {
            return;
        }
        let code = line::code(line.text());
        let blanks = line::leading_blanks(line.text()).min(code.end);
        self.comment(line);
        if let Some(collected) = &mut self.collected {
            collected.add(line.slice(blanks..code.end));
        }
        if !code.continues {
            self.end_definition();
        }
    }

    fn end_definition(&mut self) {
        if let Some(collected) = self.collected.take() {
            let (name, value) = collected.finish();
            self.definitions.set(&name, value);
        }
    }

    /// Puts in what is defined, also in what was put in. True if there was anything.
    fn substitute(&mut self, line: &mut Traced) -> bool {
        let mut end = line::code(line.text()).end;
        let mut at = 0;
        let mut times = 0;
        loop {
            let statement = line.text().get(..end).unwrap_or_default();
            let Some(dollar) = statement.get(at..).and_then(|rest| rest.find('$')) else {
                break;
            };
            at += dollar;
            let Some(used) = definitions::use_at(statement, at) else {
                at += 1;
                continue;
            };
            let range = used.range.clone();
            let Some(value) = self.definitions.value(&used, range.end == end) else {
                at += 1;
                continue;
            };
            let text = self.text_of(value, &used, line);
            times += 1;
            if times > MAX_SUBSTITUTIONS || line.len() + text.len() > MAX_LINE {
                let span = self.comment(line);
                self.stop(span, "what is put into this line does not come to an end");
                *line = Traced::default();
                return false;
            }
            if self.overworked(line.weight() + text.weight()) {
                break;
            }
            end = end - range.len() + text.len();
            let is_list = text.text().trim_start_matches(BLANKS).starts_with('~');
            line.substitute(range, &text);
            if is_list {
                break;
            }
        }
        times > 0 && !self.stopped
    }

    /// What to put in for a name. Lines after the first come next.
    fn text_of(&mut self, value: Value, used: &Use<'_>, line: &Traced) -> Rc<Traced> {
        let built_in = match value {
            Value::Text(text) => return text,
            Value::Lines(lines) => {
                let site = line.locate(Span::new(used.range.start, used.range.end)).at;
                let lines: Rc<[Traced]> = lines.iter().map(|line| line.used_at(site)).collect();
                let first = Rc::new(lines.first().cloned().unwrap_or_default());
                self.feed(Feed::Lines { lines, next: 1 });
                return first;
            }
            Value::BuiltIn(built_in) => built_in,
        };
        let site = line.locate(Span::new(used.range.start, used.range.end)).at;
        let text = match built_in {
            BuiltIn::Directory => self.directory_name(),
            BuiltIn::ConfigId => self.id.as_str().to_owned(),
            BuiltIn::Random => self.random_number(used.parameters),
            // An absent variable is as good as an empty one, as in keepalived.
            BuiltIn::Environment => std::env::var(used.parameters.trim()).unwrap_or_default(),
            BuiltIn::Hash => "#".to_owned(),
            BuiltIn::Bang => "!".to_owned(),
        };
        // What the environment holds must not make lines.
        let text: String = text.chars().filter(|character| !character.is_control()).collect();
        Rc::new(Traced::of(&text, Origin::instead(site)))
    }

    fn random_number(&mut self, bounds: &str) -> String {
        let mut bounds =
            bounds.split_ascii_whitespace().map(|word| word.parse().unwrap_or(u32::MAX));
        let least = bounds.next().unwrap_or(0);
        let most = bounds.next().unwrap_or(32767);
        self.random.u32(least..=most.max(least)).to_string()
    }

    fn feed(&mut self, feed: Feed) {
        if self.feeds.len() < MAX_FEEDS {
            self.feeds.push(feed);
        } else {
            let end = self.out.len();
            self.stop(Span::new(end, end), "too much stands within each other here");
        }
    }

    /// Writes a line that has no use any more, for diagnostics to point at. Hands back where it
    /// stands.
    fn comment(&mut self, line: &Traced) -> Span {
        self.out.push_mark('#');
        let start = self.out.len();
        self.out.append(line, 0..line.len());
        let span = Span::new(start, self.out.len());
        self.out.push_mark('\n');
        span
    }

    /// Writes what the lexer is to read, up to the next brace. What follows that is a line of its
    /// own.
    fn emit(&mut self, line: &Traced) {
        let code = line::code(line.text());
        let statement = line.text().get(..code.end).unwrap_or_default();
        if let Some(directive) = include::directive(statement) {
            self.include(directive, code, line);
            return;
        }
        let brace = line::first_brace(statement);
        let end = match brace {
            None => line.len(),
            Some(0) => 1 + line::leading_blanks(line.text().get(1..).unwrap_or_default()),
            Some(brace) => brace,
        };
        let start = self.out.len();
        self.heed(statement.get(..brace.unwrap_or(code.end)).unwrap_or_default(), start);
        self.note_undefined(line.text().get(..end.min(code.end)).unwrap_or_default(), start);
        if brace.is_none() && code.breaks_off() {
            self.continuation(line, code);
            return;
        }
        self.out.append(line, 0..end);
        if end < line.len() {
            self.feed(Feed::Rest(line.slice(end..line.len())));
        } else {
            self.out.push_mark('\n');
        }
    }

    /// keepalived takes the `\` for a part of the last word.
    fn continuation(&mut self, line: &Traced, code: Code) {
        self.out.append(line, 0..code.end);
        self.out.push_mark(' ');
        let span = self.comment(&line.slice(code.end..line.len()));
        self.sink.push(
            Diagnostic::error(
                Kind::Continuation,
                Span::new(span.end.saturating_sub(1).max(span.start), span.end),
                "only a definition goes on after `\\`",
            )
            .label("ignored")
            .help("write it as one line, or define it: `$NAME= \\`")
            .note("keepalived takes the `\\` for a part of the word before it"),
        );
    }
}

/// Whether a line is more than it seems. Most are not, and go as they stand.
fn concerns(line: &str) -> bool {
    line.contains(['$', '@', '~'])
        || line.trim_end_matches(['\n', '\r']).ends_with('\\')
        || line.contains("include")
        || line.contains("random_seed")
}
