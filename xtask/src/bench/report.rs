//! The figures, for people and for programs.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::{
    chapter::{Chapter, Table, Target},
    machine::Machine,
};

/// A load average below this is that of an idle machine.
const QUIET: f64 = 0.7;

/// All that was measured in one run.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    /// By the scenario's name, in the order of the run.
    pub(crate) chapters: Vec<(&'static str, Result<Chapter, String>)>,
    /// Seconds that it took.
    pub(crate) seconds: u64,
}

/// The report as JSON.
#[derive(Serialize)]
struct Json<'a> {
    /// Raised when the fields change their meaning.
    version: u32,
    machine: &'a Machine,
    seconds: u64,
    targets: Vec<&'a Target>,
    results: BTreeMap<&'a str, &'a serde_json::Value>,
    failures: BTreeMap<&'a str, &'a str>,
}

impl Report {
    fn targets(&self) -> Vec<&Target> {
        let chapters = self.chapters.iter().filter_map(|(_, chapter)| chapter.as_ref().ok());
        chapters.flat_map(|chapter| &chapter.targets).collect()
    }

    /// The report for programs.
    pub(crate) fn json(&self) -> Result<String> {
        let mut results = BTreeMap::new();
        let mut failures = BTreeMap::new();
        for (name, chapter) in &self.chapters {
            match chapter {
                Ok(chapter) => drop(results.insert(*name, &chapter.results)),
                Err(error) => drop(failures.insert(*name, error.as_str())),
            }
        }
        let json = Json {
            version: 2,
            machine: &self.machine,
            seconds: self.seconds,
            targets: self.targets(),
            results,
            failures,
        };
        Ok(serde_json::to_string_pretty(&json)? + "\n")
    }

    /// Writes JSON, Markdown and plots into a folder.
    pub(crate) fn write_docs(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text).with_context(|| path.display().to_string())
        };
        write("bench.json", &self.json()?)?;
        write("README.md", &self.markdown())?;
        for (_, chapter) in &self.chapters {
            for plot in chapter.as_ref().map(|it| it.plots.as_slice()).unwrap_or_default() {
                write(&format!("{}.svg", plot.file), &plot.svg())?;
            }
        }
        Ok(())
    }

    /// The report for people.
    pub(crate) fn markdown(&self) -> String {
        let mut text = "# Measured\n\n".to_owned();
        let it = &self.machine;
        let _ = writeln!(
            text,
            "One run of `cargo xtask bench --write-docs`{}, which took {} min {} s: commit {}, {}, on {} × {}, \
             Linux {}, {}; load average before it {:.2}. Both daemons run in the same network namespaces on one \
             bridge; nothing but the daemon changes between the columns. {}.\n",
            if it.quick { " --quick" } else { "" },
            self.seconds / 60,
            self.seconds % 60,
            it.commit,
            it.date,
            it.processors,
            it.processor,
            it.kernel,
            it.system,
            it.load_before,
            it.keepalived,
        );
        if it.load_before >= QUIET {
            text.push_str(
                "The machine had other work to do meanwhile, and little of it: two figures of one table can be \
                 compared, worst cases are those of a busy machine.\n\n",
            );
        }
        text.push_str(
            "Three numbers with strokes are median, 99th percentile and worst, with the size of the sample in \
             brackets. [bench.json](bench.json) has everything; [generators.md](generators.md) says how to \
             make such traffic on real NICs.\n\n## Targets\n\n",
        );
        text.push_str(&markdown(&target_table(&self.targets())));
        for (name, chapter) in &self.chapters {
            match chapter {
                Ok(chapter) => write_chapter(&mut text, name, chapter),
                Err(error) => {
                    let _ =
                        writeln!(text, "\n## {name}\n\nNot measured: {}", error.replace('\n', " "));
                }
            }
        }
        text
    }
}

fn write_chapter(text: &mut String, name: &str, chapter: &Chapter) {
    let _ = writeln!(text, "\n## {}\n\n{} (`--only {name}`)\n", chapter.title, chapter.method);
    for table in &chapter.tables {
        text.push_str(&markdown(table));
        text.push('\n');
    }
    for plot in &chapter.plots {
        let _ = writeln!(text, "![{}]({}.svg)", plot.title, plot.file);
    }
}

/// One row for each target.
pub(crate) fn target_table(targets: &[&Target]) -> Table {
    let mut table = Table::new(&["what", "target", "vrrp", "against", "reached", "remark"]);
    for target in targets {
        table.row(vec![
            target.what.clone(),
            target.goal.clone(),
            target.ours.clone(),
            target.against.clone(),
            if target.reached { "yes" } else { "**no**" }.to_owned(),
            target.remark.clone(),
        ]);
    }
    table
}

/// A table as Markdown.
pub(crate) fn markdown(table: &Table) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut text = line(&table.head);
    let _ = writeln!(text, "|{}", "---|".repeat(table.head.len()));
    for row in &table.rows {
        text.push_str(&line(row));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_line_for_each_row() {
        let mut table = Table::new(&["a", "b"]);
        table.row(vec!["1".to_owned(), "x|y".to_owned()]);
        assert_eq!(markdown(&table), "| a | b |\n|---|---|\n| 1 | x\\|y |\n");
    }
}
