//! One question over HTTP/1.1.

use http_body_util::{BodyExt as _, Empty};
use hyper::{
    Request,
    body::{Bytes, Incoming},
    client::conn::http1,
    header::{CONNECTION, HOST, USER_AGENT},
    http,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::JoinSet,
};

/// The most that status line and headers of an answer may have.
pub(super) const HEAD_BYTES: usize = 16 * 1024;
/// The most headers that an answer may have.
const HEADERS: usize = 64;
/// So much of a body is read.
pub(super) const BODY_BYTES: usize = 64 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The question cannot be put.
    #[error("this cannot be asked over HTTP: {0}")]
    Request(#[from] http::Error),
    /// The conversation broke off, or is no HTTP.
    #[error("no answer over HTTP: {0}")]
    Conversation(#[from] hyper::Error),
}

/// An answer whose body has not been read yet.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    body: Incoming,
    /// Has the connection end with this.
    _connection: JoinSet<()>,
}

/// The beginning of a body.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    /// Whether that is all.
    pub(super) is_whole: bool,
}

/// Asks for something over a stream that is used for nothing else.
pub(super) async fn get(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    host: &str,
    path: &str,
) -> Result<Answer, HttpError> {
    let request = Request::get(path)
        .header(HOST, host)
        .header(USER_AGENT, concat!("vrrp/", env!("CARGO_PKG_VERSION")))
        .header(CONNECTION, "close")
        .body(Empty::<Bytes>::new())?;
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS)
        .handshake(TokioIo::new(stream))
        .await?;
    let mut task = JoinSet::new();
    task.spawn(async move {
        // What goes wrong is told to who waits for the answer.
        let _ = connection.await;
    });
    let response = sender.send_request(request).await?;
    let status = response.status().as_u16();
    Ok(Answer { status, body: response.into_body(), _connection: task })
}

impl Answer {
    /// Reads the body, until it contains what is sought, if anything is.
    pub(super) async fn body(&mut self, sought: Option<&[u8]>) -> Result<Body, HttpError> {
        let mut bytes = Vec::new();
        while let Some(frame) = self.body.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            let room = BODY_BYTES - bytes.len();
            let (taken, left) = data.split_at(data.len().min(room));
            // It may have begun in what came before.
            let from = bytes.len().saturating_sub(sought.map_or(0, <[u8]>::len));
            bytes.extend_from_slice(taken);
            let is_found = |sought| bytes.get(from..).is_some_and(|new| contains(new, sought));
            if !left.is_empty() || sought.is_some_and(is_found) {
                return Ok(Body { bytes, is_whole: false });
            }
        }
        Ok(Body { bytes, is_whole: true })
    }
}

/// Whether `bytes` has `sought` somewhere.
pub(super) fn contains(bytes: &[u8], sought: &[u8]) -> bool {
    sought.is_empty() || bytes.windows(sought.len()).any(|window| window == sought)
}
