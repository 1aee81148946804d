use std::fs;

use tokio::{runtime, time::timeout};

use super::*;

/// A folder that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vrrp-watch-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn track_file(name: &str, path: PathBuf, init: Option<InitFile>) -> TrackFile {
    TrackFile {
        name: name.to_owned(),
        path,
        weight: crate::config::model::tracking::Weight::default(),
        init,
    }
}

/// Watches, does things one after the other, and compares what is reported after each: the value,
/// or `None` for nothing.
fn story(files: Vec<TrackFile>, is_start: bool, first: &[i64], steps: &[(&dyn Fn(), Option<i64>)]) {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (reports, mut told) = mpsc::channel(9);
        let task = tokio::spawn(watch(files, Vec::new(), is_start, reports));
        let mut values = Vec::new();
        for _ in first {
            values.push(next(&mut told).await.unwrap());
        }
        values.sort_unstable();
        assert_eq!(values, first);
        for (index, (step, expected)) in steps.iter().enumerate() {
            step();
            assert_eq!(next(&mut told).await, *expected, "step {index}");
        }
        task.abort();
    });
}

async fn next(told: &mut mpsc::Receiver<Report>) -> Option<i64> {
    let wait = Duration::from_millis(300);
    match timeout(wait, told.recv()).await.ok().flatten()?.condition {
        Condition::Value(value) => Some(value),
        other => panic!("{other:?}"),
    }
}

#[test]
fn files_come_change_and_go() {
    let folder = Folder::new("change");
    let (path, other) = (folder.file("load"), folder.file("load.new"));
    let write = |text: &'static str| {
        let path = path.clone();
        move || fs::write(&path, text).unwrap()
    };
    story(
        vec![track_file("load", path.clone(), None)],
        true,
        &[0],
        &[
            (&write("7\n"), Some(7)),
            (&write("7"), None),
            (&write("rubbish"), Some(0)),
            (&write("-3"), Some(-3)),
            // Too large to mean anything: the last one stays.
            (&write("99999999999"), None),
            (
                &|| {
                    fs::write(&other, "11").unwrap();
                    fs::rename(&other, &path).unwrap();
                },
                Some(11),
            ),
            (&|| fs::remove_file(&path).unwrap(), Some(0)),
            (&write("12"), Some(12)),
            (&|| fs::rename(&path, &other).unwrap(), Some(0)),
            (&|| fs::write(folder.file("another"), "5").unwrap(), None),
        ],
    );
}

#[test]
fn files_are_made_if_that_is_asked_for() {
    let folder = Folder::new("init");
    let init = |value, overwrite| Some(InitFile { value, overwrite });
    let files = || {
        vec![
            track_file("new", folder.file("new"), init(5, false)),
            track_file("old", folder.file("old"), init(6, false)),
            track_file("over", folder.file("over"), init(7, true)),
        ]
    };
    for name in ["old", "over"] {
        fs::write(folder.file(name), "1").unwrap();
    }
    story(files(), false, &[1, 1, 5], &[]);
    story(files(), true, &[1, 5, 7], &[]);
    assert_eq!(fs::read_to_string(folder.file("over")).unwrap(), "7\n");
    // Not through a link, to whatever is behind it.
    fs::remove_file(folder.file("over")).unwrap();
    std::os::unix::fs::symlink(folder.file("old"), folder.file("over")).unwrap();
    story(files(), true, &[1, 1, 5], &[]);
}

#[test]
fn an_empty_file_may_be_one_that_is_being_written() {
    let mut watched = Watched::new(Tracked::File("x".to_owned()), PathBuf::from("/x"), None);
    let mut look = |content: &str, is_asked_for| {
        let content = content.as_bytes().to_vec();
        watched.take_in(&Look { folder: None, exists: true, content, is_asked_for })
    };
    assert_eq!(look("5", true), Some(Condition::Value(5)));
    assert_eq!(look("", false), None);
    assert_eq!(look("5", false), None);
    assert_eq!(look("", false), None);
    assert_eq!(look("", false), Some(Condition::Value(0)));
    assert_eq!(look("5", true), Some(Condition::Value(5)));
    assert_eq!(look("", true), Some(Condition::Value(0)));
}

#[test]
fn a_session_is_up_or_it_is_not() {
    let mut watched = Watched::new(Tracked::Bfd("x".to_owned()), PathBuf::from("/x"), None);
    for (content, expected) in [
        ("up\n", Condition::Well),
        (" UP ", Condition::Well),
        ("down", Condition::Ill),
        ("", Condition::Ill),
        ("upright", Condition::Ill),
    ] {
        assert_eq!(watched.condition(content.as_bytes()), Some(expected), "{content:?}");
    }
}
