//! `notify_…`, the FIFOs, and what goes for every program. Of a line that stands twice the first
//! counts, as in keepalived.

use std::{collections::HashMap, time::Duration};

use super::{Builder, numbers::integer};
use crate::config::{
    Code, Diagnostic, Span,
    diagnostics::quoted,
    model::{
        notify::{Fifo, Fifos, Notify},
        script::{Command, Scripts, TimedCommand},
    },
    parser::Statement,
};

/// `startup_script` and `shutdown_script` may take so long unless the file says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What a `vrrp_instance` or `vrrp_sync_group` says about who is told.
#[derive(Clone, Debug, Default)]
pub(super) struct NotifyDraft {
    notify: Notify,
    priority_changes: Option<bool>,
    first: HashMap<String, Span>,
}

impl NotifyDraft {
    /// Reads a statement about notification; false if it is about something else.
    pub(super) fn read(&mut self, statement: &Statement<'_>, builder: &mut Builder<'_>) -> bool {
        let keyword = &*statement.keyword.text;
        if keyword == "notify_priority_changes" {
            self.priority_changes = Some(builder.switch(statement));
            return true;
        }
        let notify = &mut self.notify;
        let command = match keyword {
            "notify_master" => &mut notify.master,
            "notify_backup" => &mut notify.backup,
            "notify_fault" => &mut notify.fault,
            "notify_stop" => &mut notify.stop,
            "notify_deleted" => &mut notify.deleted,
            "notify" => &mut notify.any,
            "notify_master_rx_lower_pri" => &mut notify.lesser_master,
            _ => return false,
        };
        if !builder.is_first(&mut self.first, statement) {
            return true;
        }
        if keyword == "notify_deleted" {
            notify.says_deleted = true;
            if statement.words.is_empty() {
                builder.bare(statement);
                return true;
            }
        }
        *command = builder.command(statement);
        true
    }

    /// What comes of it, given what it says elsewhere about changes of priority.
    pub(super) fn settle(self, priority_changes: Option<bool>) -> Notify {
        let priority_changes = self.priority_changes.or(priority_changes).unwrap_or_default();
        Notify { priority_changes, ..self.notify }
    }

    /// `notify_priority_changes`, if it is there.
    pub(super) const fn priority_changes(&self) -> Option<bool> {
        self.priority_changes
    }
}

/// What `global_defs` says about programs and FIFOs.
#[derive(Clone, Debug, Default)]
pub(super) struct ScriptsDraft {
    scripts: Scripts,
    startup: Option<Command>,
    shutdown: Option<Command>,
    startup_timeout: Option<Duration>,
    shutdown_timeout: Option<Duration>,
    general: FifoDraft,
    vrrp: FifoDraft,
    states_on_reload: bool,
    /// `vrrp_notify_priority_changes`
    pub(super) priority_changes: Option<bool>,
    first: HashMap<String, Span>,
}

#[derive(Clone, Debug, Default)]
struct FifoDraft {
    fifo: Option<Fifo>,
    script: Option<(Command, Span)>,
}

impl ScriptsDraft {
    /// Reads a statement about programs or FIFOs; false if it is about something else.
    pub(super) fn read(&mut self, statement: &Statement<'_>, builder: &mut Builder<'_>) -> bool {
        let keyword = &*statement.keyword.text;
        match keyword {
            "script_user" => {
                let account = builder.account(statement);
                self.scripts.account = account.or(self.scripts.account.take());
            }
            "enable_script_security" => {
                builder.bare(statement);
                self.scripts.security = true;
            }
            "startup_script_timeout" => {
                self.startup_timeout = builder.run_time(statement).or(self.startup_timeout);
            }
            "shutdown_script_timeout" => {
                self.shutdown_timeout = builder.run_time(statement).or(self.shutdown_timeout);
            }
            "vrrp_notify_priority_changes" => {
                self.priority_changes = Some(builder.switch(statement));
            }
            "fifo_write_vrrp_states_on_reload" => {
                builder.bare(statement);
                self.states_on_reload = true;
            }
            "startup_script"
            | "shutdown_script"
            | "notify_fifo"
            | "notify_fifo_script"
            | "vrrp_notify_fifo"
            | "vrrp_notify_fifo_script" => {
                if builder.is_first(&mut self.first, statement) {
                    self.read_first(statement, builder);
                }
            }
            _ => return false,
        }
        true
    }

