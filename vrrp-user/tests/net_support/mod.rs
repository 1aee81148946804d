//! A network namespace for one test.

use std::{fmt::Write as _, process::Command, thread};

use nix::sched::{CloneFlags, unshare};

/// Runs `test` in a thread with a network namespace of its own, which goes away with it. Prints why
/// and does nothing where that is not permitted.
pub(crate) fn in_namespace(test: impl FnOnce() + Send + 'static) {
    let outcome = thread::spawn(move || match unshare(CloneFlags::CLONE_NEWNET) {
        Ok(()) => test(),
        Err(errno) => eprintln!("skipped: no network namespace for the test: {errno}"),
    })
    .join();
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// Runs `test` to its end on a runtime of its own, in a namespace of its own.
pub(crate) fn in_namespace_async<F: Future<Output = ()>>(
    test: impl FnOnce() -> F + Send + 'static,
) {
    in_namespace(|| {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(async { test().await });
    });
}

/// Runs `ip` with these arguments, separated by spaces.
pub(crate) fn ip(arguments: &str) -> String {
    let output = Command::new("ip").args(arguments.split_whitespace()).output().unwrap();
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "ip {arguments}: {}", {
        write!(text, "{}", String::from_utf8_lossy(&output.stderr)).unwrap();
        text
    });
    text
}
