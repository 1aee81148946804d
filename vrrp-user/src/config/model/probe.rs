//! What a `vrrp_script` asks by itself, without a program.

use std::{fmt, net::IpAddr, ops::RangeInclusive, path::PathBuf};

/// A question that the daemon puts itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Native {
    /// `http`: well when the answer is as expected.
    Http(HttpProbe),
    /// `tcp`: well when somebody accepts a connection.
    Tcp(Target),
    /// `docker_node`, `docker_service`, `docker_container`.
    Docker(DockerProbe),
}

/// A GET over HTTP/1.1, without TLS. Redirections are not followed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HttpProbe {
    /// Who is asked.
    pub target: Target,
    /// What stands in the header `Host`.
    pub host: String,
    /// Path and query: begins with `/`, and has only what may stand in a request line.
    pub path: String,
    /// `expect_status`; 200 to 399 unless given.
    pub status: RangeInclusive<u16>,
    /// `expect_body`: what the beginning of the body contains.
    pub body: Option<String>,
}

/// A port of a host.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target {
    /// The host.
    pub host: Host,
    /// The port.
    pub port: u16,
}

/// A host by its address or its name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Host {
    /// Its address.
    Address(IpAddr),
    /// A name, to be resolved each time.
    Name(String),
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Address(IpAddr::V6(address)) => write!(out, "[{address}]:{}", self.port),
            Host::Address(address) => write!(out, "{address}:{}", self.port),
            Host::Name(name) => write!(out, "{name}:{}", self.port),
        }
    }
}

/// A question to the Docker Engine of this node.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DockerProbe {
    /// `docker_socket`.
    pub socket: PathBuf,
    /// What is asked.
    pub subject: DockerSubject,
}

/// What the Docker Engine is asked about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DockerSubject {
    /// `docker_node`: this node is an active member of its swarm.
    Node,
    /// `docker_service`: a container of this service of the swarm runs on this node.
    Service(DockerName),
    /// `docker_container`: this container runs.
    Container(DockerName),
}

/// A name of a service or container: letters, digits, `_`, `.` and `-`, so that it can stand in a
/// URL as it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DockerName(String);

impl DockerName {
    /// Takes a name that Docker would.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let is_valid = name.starts_with(|first: char| first.is_ascii_alphanumeric())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
        is_valid.then(|| Self(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
