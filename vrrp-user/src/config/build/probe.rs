//! What a `vrrp_script` asks by itself: keywords that keepalived does not know.

use std::{
    net::{Ipv4Addr, SocketAddr},
    ops::RangeInclusive,
    path::PathBuf,
};

use hyper::Uri;

use super::{Builder, numbers::integer};
use crate::config::{
    Code, Diagnostic, Span,
    diagnostics::quoted,
    lexer::Word,
    model::probe::{DockerName, DockerProbe, DockerSubject, Host, HttpProbe, Native, Target},
    parser::Statement,
};

/// Where the Docker Engine listens.
const DOCKER_SOCKET: &str = "/var/run/docker.sock";
/// Any answer but one that says that something is wrong.
const GOOD_STATUS: RangeInclusive<u16> = 200..=399;
/// What a three-digit status can be.
const STATUSES: RangeInclusive<u64> = 100..=599;
const HTTP_PORT: u16 = 80;

/// What the block says of it.
#[derive(Debug, Default)]
pub(super) struct ProbeDraft {
    subject: Option<(Subject, Span)>,
    status: Option<(RangeInclusive<u16>, Span)>,
    body: Option<(String, Span)>,
    socket: Option<(PathBuf, Span)>,
}

/// What is asked, without its options.
#[derive(Debug)]
enum Subject {
    Http { target: Target, host: String, path: String },
    Tcp(Target),
    Docker(DockerSubject),
}

impl ProbeDraft {
    /// Reads a statement about it; false if it is about something else.
    pub(super) fn read(&mut self, statement: &Statement<'_>, builder: &mut Builder<'_>) -> bool {
        let span = statement.span();
        let subject = match &*statement.keyword.text {
            "http" => builder.url(statement),
            "tcp" => builder.tcp_target(statement).map(Subject::Tcp),
            "docker_node" => {
                builder.bare(statement);
                Some(Subject::Docker(DockerSubject::Node))
            }
            "docker_service" => {
                let name = builder.docker_name(statement, "a service");
                name.map(|name| Subject::Docker(DockerSubject::Service(name)))
            }
            "docker_container" => {
                let name = builder.docker_name(statement, "a container");
                name.map(|name| Subject::Docker(DockerSubject::Container(name)))
            }
            "expect_status" => {
                self.status = builder.status(statement).map(|it| (it, span)).or(self.status.take());
                return true;
            }
            "expect_body" => {
                let word = builder.one_word(statement, "a text");
                self.body = word.map(|word| (word.text.clone().into_owned(), span));
                return true;
            }
            "docker_socket" => {
                let word = builder.one_word(statement, "the path of a socket");
                self.socket = word.map(|word| (PathBuf::from(&*word.text), span));
                return true;
            }
            _ => return false,
        };
        if let Some(subject) = subject
            && let Some((_, first)) = self.subject.replace((subject, span))
        {
            builder.asked_before(first, span);
        }
        true
    }

    /// Where it is said what is asked.
    pub(super) fn span(&self) -> Option<Span> {
        self.subject.as_ref().map(|(_, span)| *span)
    }

    /// What comes of it; `None` if nothing is asked.
    pub(super) fn settle(self, builder: &mut Builder<'_>) -> Option<Native> {
        let (subject, _) = self.subject?;
        let is_http = matches!(subject, Subject::Http { .. });
        for (name, span) in [
            ("`expect_status`", self.status.as_ref().map(|it| it.1)),
            ("`expect_body`", self.body.as_ref().map(|it| it.1)),
        ] {
            if let Some(span) = span.filter(|_| !is_http) {
                builder.has_no_effect_here(span, name, "`http`");
            }
        }
        if let Some((_, span)) = &self.socket
            && !matches!(subject, Subject::Docker(_))
        {
            builder.has_no_effect_here(*span, "`docker_socket`", "`docker_…`");
        }
        Some(match subject {
            Subject::Http { target, host, path } => Native::Http(HttpProbe {
                target,
                host,
                path,
                status: self.status.map_or(GOOD_STATUS, |(status, _)| status),
                body: self.body.map(|(body, _)| body),
            }),
            Subject::Tcp(target) => Native::Tcp(target),
            Subject::Docker(subject) => {
                let socket = self.socket.map(|(socket, _)| socket);
                let socket = socket.unwrap_or_else(|| PathBuf::from(DOCKER_SOCKET));
                Native::Docker(DockerProbe { socket, subject })
            }
        })
    }
}

