//! Waiting for the kernel's answer to a request.

use std::{pin::pin, time::Duration};

use tokio::time::timeout;

use super::error::RequestError;

/// The answer is in the socket's buffer when the system call that sends the request returns; the
/// limit is for a kernel that breaks that promise.
const PATIENCE: Duration = Duration::from_millis(500);

/// What `answer` gives.
pub(super) async fn answered<T>(answer: impl Future<Output = T>) -> Result<T, RequestError> {
    let mut answer = pin!(answer);
    // Twice, because the first wait includes that system call, which lasts as long as someone else
    // holds the RTNL lock, and then its time is up although the answer is there.
    for _ in 0..2 {
        if let Ok(answer) = timeout(PATIENCE, answer.as_mut()).await {
            return Ok(answer);
        }
    }
    Err(RequestError::NoAnswer)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use tokio::{sync::oneshot, task::yield_now, time::Instant};

    use super::*;

    #[tokio::test]
    async fn a_long_wait_for_the_lock_is_not_held_against_the_kernel() {
        let (answer, waiting) = oneshot::channel();
        tokio::spawn(async {
            // Like the library's task in `sendmsg`, which then finds the answer one turn later.
            thread::sleep(PATIENCE + Duration::from_millis(100));
            yield_now().await;
            yield_now().await;
            answer.send("done").unwrap();
        });
        assert_eq!(answered(waiting).await, Ok(Ok("done")));
    }

    #[tokio::test]
    async fn a_kernel_that_does_not_answer_is_given_up() {
        let start = Instant::now();
        assert_eq!(answered(std::future::pending::<()>()).await, Err(RequestError::NoAnswer));
        assert!(start.elapsed() < 4 * PATIENCE);
    }
}
