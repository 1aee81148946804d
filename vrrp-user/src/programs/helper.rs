//! The thread beside the loop.

use std::{io, thread};

use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
};

/// Why there is no helper.
#[derive(Debug, thiserror::Error)]
#[error("cannot start the thread that runs programs: {0}")]
pub struct StartError(#[from] io::Error);

/// A thread with a runtime of its own, for what may take its time.
#[derive(Debug)]
pub struct Helper {
    handle: Handle,
    /// Dropped, it ends the thread.
    _alive: oneshot::Sender<()>,
}

impl Helper {
    /// Starts it. The thread, and what it starts, keep the scheduling that the calling thread has
    /// now.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start() -> Result<Self, StartError> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (alive, end) = oneshot::channel::<()>();
        thread::Builder::new().name("vrrp-programs".to_owned()).spawn(move || {
            // The sender is only ever dropped.
            let _ = runtime.block_on(end);
            // A path on a file system that hangs must not keep it.
            runtime.shutdown_background();
        })?;
        Ok(Self { handle, _alive: alive })
    }

    /// Where tasks are spawned that run on the thread.
    #[must_use]
    pub const fn handle(&self) -> &Handle {
        &self.handle
    }
}