    fn read_first(&mut self, statement: &Statement<'_>, builder: &mut Builder<'_>) {
        let script = |builder: &mut Builder<'_>| {
            builder.command(statement).map(|command| (command, statement.keyword.span))
        };
        match &*statement.keyword.text {
            "startup_script" => self.startup = builder.command(statement),
            "shutdown_script" => self.shutdown = builder.command(statement),
            "notify_fifo" => self.general.fifo = builder.fifo(statement),
            "vrrp_notify_fifo" => self.vrrp.fifo = builder.fifo(statement),
            "notify_fifo_script" => self.general.script = script(builder),
            _ => self.vrrp.script = script(builder),
        }
    }

    /// What comes of all of it.
    pub(super) fn settle(self, builder: &mut Builder<'_>) -> (Scripts, Fifos) {
        let timed = |command: Option<Command>, timeout: Option<Duration>| {
            command.map(|command| TimedCommand { command, timeout: timeout.unwrap_or(TIMEOUT) })
        };
        let scripts = Scripts {
            startup: timed(self.startup, self.startup_timeout),
            shutdown: timed(self.shutdown, self.shutdown_timeout),
            ..self.scripts
        };
        let general = self.general.settle("notify_fifo", builder);
        let vrrp = self.vrrp.settle("vrrp_notify_fifo", builder);
        (scripts, Fifos { general, vrrp, states_on_reload: self.states_on_reload })
    }
}

impl FifoDraft {
    fn settle(self, keyword: &str, builder: &mut Builder<'_>) -> Option<Fifo> {
        if self.fifo.is_none()
            && let Some((_, span)) = self.script
        {
            builder.sink.push(
                Diagnostic::warning(
                    Code::NoEffect,
                    span,
                    format!("`{keyword}_script` has no effect without `{keyword}`"),
                )
                .label("ignored")
                .help(format!("add `{keyword} /run/a-name`, or remove it"))
                .note("keepalived does not start it either"),
            );
        }
        let script = self.script.map(|(command, _)| command);
        self.fifo.map(|fifo| Fifo { script, ..fifo })
    }
}

/// Whether of a keyword that stands twice in a block the first one counts, which is told here.
pub(super) fn first_counts(keyword: &str) -> bool {
    keyword != "notify_priority_changes"
        && (keyword.starts_with("notify")
            || keyword.starts_with("vrrp_notify_fifo")
            || matches!(keyword, "startup_script" | "shutdown_script"))
}

impl Builder<'_> {
    /// False, with a complaint, if the keyword stands in this block before.
    fn is_first(&mut self, first: &mut HashMap<String, Span>, statement: &Statement<'_>) -> bool {
        let keyword = &statement.keyword;
        let Some(&before) = first.get(&*keyword.text) else {
            first.insert(keyword.text.clone().into_owned(), keyword.span);
            return true;
        };
        let line = self.line(before);
        self.sink.push(
            Diagnostic::error(
                Code::RepeatedKeyword,
                keyword.span,
                format!("{} stands in this block before", quoted(&keyword.text)),
            )
            .label("ignored")
            .note(format!("the first one counts, on line {line}, as in keepalived")),
        );
        false
    }

    /// `NAME [USER [GROUP]]`
    fn fifo(&mut self, statement: &Statement<'_>) -> Option<Fifo> {
        self.no_block(statement);
        self.no_more_words(statement, 3);
        let mut words = statement.words.iter().map(|word| word.text.clone().into_owned());
        let Some(path) = words.next() else {
            self.missing_argument(statement, "the path of a FIFO");
            return None;
        };
        let owner = words
            .next()
            .map(|user| crate::config::model::script::Account { user, group: words.next() });
        Some(Fifo { path: path.into(), owner, script: None })
    }

    /// How long a program may take.
    fn run_time(&mut self, statement: &Statement<'_>) -> Option<Duration> {
        let word = self.one_word(statement, "a number of seconds")?;
        match integer(&word.text, &(1..=1000)) {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(error) => {
                self.bad_number(word, error, "1 to 1000 (seconds)", "the line is ignored");
                None
            }
        }
    }
}
