//! What the tasks say to people.

/// A step that is about to be taken.
pub(crate) fn step(text: &str) {
    eprintln!("==> {text}");
}

/// Something worth knowing about the step.
pub(crate) fn note(text: &str) {
    eprintln!("    {text}");
}

/// Why the task ended, with every cause.
pub(crate) fn failure(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}
