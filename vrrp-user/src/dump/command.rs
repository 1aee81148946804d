//! A command as keepalived writes it.

use crate::config::model::{
    probe::{DockerSubject, Native},
    script::{Command, Probe},
};

/// Each word in single quotes.
pub(super) fn command(command: &Command) -> String {
    command.words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ")
}

/// What a script runs, or asks instead.
pub(super) fn probe(probe: &Probe) -> String {
    let native = match probe {
        Probe::Command(it) => return command(it),
        Probe::Native(native) => native,
    };
    match native {
        Native::Http(probe) => format!("http http://{}{}", probe.host, probe.path),
        Native::Tcp(target) => format!("tcp {target}"),
        Native::Docker(probe) => match &probe.subject {
            DockerSubject::Node => "docker_node".to_owned(),
            DockerSubject::Service(name) => format!("docker_service {}", name.as_str()),
            DockerSubject::Container(name) => format!("docker_container {}", name.as_str()),
        },
    }
}
