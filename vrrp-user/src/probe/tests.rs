//! Against servers that say what a test wants.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, UnixListener},
    time::timeout,
};

use super::*;
use crate::{
    config::model::probe::{DockerName, DockerProbe, DockerSubject, Host},
    process::testing::Folder,
};

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Runs a future as the loop would.
fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        timeout(Duration::from_secs(20), future).await.expect("it does not end")
    })
}

/// The head of a request.
async fn head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, text: &[u8]) -> String {
    let head = head(&mut stream).await;
    // Who has heard enough hangs up.
    let _ = stream.write_all(text).await;
    head
}

/// Asks a server that answers with this; returns what it was asked, too.
async fn ask_server(text: &str, change: impl FnOnce(&mut HttpProbe)) -> (Result<(), Ill>, String) {
    let listener = TcpListener::bind((LOCAL, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut probe = HttpProbe {
        target: Target { host: Host::Address(LOCAL), port },
        host: "web.example:81".to_owned(),
        path: "/health?full=1".to_owned(),
        status: 200..=399,
        body: None,
    };
    change(&mut probe);
    let text = text.as_bytes().to_vec();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        answer(stream, &text).await
    });
    let outcome = ask(&Native::Http(probe)).await;
    (outcome, server.await.unwrap())
}

fn ask_for(text: &str, change: impl FnOnce(&mut HttpProbe)) -> Result<(), Ill> {
    run(ask_server(text, change)).0
}

#[test]
fn the_status_of_the_answer_decides() {
    let (outcome, asked) = run(ask_server("HTTP/1.1 204 No Content\r\n\r\n", |_| {}));
    outcome.unwrap();
    assert!(asked.starts_with("GET /health?full=1 HTTP/1.1\r\n"), "{asked}");
    assert!(asked.to_lowercase().contains("\r\nhost: web.example:81\r\n"), "{asked}");
    for (status, is_well) in [(200, true), (302, true), (404, false), (500, false), (503, false)] {
        let text = format!("HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\n\r\n");
        let outcome = ask_for(&text, |_| {});
        assert_eq!(outcome.is_ok(), is_well, "{status}: {outcome:?}");
    }
    let only = |probe: &mut HttpProbe| probe.status = 418..=418;
    ask_for("HTTP/1.0 418 I'm a teapot\r\n\r\n", only).unwrap();
    assert!(matches!(ask_for("HTTP/1.1 200 OK\r\n\r\n", only), Err(Ill::Status(200))));
}

#[test]
fn the_beginning_of_the_body_can_be_looked_at() {
    let wants = |text: &str| {
        let text = text.to_owned();
        move |probe: &mut HttpProbe| probe.body = Some(text)
    };
    let plain = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nall is well\r\n";
    ask_for(plain, wants("is well")).unwrap();
    assert!(matches!(ask_for(plain, wants("is ill")), Err(Ill::Body { read: 13 })));
    // In two pieces, as a chunk each.
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nall is\r\n5\r\n well\r\n0\r\n\r\n";
    ask_for(chunked, wants("is well")).unwrap();
    // What comes after so much is not read.
    let long = format!("HTTP/1.1 200 OK\r\n\r\n{}well", "x".repeat(http::BODY_BYTES));
    let outcome = ask_for(&long, wants("well"));
    assert!(matches!(outcome, Err(Ill::Body { read: http::BODY_BYTES })), "{outcome:?}");
    // What comes before is enough, and nobody waits for the rest.
    let endless = "HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\nall is well";
    ask_for(endless, wants("well")).unwrap();
}

#[test]
fn what_is_no_answer_is_ill() {
    for text in ["", "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 200 OK\r\nContent-Le"] {
        let outcome = ask_for(text, |_| {});
        assert!(matches!(outcome, Err(Ill::Http(_))), "{text}: {outcome:?}");
    }
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(http::HEAD_BYTES));
    assert!(matches!(ask_for(&endless, |_| {}), Err(Ill::Http(_))));
}

