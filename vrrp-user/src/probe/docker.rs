//! What the Docker Engine says of this node, by its API on a Unix socket
//! (<https://docs.docker.com/reference/api/engine/>).

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, de::DeserializeOwned};
use tokio::net::UnixStream;

use super::http::{self, HttpError};
use crate::config::model::probe::{DockerName, DockerProbe, DockerSubject};

/// Why the Docker Engine is not well, or what it was asked about.
#[derive(Debug, thiserror::Error)]
pub enum DockerError {
    /// Nobody listens.
    #[error("no Docker Engine at {socket}: {source}")]
    NotThere {
        /// The socket.
        socket: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// It does not answer.
    #[error("the Docker Engine: {0}")]
    Http(#[from] HttpError),
    /// It answers that it cannot.
    #[error("the Docker Engine answers with status {0}")]
    Status(u16),
    /// The answer is longer than any that is expected.
    #[error("the answer of the Docker Engine is too long")]
    TooLong,
    /// The answer is none that is known.
    #[error("the answer of the Docker Engine is not understood: {0}")]
    NotUnderstood(serde_json::Error),
    /// A manager of a swarm that does not know its own identifier.
    #[error("this node has no identifier in its swarm")]
    NoIdentifier,
    /// This node takes no part in a swarm.
    #[error("this node is {state} in its swarm")]
    NotInSwarm {
        /// What it is instead of active.
        state: String,
    },
    /// The swarm does not give this node work.
    #[error("the swarm has this node as {what}")]
    NodeOut {
        /// What it is instead of ready, active and reachable.
        what: String,
    },
    /// No container of the service runs here.
    #[error("no container of the service {0} runs here and is healthy")]
    NoContainer(String),
    /// The container does not exist.
    #[error("there is no container {0}")]
    Missing(String),
    /// The container does not run.
    #[error("the container {name} is {state}")]
    NotRunning {
        /// Its name.
        name: String,
        /// What it is instead.
        state: String,
    },
    /// The container's own check says so.
    #[error("the container {name} is {health}")]
    Unhealthy {
        /// Its name.
        name: String,
        /// What it is instead of healthy.
        health: String,
    },
}

/// Asks once.
pub(super) async fn ask(probe: &DockerProbe) -> Result<(), DockerError> {
    let socket = &probe.socket;
    match &probe.subject {
        DockerSubject::Node => node(socket).await,
        DockerSubject::Service(name) => service(socket, name).await,
        DockerSubject::Container(name) => container(socket, name).await,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    #[serde(default)]
    swarm: Swarm,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Swarm {
    #[serde(rename = "NodeID", default)]
    node_id: String,
    #[serde(default)]
    local_node_state: String,
    #[serde(default)]
    control_available: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Node {
    status: NodeStatus,
    spec: NodeSpec,
    manager_status: Option<ManagerStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NodeStatus {
    state: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NodeSpec {
    availability: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ManagerStatus {
    reachability: String,
}

/// A worker only knows whether it is connected to the managers; a manager knows more.
async fn node(socket: &Path) -> Result<(), DockerError> {
    let Info { swarm } = get(socket, "/info").await?;
    if swarm.local_node_state != "active" {
        return Err(DockerError::NotInSwarm { state: swarm.local_node_state });
    }
    if !swarm.control_available {
        return Ok(());
    }
    let id = DockerName::new(&swarm.node_id).ok_or(DockerError::NoIdentifier)?;
    let node: Node = match get(socket, &format!("/nodes/{}", id.as_str())).await {
        // A swarm that has lost its leader is no fault of this node's: if all nodes had it, none would
        // be left to serve.
        Err(DockerError::Status(500..=599)) => return Ok(()),
        outcome => outcome?,
    };
    let standing = [
        (node.status.state, "ready"),
        (node.spec.availability, "active"),
        (node.manager_status.map_or("reachable".to_owned(), |it| it.reachability), "reachable"),
    ];
    match standing.into_iter().find(|(is, wanted)| is != wanted) {
        Some((what, _)) => Err(DockerError::NodeOut { what }),
        None => Ok(()),
    }
}

#[derive(Deserialize)]
struct Listed {}

/// By the containers of this node, whose labels say which service they are of: workers know nothing
/// of tasks.
async fn service(socket: &Path, name: &DockerName) -> Result<(), DockerError> {
    // {"label":["com.docker.swarm.service.name=NAME"],"status":["running"],"health":["healthy","none"]}
    let path = format!(
        "/containers/json?filters=%7B%22label%22%3A%5B%22com.docker.swarm.service.name%3D{}%22%5D%2C\
         %22status%22%3A%5B%22running%22%5D%2C%22health%22%3A%5B%22healthy%22%2C%22none%22%5D%7D",
        name.as_str(),
    );
    match get::<Vec<Listed>>(socket, &path).await {
        Ok(listed) if listed.is_empty() => Err(DockerError::NoContainer(name.as_str().to_owned())),
        // There are so many of them.
        Ok(_) | Err(DockerError::TooLong) => Ok(()),
        Err(error) => Err(error),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Container {
    state: ContainerState,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContainerState {
    status: String,
    health: Option<Health>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Health {
    status: String,
}

async fn container(socket: &Path, name: &DockerName) -> Result<(), DockerError> {
    let answer = get(socket, &format!("/containers/{}/json", name.as_str())).await;
    let name = name.as_str().to_owned();
    let Container { state } = match answer {
        Err(DockerError::Status(404)) => return Err(DockerError::Missing(name)),
        outcome => outcome?,
    };
    if state.status != "running" {
        return Err(DockerError::NotRunning { name, state: state.status });
    }
    match state.health.map(|health| health.status) {
        Some(health) if !matches!(health.as_str(), "healthy" | "none") => {
            Err(DockerError::Unhealthy { name, health })
        }
        _ => Ok(()),
    }
}

/// Asks for a document, of whatever version of the API the engine speaks.
async fn get<T: DeserializeOwned>(socket: &Path, path: &str) -> Result<T, DockerError> {
    let not_there = |source| DockerError::NotThere { socket: socket.to_owned(), source };
    let stream = UnixStream::connect(socket).await.map_err(not_there)?;
    let mut answer = http::get(stream, "docker", path).await?;
    if answer.status != 200 {
        return Err(DockerError::Status(answer.status));
    }
    let body = answer.body(None).await?;
    if !body.is_whole {
        return Err(DockerError::TooLong);
    }
    serde_json::from_slice(&body.bytes).map_err(DockerError::NotUnderstood)
}
