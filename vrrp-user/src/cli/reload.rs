//! `vrrp reload`.

use std::fmt::Write as _;

use super::{
    Exit, ReloadArgs,
    output::{complain, print},
    status::{failed, unexpected},
};
use crate::{
    config::Change,
    control::{
        Ask, Response, ask,
        reload::{Outcome, ReloadReport},
    },
    daemon::CONTROL_SOCKET,
};

pub(super) fn reload(args: &ReloadArgs) -> Exit {
    let command = if args.dry_run { Ask::Plan } else { Ask::Reload };
    match ask(&args.runtime_dir.runtime_dir.join(CONTROL_SOCKET), command) {
        Ok(Response::Reload(report)) => tell(&report, args.json),
        Ok(other) => unexpected(&other),
        Err(error) => failed(&error),
    }
}

fn tell(report: &ReloadReport, json: bool) -> Exit {
    let exit = match report.outcome {
        Outcome::Applied | Outcome::Planned => Exit::Success,
        Outcome::Refused | Outcome::Unreadable => Exit::Config,
        Outcome::Missing => Exit::NoConfig,
    };
    if json {
        print(format_args!("{}\n", serde_json::to_string_pretty(report).unwrap_or_default()));
        return exit;
    }
    if !report.report.is_empty() {
        complain(report.report.trim_end());
    }
    match report.outcome {
        Outcome::Applied | Outcome::Planned => print(render(report)),
        Outcome::Refused => {
            complain(format_args!("error: {}: the old configuration stays", report.config));
            exit
        }
        Outcome::Missing | Outcome::Unreadable => {
            let why = report.error.as_deref().unwrap_or("it cannot be read");
            complain(format_args!("error: {why}: the old configuration stays"));
            exit
        }
    }
}

/// The changes below the blocks that they are in.
fn render(report: &ReloadReport) -> String {
    let mut text = String::new();
    let mut block = None;
    for change in &report.changes {
        if block != Some(&change.block) {
            block = Some(&change.block);
            let _ = writeln!(text, "{}", change.block);
        }
        let _ = writeln!(text, "  {}", Change::in_its_block(change));
    }
    let (changes, is_done) = (report.changes.len(), report.outcome == Outcome::Applied);
    let verdict = match (changes, is_done) {
        (0, true) => "reloaded: nothing has changed".to_owned(),
        (0, false) => "nothing would change".to_owned(),
        (1, true) => "reloaded: 1 change".to_owned(),
        (1, false) => "1 change would be made".to_owned(),
        (changes, true) => format!("reloaded: {changes} changes"),
        (changes, false) => format!("{changes} changes would be made"),
    };
    let _ = writeln!(text, "{}: {verdict}", report.config);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Kind;

    #[test]
    fn changes_stand_below_their_blocks() {
        let change = |block: &str, keyword: Option<&str>, change, old: &str, new: &str| Change {
            block: block.to_owned(),
            keyword: keyword.map(str::to_owned),
            change,
            old: Some(old.to_owned()),
            new: Some(new.to_owned()),
        };
        let changes = vec![
            change("vrrp_instance A", Some("priority"), Kind::Changed, "1", "2"),
            change("vrrp_instance A", Some("nopreempt"), Kind::Removed, "", ""),
            change("vrrp_instance B", None, Kind::Added, "", ""),
        ];
        let report = ReloadReport {
            version: 1,
            config: "f".to_owned(),
            outcome: Outcome::Planned,
            error: None,
            changes,
            diagnostics: Vec::new(),
            report: String::new(),
        };
        assert_eq!(
            render(&report),
            "vrrp_instance A\n  ~ priority 1 -> 2\n  - nopreempt\nvrrp_instance B\n  added\n\
             f: 3 changes would be made\n"
        );
        let done = ReloadReport { outcome: Outcome::Applied, changes: Vec::new(), ..report };
        assert_eq!(render(&done), "f: reloaded: nothing has changed\n");
    }
}