#[test]
fn a_port_is_well_when_somebody_accepts() {
    run(async {
        let listener = TcpListener::bind((LOCAL, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let at = |host| Native::Tcp(Target { host, port });
        ask(&at(Host::Address(LOCAL))).await.unwrap();
        // Of its addresses the one where somebody accepts.
        ask(&at(Host::Name("localhost".to_owned()))).await.unwrap();
        drop(listener);
        let refused = ask(&at(Host::Address(LOCAL))).await;
        assert!(matches!(refused, Err(Ill::Connect { .. })), "{refused:?}");
        let unknown = ask(&at(Host::Name("nobody.invalid".to_owned()))).await;
        assert!(matches!(unknown, Err(Ill::Resolve(_))), "{unknown:?}");
    });
}

/// A Docker Engine that knows these documents and answers 404 to everything else, or another
/// status where the document is a number.
struct Engine {
    documents: BTreeMap<&'static str, &'static str>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Engine {
    fn new(documents: &[(&'static str, &'static str)]) -> Self {
        Self { documents: documents.iter().copied().collect(), asked: Arc::default() }
    }

    fn ask(&self, subject: DockerSubject) -> Result<(), Ill> {
        let name = format!("docker-{:?}", std::thread::current().id());
        let folder = Folder::new(&name);
        let socket = folder.path("docker.sock");
        let _ = std::fs::remove_file(&socket);
        let (documents, asked) = (self.documents.clone(), Arc::clone(&self.asked));
        run(async {
            let listener = UnixListener::bind(&socket).unwrap();
            tokio::spawn(async move {
                while let Ok((mut stream, _)) = listener.accept().await {
                    let head = head(&mut stream).await;
                    let path = head.split(' ').nth(1).unwrap().to_owned();
                    let known = path.split('?').next().and_then(|path| documents.get(path));
                    let (status, body) = match known {
                        None => ("404", "{}"),
                        Some(status) if status.len() == 3 => (*status, "{}"),
                        Some(document) => ("200", *document),
                    };
                    asked.lock().unwrap().push(path);
                    let length = body.len();
                    let text =
                        format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n{body}");
                    stream.write_all(text.as_bytes()).await.unwrap();
                }
            });
            ask(&Native::Docker(DockerProbe { socket: socket.clone(), subject })).await
        })
    }
}

fn docker_name(name: &str) -> DockerName {
    DockerName::new(name).unwrap()
}

#[test]
fn a_node_is_well_while_the_swarm_gives_it_work() {
    const WORKER: &str =
        r#"{"Swarm":{"NodeID":"w1","LocalNodeState":"active","ControlAvailable":false}}"#;
    const MANAGER: &str =
        r#"{"Name":"x","Swarm":{"NodeID":"m1","LocalNodeState":"active","ControlAvailable":true}}"#;
    const READY: &str = r#"{"Status":{"State":"ready"},"Spec":{"Availability":"active"},"ManagerStatus":{"Reachability":"reachable"}}"#;
    let node =
        |info, node| Engine::new(&[("/info", info), ("/nodes/m1", node)]).ask(DockerSubject::Node);
    node(WORKER, "500").unwrap();
    node(MANAGER, READY).unwrap();
    // Without a leader nobody knows; that is the whole swarm's trouble.
    node(MANAGER, "503").unwrap();
    for (info, other, wanted) in [
        (r#"{"Swarm":{"LocalNodeState":"inactive"}}"#, "500", "inactive"),
        (r#"{"Swarm":{"LocalNodeState":"locked"}}"#, "500", "locked"),
        (MANAGER, r#"{"Status":{"State":"ready"},"Spec":{"Availability":"drain"}}"#, "drain"),
        (MANAGER, r#"{"Status":{"State":"down"},"Spec":{"Availability":"active"}}"#, "down"),
        (
            MANAGER,
            r#"{"Status":{"State":"ready"},"Spec":{"Availability":"active"},"ManagerStatus":{"Reachability":"unreachable"}}"#,
            "unreachable",
        ),
        ("500", READY, "status 500"),
        ("nonsense", READY, "not understood"),
    ] {
        let error = node(info, other).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
    let absent =
        DockerProbe { socket: PathBuf::from("/nonexistent/x"), subject: DockerSubject::Node };
    let outcome = run(ask(&Native::Docker(absent)));
    assert!(matches!(outcome, Err(Ill::Docker(DockerError::NotThere { .. }))), "{outcome:?}");
}

#[test]
fn a_service_is_well_while_a_container_of_it_runs_here() {
    let service = |answer| {
        let engine = Engine::new(&[("/containers/json", answer)]);
        let outcome = engine.ask(DockerSubject::Service(docker_name("shop_web")));
        let asked = engine.asked.lock().unwrap().join("\n");
        (outcome, asked)
    };
    let (outcome, asked) = service(r#"[{"Id":"1","Names":["/shop_web.1.x"]}]"#);
    outcome.unwrap();
    let filters = asked.split_once("filters=").unwrap().1;
    let mut plain = filters.to_owned();
    for (code, letter) in [
        ("%7B", "{"),
        ("%7D", "}"),
        ("%22", "\""),
        ("%3A", ":"),
        ("%5B", "["),
        ("%5D", "]"),
        ("%3D", "="),
        ("%2C", ","),
    ] {
        plain = plain.replace(code, letter);
    }
    let filters: serde_json::Value = serde_json::from_str(&plain).unwrap();
    assert_eq!(filters["label"][0], "com.docker.swarm.service.name=shop_web");
    assert_eq!(filters["status"], serde_json::json!(["running"]));
    assert_eq!(filters["health"], serde_json::json!(["healthy", "none"]));
    let outcome = service("[]").0;
    assert!(matches!(outcome, Err(Ill::Docker(DockerError::NoContainer(_)))), "{outcome:?}");
    assert!(service("{}").0.is_err());
}

#[test]
fn a_container_is_well_while_it_runs_and_its_own_check_says_so() {
    let container = |answer| {
        Engine::new(&[("/containers/traefik/json", answer)])
            .ask(DockerSubject::Container(docker_name("traefik")))
    };
    container(r#"{"State":{"Status":"running","Running":true}}"#).unwrap();
    container(r#"{"State":{"Status":"running","Health":{"Status":"healthy"}}}"#).unwrap();
    for (answer, wanted) in [
        (r#"{"State":{"Status":"exited"}}"#, "exited"),
        (r#"{"State":{"Status":"paused"}}"#, "paused"),
        (r#"{"State":{"Status":"running","Health":{"Status":"starting"}}}"#, "starting"),
        (r#"{"State":{"Status":"running","Health":{"Status":"unhealthy"}}}"#, "unhealthy"),
        ("404", "no container traefik"),
        ("500", "status 500"),
    ] {
        let error = container(answer).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
    for name in ["", "-x", "a/b", "a b", "ä", "a%2F"] {
        assert_eq!(DockerName::new(name), None, "{name}");
    }
}
