//! The daemon's end of the control socket.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixListener, UnixStream},
    sync::{Semaphore, mpsc, oneshot},
    task::spawn_blocking,
    time::timeout,
};

use super::{Ask, Command, PROTOCOL, Request, Response};
use crate::daemon::HANDOVER;

/// Clients served at once; others wait in the kernel's queue.
const CLIENTS: usize = 16;
/// A request is one line, which may name 4,096 routers.
const REQUEST_BYTES: u64 = 1024 * 1024;
/// A client that is slower than this is cut off.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a file may take to be read, which may lie on a file system that hangs.
const READ_PATIENCE: Duration = Duration::from_secs(20);
/// One that does not even ask makes room for others sooner: they wait no longer than five seconds.
const REQUEST_PATIENCE: Duration = Duration::from_secs(1);

/// Why the control socket cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on the control socket {path}: {source}")]
pub struct ControlError {
    path: PathBuf,
    source: io::Error,
}

/// Listens on `path`, for root and the group only, and passes on what clients want. The caller
/// holds the runtime directory's lock, so a socket found there is a dead daemon's.
///
/// # Errors
/// When the socket cannot be made.
pub fn serve(path: &Path) -> Result<mpsc::Receiver<Command>, ControlError> {
    let failed = |source| ControlError { path: path.to_owned(), source };
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    fs::set_permissions(path, Permissions::from_mode(0o660)).map_err(failed)?;
    let (commands, receiver) = mpsc::channel(CLIENTS);
    tokio::spawn(accept(listener, commands));
    Ok(receiver)
}

async fn accept(listener: UnixListener, commands: mpsc::Sender<Command>) {
    let places = Arc::new(Semaphore::new(CLIENTS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let commands = commands.clone();
                tokio::spawn(async move {
                    let _place = place;
                    let limit = READ_PATIENCE + PATIENCE;
                    if timeout(limit, converse(stream, commands)).await.is_err() {
                        tracing::debug!("a control client was too slow");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the control socket cannot accept");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn converse(mut stream: UnixStream, commands: mpsc::Sender<Command>) {
    let (reader, mut writer) = stream.split();
    let mut line = String::new();
    let mut reader = BufReader::new(reader.take(REQUEST_BYTES));
    let Ok(read) = timeout(REQUEST_PATIENCE, reader.read_line(&mut line)).await else { return };
    let mut written = None;
    let response = match read {
        Ok(_) => {
            let response = respond(&line, &commands, &mut written);
            let limit = if asks_to_read(&line) { READ_PATIENCE } else { PATIENCE };
            timeout(limit, response).await.unwrap_or_else(|_| {
                Response::Error("this takes long; the log will say what came of it".to_owned())
            })
        }
        Err(error) => Response::Error(format!("the request cannot be read: {error}")),
    };
    let answer = match response {
        // Of thousands of routers that takes longer than the loop has time.
        large @ (Response::Status(_) | Response::Reload(_)) => {
            spawn_blocking(move || write_out(&large)).await.unwrap_or_default()
        }
        response => write_out(&response),
    };
    match timeout(PATIENCE, writer.write_all(&answer)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a control client went away"),
        Err(_) => tracing::debug!("a control client was too slow"),
    }
    drop(written);
}

fn write_out(response: &Response) -> Vec<u8> {
    let mut answer = serde_json::to_vec(response).unwrap_or_default();
    answer.push(b'\n');
    answer
}

async fn respond(
    line: &str,
    commands: &mpsc::Sender<Command>,
    written: &mut Option<oneshot::Sender<()>>,
) -> Response {
    let request: Request = match serde_json::from_str(line) {
        Ok(request) => request,
        Err(error) => return Response::Error(format!("not a request: {error}")),
    };
    if request.version != PROTOCOL {
        return Response::Error(format!(
            "this daemon speaks version {PROTOCOL} of the control protocol, not {}",
            request.version
        ));
    }
    let answer = match request.command {
        Ask::Status => {
            let (answer, status) = oneshot::channel();
            match commands.send(Command::Status(answer)).await {
                Ok(()) => status.await.ok().map(Response::Status),
                Err(_) => None,
            }
        }
        Ask::Reload | Ask::Plan => {
            let (answer, report) = oneshot::channel();
            let command = match request.command {
                Ask::Reload => Command::Reload(answer),
                _ => Command::Plan(answer),
            };
            match commands.send(command).await {
                Ok(()) => report.await.ok().map(Response::Reload),
                Err(_) => None,
            }
        }
        Ask::TakeOver { version, .. } if version != HANDOVER => {
            return Response::Error(format!("this daemon hands over in version {HANDOVER} only"));
        }
        Ask::TakeOver { heirs, .. } => {
            let (answer, handover) = oneshot::channel();
            match commands.send(Command::TakeOver { heirs, answer }).await {
                Ok(()) => handover.await.ok().map(|(handover, sender)| {
                    *written = Some(sender);
                    Response::Handover(handover)
                }),
                Err(_) => None,
            }
        }
    };
    answer.unwrap_or_else(|| Response::Error("the daemon is stopping".to_owned()))
}

/// Whether a request has the daemon read its file.
fn asks_to_read(line: &str) -> bool {
    serde_json::from_str(line)
        .is_ok_and(|request: Request| matches!(request.command, Ask::Reload | Ask::Plan))
}