impl Builder<'_> {
    fn url(&mut self, statement: &Statement<'_>) -> Option<Subject> {
        let word = self.one_word(statement, "a URL")?;
        let uri: Option<Uri> = word.text.parse().ok();
        let scheme = uri.as_ref().and_then(Uri::scheme_str);
        if scheme == Some("https") {
            self.sink.push(
                Diagnostic::error(Code::BadValue, word.span, "TLS is not spoken here")
                    .help("ask over `http://`, or have a `script` ask with curl")
                    .note("the line is ignored"),
            );
            return None;
        }
        let authority = uri.as_ref().and_then(Uri::authority).filter(|_| scheme == Some("http"));
        let parts = authority.filter(|it| !it.as_str().contains('@')).and_then(|authority| {
            let port = authority.port_u16();
            // A port that is none is not `None` for want of one.
            let has_port = authority.as_str().len() > authority.host().len();
            if has_port && port.is_none_or(|port| port == 0) {
                return None;
            }
            let target = Target { host: host(authority.host())?, port: port.unwrap_or(HTTP_PORT) };
            let path = uri.as_ref()?.path_and_query().map_or("/", |path| path.as_str());
            let slash = if path.starts_with('/') { "" } else { "/" };
            Some(Subject::Http {
                target,
                host: authority.as_str().to_owned(),
                path: format!("{slash}{path}"),
            })
        });
        if parts.is_none() {
            self.not_usable(word, "no URL to ask", "`http://127.0.0.1:8080/health`");
        }
        parts
    }

    fn tcp_target(&mut self, statement: &Statement<'_>) -> Option<Target> {
        let word = self.one_word(statement, "`HOST:PORT`")?;
        let target = match word.text.parse::<SocketAddr>() {
            Ok(address) => Some(Target { host: Host::Address(address.ip()), port: address.port() }),
            Err(_) => word.text.rsplit_once(':').and_then(|(name, port)| {
                let port = integer(port, &(1..=u64::from(u16::MAX))).ok()?;
                Some(Target { host: host(name)?, port: u16::try_from(port).ok()? })
            }),
        };
        let target = target.filter(|target| target.port != 0);
        if target.is_none() {
            self.not_usable(word, "no port of a host", "`127.0.0.1:5432` or `[::1]:5432`");
        }
        target
    }

    fn docker_name(&mut self, statement: &Statement<'_>, what: &str) -> Option<DockerName> {
        let word = self.one_word(statement, &format!("the name of {what}"))?;
        let name = DockerName::new(&word.text);
        if name.is_none() {
            self.not_usable(word, "no name that Docker gives", "letters, digits, `_`, `.` and `-`");
        }
        name
    }

    /// `N` or `N-M`.
    fn status(&mut self, statement: &Statement<'_>) -> Option<RangeInclusive<u16>> {
        let word = self.one_word(statement, "a status of HTTP")?;
        let (first, last) = word.text.split_once('-').unwrap_or((&word.text, &word.text));
        let number = |text: &str| {
            integer(text, &STATUSES).ok().and_then(|number| u16::try_from(number).ok())
        };
        let range = number(first).zip(number(last)).filter(|(first, last)| first <= last);
        if range.is_none() {
            self.not_usable(word, "no status of HTTP", "`200` or `200-299`");
        }
        range.map(|(first, last)| first..=last)
    }

    fn not_usable(&mut self, word: &Word<'_>, what: &str, instead: &str) {
        self.sink.push(
            Diagnostic::error(
                Code::BadValue,
                word.span,
                format!("{} is {what}", quoted(&word.text)),
            )
            .help(format!("write such as {instead}"))
            .note("the line is ignored"),
        );
    }

    fn asked_before(&mut self, first: Span, span: Span) {
        let line = self.line(first);
        self.sink.push(
            Diagnostic::error(Code::RepeatedKeyword, span, "a `vrrp_script` asks one thing")
                .help("write a block for each, and track them all")
                .note(format!("the last one counts; the one before is on line {line}")),
        );
    }

    fn has_no_effect_here(&mut self, span: Span, what: &str, beside: &str) {
        self.sink.push(
            Diagnostic::warning(
                Code::NoEffect,
                span,
                format!("{what} has no effect without {beside}"),
            )
            .label("ignored")
            .help("remove it"),
        );
    }
}

/// An address, of IPv6 in brackets, or a name that DNS could have.
fn host(text: &str) -> Option<Host> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Some(bare) = bare {
        return bare.parse().ok().map(Host::Address);
    }
    // One of IPv6 without brackets may have the port for its end.
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Some(Host::Address(address.into()));
    }
    let is_name = !text.is_empty()
        && text.len() <= 253
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    is_name.then(|| Host::Name(text.to_owned()))
}
