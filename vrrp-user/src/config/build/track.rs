//! `track_interface`, `track_script`, `track_file`, `track_process` and `track_bfd`, line by line.

use super::{Builder, Weight, numbers::NumberError, process::signed};
use crate::config::{
    Code, Diagnostic, Span,
    diagnostics::quoted,
    keywords::{self, Context},
    lexer::Word,
    model::tracking::Tracked,
    parser::Statement,
};

/// A line that names something to track.
#[derive(Clone, Debug)]
pub(super) struct TrackLine {
    pub(super) what: Tracked,
    /// Where the name stands.
    pub(super) span: Span,
    /// `weight`, if the line gives one.
    pub(super) points: Option<i16>,
    /// `reverse` or `noreverse`, if the line says either.
    pub(super) reverse: Option<bool>,
}

/// What is tracked by its name.
pub(super) type ByName = fn(String) -> Tracked;

/// The constructor of what a block's lines name, and the greatest weight that they take.
fn kind(keyword: &str) -> Option<(ByName, i16)> {
    Some(match keyword {
        "track_interface" => (Tracked::Interface, 253),
        "track_script" => (Tracked::Script, 253),
        "track_file" => (Tracked::File, 254),
        "track_process" => (Tracked::Process, 254),
        "track_bfd" => (Tracked::Bfd, 253),
        _ => return None,
    })
}

impl Builder<'_> {
    /// Takes a block of an instance or sync group. False if its keyword is none of these.
    pub(super) fn track_block(
        &mut self,
        statement: &Statement<'_>,
        lines: &mut Vec<TrackLine>,
    ) -> bool {
        let Some((what, most)) = kind(&statement.keyword.text) else { return false };
        self.no_more_words(statement, 0);
        for line in self.block(statement).unwrap_or_default() {
            let Some(line) = self.track_line(line, what, most) else { continue };
            match lines.iter().find(|other| other.what == line.what).map(|other| other.span) {
                Some(first) => self.tracked_twice(&line, first),
                None => lines.push(line),
            }
        }
        true
    }

    fn track_line(&mut self, line: &Statement<'_>, what: ByName, most: i16) -> Option<TrackLine> {
        self.no_block(line);
        let what = what(line.keyword.text.clone().into_owned());
        if let Tracked::Interface(_) = what {
            self.interface_name(&line.keyword)?;
        }
        let mut track = TrackLine { what, span: line.keyword.span, points: None, reverse: None };
        let mut words = line.words.iter();
        while let Some(word) = words.next() {
            match &*word.text {
                "weight" => match words.next() {
                    Some(number) => track.points = self.points(number, most).or(track.points),
                    None => self.missing_word(word, "a number"),
                },
                "reverse" => track.reverse = Some(true),
                "noreverse" | "no_reverse" => track.reverse = Some(false),
                _ => self.no_track_option(word),
            }
        }
        Some(track)
    }

    /// `weight NUMBER [reverse]` of a thing itself.
    pub(super) fn own_weight(&mut self, statement: &Statement<'_>, most: i16) -> Option<Weight> {
        self.no_block(statement);
        let Some(number) = statement.words.first() else {
            self.missing_argument(statement, "a number");
            return None;
        };
        let points = self.points(number, most)?;
        let mut reverse = false;
        for word in statement.words.iter().skip(1) {
            match &*word.text {
                "reverse" => reverse = true,
                "noreverse" | "no_reverse" => reverse = false,
                _ => self.no_track_option(word),
            }
        }
        Some(Weight { points, reverse })
    }

    /// keepalived takes 254 for 253 where that is the greatest.
    fn points(&mut self, word: &Word<'_>, most: i16) -> Option<i16> {
        let text = word.text.strip_prefix('+').unwrap_or(&word.text);
        let number = signed(text).and_then(|number| {
            let points = i16::try_from(number).map_err(|_| NumberError::OutOfRange)?;
            if (-254..=254).contains(&points) { Ok(points) } else { Err(NumberError::OutOfRange) }
        });
        match number {
            Ok(points) if points.abs() > most => {
                self.sink.push(
                    Diagnostic::warning(
                        Code::BadNumber,
                        word.span,
                        format!("a weight of {points} is too much here"),
                    )
                    .help(format!("write a number from -{most} to {most}"))
                    .note(format!("{} is used, as keepalived does", points.clamp(-most, most))),
                );
                Some(points.clamp(-most, most))
            }
            Ok(points) => Some(points),
            Err(error) => {
                let range = format!("-{most} to {most}");
                self.bad_number(word, error, &range, "the weight is the usual one");
                None
            }
        }
    }

    fn no_track_option(&mut self, word: &Word<'_>) {
        let near = keywords::nearest(Context::Track, &word.text);
        self.sink.push(
            Diagnostic::error(
                Code::Tracking,
                word.span,
                format!("{} is no word about what is tracked", quoted(&word.text)),
            )
            .label("ignored")
            .help(near.map_or_else(
                || "write one name on each line, and `weight NUMBER [reverse]` after it".to_owned(),
                |near| format!("did you mean `{near}`?"),
            )),
        );
    }

    fn tracked_twice(&mut self, line: &TrackLine, first: Span) {
        let at = self.line(first);
        self.sink.push(
            Diagnostic::error(
                Code::Tracking,
                line.span,
                format!("{} {} is tracked before", line.what.kind(), quoted(line.what.name())),
            )
            .label("ignored")
            .help("remove one of the lines")
            .note(format!("the first is on line {at}; keepalived ignores this one too")),
        );
    }
}
