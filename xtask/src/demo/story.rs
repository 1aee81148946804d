//! Telling what happens, when it happens, in lines that a reader can follow.

use std::{
    env,
    io::{self, IsTerminal, Write},
    time::Instant,
};

/// The teller: stamps every line with the seconds since the beginning.
pub(super) struct Story {
    started: Instant,
    colour: bool,
    chapter: u32,
}

#[derive(Clone, Copy)]
enum Tone {
    Chapter,
    Plain,
    Proven,
    Failed,
    Quoted,
}

impl Story {
    pub(super) fn new() -> Self {
        let wanted = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && env::var_os("TERM").is_none_or(|value| value != "dumb");
        Self { started: Instant::now(), colour: wanted && io::stdout().is_terminal(), chapter: 0 }
    }

    /// Begins the next part.
    pub(super) fn chapter(&mut self, title: &str) {
        self.chapter += 1;
        self.line(Tone::Plain, "", "");
        self.line(Tone::Chapter, &self.clock(), &format!("{}. {title}", self.chapter));
    }

    /// Something that is being done, or was seen.
    pub(super) fn tell(&self, text: &str) {
        self.line(Tone::Plain, &self.clock(), text);
    }

    /// Something that was checked and is so.
    pub(super) fn proven(&self, text: &str) {
        self.line(Tone::Proven, &self.clock(), &format!("ok: {text}"));
    }

    /// What ended the story early.
    pub(super) fn failed(&self, error: &anyhow::Error) {
        self.line(Tone::Failed, &self.clock(), &format!("FAILED: {error:#}"));
    }

    /// A command typed on a machine, and what it printed.
    pub(super) fn quote(&self, machine: &str, command: &str, output: &str) {
        self.line(Tone::Plain, "", &format!("{machine}# {command}"));
        self.lines(output);
    }

    /// Lines that somebody else wrote.
    pub(super) fn lines(&self, text: &str) {
        for line in text.lines() {
            self.line(Tone::Quoted, "", &format!("  {line}"));
        }
    }

    fn clock(&self) -> String {
        format!("{:.3}", self.started.elapsed().as_secs_f64())
    }

    fn line(&self, tone: Tone, clock: &str, text: &str) {
        let paint = match tone {
            Tone::Chapter => "1",
            Tone::Plain => "0",
            Tone::Proven => "32",
            Tone::Failed => "1;31",
            Tone::Quoted => "2",
        };
        let line = match (text.is_empty(), self.colour) {
            (true, _) => String::new(),
            (false, true) => format!("{clock:>8}  \x1b[{paint}m{text}\x1b[0m"),
            (false, false) => format!("{clock:>8}  {text}"),
        };
        // A reader who has gone away (`| head`) is no reason to leave the lab standing.
        let _ = writeln!(io::stdout().lock(), "{line}");
    }
}
