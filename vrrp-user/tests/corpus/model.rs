//! What becomes of a file, in as few lines as tell it: whatever differs from the plainest
//! configuration.

use std::{collections::HashMap, fmt::Debug, path::Path};

use vrrp_user::config::{self, ConfigId, model::Config};

/// Lines about one instance beyond these are counted only.
const MOST_LINES: usize = 40;

const PLAINEST: &str = "vrrp_instance - {\ninterface -\nvirtual_router_id 1\npriority 1\n\
                        virtual_ipaddress {\n192.0.2.255\n}\nvirtual_ipaddress_excluded {\n192.0.2.254\n}\n}\n";

/// The configuration of a file; nothing if it is refused.
pub(crate) fn summary(path: &Path) -> String {
    let Some(config) = config::load(path, &ConfigId::new("cube01")).unwrap().config else {
        return String::new();
    };
    let plainest = config::parse("plainest", PLAINEST.as_bytes()).config.unwrap();
    let mut lines = Vec::new();
    let (config, instances) = apart(config);
    let (plain, plain_instances) = apart(plainest);
    let plain_instance = plain_instances.first().unwrap();
    lines.extend(differences(&config, &plain));
    for instance in &instances {
        lines.push(format!("instance {}", instance.name));
        let more = differences(instance, plain_instance);
        let rest = more.len().saturating_sub(MOST_LINES);
        lines.extend(more.into_iter().take(MOST_LINES).map(|line| format!("  {line}")));
        if rest > 0 {
            lines.push(format!("  and {rest} lines more"));
        }
    }
    lines.join("\n") + "\n"
}

fn apart(mut config: Config) -> (Config, Vec<config::model::Instance>) {
    let instances = std::mem::take(&mut config.instances);
    (config, instances)
}

/// The values that `other` has not in the same place, whichever one of a list it is.
fn differences(one: &impl Debug, other: &impl Debug) -> Vec<String> {
    let plain: HashMap<String, String> =
        flat(other).into_iter().map(|(path, value)| (whichever(&path), value)).collect();
    let differing = flat(one)
        .into_iter()
        .filter(|(path, value)| plain.get(&whichever(path)) != Some(value))
        // The instance's name is told, and what the plainest one has is not missed.
        .filter(|(path, value)| path != "name" && value != "[]");
    differing.map(|(path, value)| format!("{path}: {value}")).collect()
}

/// A path without the numbers in brackets.
fn whichever(path: &str) -> String {
    let parts = path.split(['[', ']']).enumerate();
    parts.filter(|(at, _)| at % 2 == 0).map(|(_, part)| part).collect()
}

/// The values in a `{:#?}` with their paths, such as `garp.delay` and `addresses[0].address`.
fn flat(value: &impl Debug) -> Vec<(String, String)> {
    let mut values = Vec::new();
    // The path of every open brace, whether it is a list, and how many of its items were seen.
    let mut open: Vec<(String, char, usize)> = Vec::new();
    for line in format!("{value:#?}").lines() {
        let line = line.trim().trim_end_matches(',');
        if matches!(line, "}" | ")" | "]") {
            open.pop();
            continue;
        }
        let named = line.split_once(": ").filter(|(name, _)| {
            name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
        });
        let text = named.map_or(line, |(_, text)| text);
        let path = match open.last_mut() {
            None => String::new(),
            Some((around, brace, seen)) => {
                *seen += 1;
                match (named, *brace) {
                    (Some((name, _)), _) if around.is_empty() => name.to_owned(),
                    (Some((name, _)), _) => format!("{around}.{name}"),
                    (None, '(') if *seen == 1 => around.clone(),
                    (None, _) => format!("{around}[{}]", *seen - 1),
                }
            }
        };
        match text.strip_suffix(['{', '(', '[']) {
            Some(kind) => {
                let kind = kind.trim();
                let known = values.last().is_some_and(|(last, _)| *last == path);
                // The kind of a thing in a list, or of one in parentheses, tells nothing.
                let tells = text.ends_with('{') && !path.ends_with(']') && !path.is_empty();
                if tells && !kind.is_empty() && !known {
                    values.push((path.clone(), kind.to_owned()));
                }
                open.push((path, text.chars().next_back().unwrap_or('{'), 0));
            }
            None => values.push((path, text.to_owned())),
        }
    }
    values
}
