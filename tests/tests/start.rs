//! The first start, the next ones, and what keeps a node from starting.

use accolade_node::config::Config;
use accolade_node::ledger::LedgerError;
use accolade_node::node::{Node, Running, StartError};
use accolade_tests::nodes::{EARNER, again, blocking, client, config, issue};
use accolade_tests::process::{Client, NodeProcess};
use serde_json::json;
use std::path::Path;
use std::process::{Command, Stdio};

const NODE: &str = env!("CARGO_BIN_EXE_node-under-test");

async fn refused(config: Config) -> String {
    match Node::start(config).await {
        Ok(_) => panic!("the node started"),
        Err(error) => error.to_string(),
    }
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).expect("file").permissions().mode() & 0o777
}

#[cfg(unix)]
#[test]
fn the_first_start_gives_out_the_owners_token_once_and_guards_its_files() {
    let folder = tempfile::tempdir().expect("folder");
    let data = folder.path().join("data");
    let first = NodeProcess::start(NODE, &data, &[]);
    let token = first.owner_token();
    assert!(
        first.greeting.contains(&format!("{}", data.join("owner-token").display())),
        "{}",
        first.greeting
    );
    assert!(!first.greeting.contains(&token), "the token itself is shown to a terminal only");
    for file in ["owner-token", "vault.key", "ledger.db"] {
        assert_eq!(mode(&data.join(file)), 0o600, "{file}");
    }
    assert_eq!(mode(&data), 0o700);
    let did =
        |node: &NodeProcess| Client::new(&node.url, None).get("/v1/node").expect("answers").1["did"].clone();
    let before = did(&first);
    first.kill();

    std::fs::remove_file(data.join("owner-token")).expect("the owner took it");
    let second = NodeProcess::start(NODE, &data, &[]);
    assert!(!second.greeting.contains("owner-token") && !data.join("owner-token").exists());
    assert_eq!(did(&second), before, "the DID is fixed at the first start");
    let owner = Client::new(&second.url, Some(token.clone()));
    assert_eq!(owner.get("/v1/credentials").expect("answers").0, 200, "the token is still good");

    // Keys and tokens are nowhere in the clear.
    second.kill();
    let ledger = std::fs::read(data.join("ledger.db")).expect("ledger");
    let log = std::fs::read(data.join("ledger.db-wal")).unwrap_or_default();
    for bytes in [ledger, log] {
        assert!(!bytes.windows(token.len()).any(|window| window == token.as_bytes()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn says_what_is_in_the_way() {
    let folder = tempfile::tempdir().expect("folder");
    let running = Node::start(config(&folder.path().join("a"), Vec::new())).await.expect("starts");
    let other = folder.path().join("b");

    let in_use = refused(config(&folder.path().join("a"), Vec::new())).await;
    assert!(
        in_use.contains("in use by another process") && in_use.contains("Stop the other node"),
        "{in_use}"
    );
    let newer = StartError::from(LedgerError::SchemaTooNew { found: 99, known: 3 }).to_string();
    assert!(newer.contains("schema 99") && newer.contains("Start the newer program again"), "{newer}");
    let port = refused(Config { http: running.http_addr(), ..config(&other, Vec::new()) }).await;
    assert!(port.contains(&running.http_addr().to_string()) && port.contains("`http`"), "{port}");
    let port = refused(Config { p2p: running.p2p_addr(), ..config(&other, Vec::new()) }).await;
    assert!(port.contains(&running.p2p_addr().to_string()) && port.contains("`p2p`"), "{port}");
    let peer = refused(config(&other, vec!["127.0.0.1:4001".to_owned()])).await;
    assert!(peer.contains("127.0.0.1:4001") && peer.contains("multiaddress"), "{peer}");
    let tick = Node::start(Config { tick_s: 3, ..config(&other, Vec::new()) }).await.err();
    assert!(matches!(tick, Some(StartError::Config(_))), "{tick:?}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_vault_key_or_network_is_refused_in_plain_words() {
    let folder = tempfile::tempdir().expect("folder");
    let running = Node::start(config(folder.path(), Vec::new())).await.expect("starts");
    let same = again(&running);
    running.stop().await;

    let net = refused(Config { net: "another".to_owned(), ..same.clone() }).await;
    assert!(net.contains("`net`"), "{net}");

    let key = folder.path().join("vault.key");
    let kept = std::fs::read(&key).expect("key");
    std::fs::write(&key, [7; 32]).expect("another key");
    let wrong = refused(same.clone()).await;
    assert!(wrong.contains("vault.key"), "{wrong}");
    std::fs::remove_file(&key).expect("no key");
    let missing = refused(same.clone()).await;
    assert!(missing.contains("vault.key"), "{missing}");

    std::fs::write(&key, kept).expect("the right key");
    let running = Node::start(same).await.expect("starts again");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_list_is_followed_by_the_next_one() {
    let folder = tempfile::tempdir().expect("folder");
    let running: Running = Node::start(config(folder.path(), Vec::new())).await.expect("starts");
    let owner = client(&running);
    let achievement = blocking(move || owner.new_achievement("Many")).await;
    let first = issue(&running, &achievement).await;
    let mut left = accolade_core::status::MIN_ENTRIES as u64;
    while left > 0 {
        match running.ledger().reserve_status_range(1, left).await {
            Ok(taken) => left -= taken.end - taken.start,
            Err(_) => break,
        }
    }
    let next = issue(&running, &achievement).await;
    let list = |badge: &serde_json::Value| {
        badge["credentialStatus"]["statusListCredential"].as_str().map(str::to_owned)
    };
    assert_eq!(list(&first), Some(format!("{}/status/1", running.base_url())));
    // The rest of the block that was reserved in memory is used up first.
    let mut last = next;
    for _ in 0..2000 {
        if list(&last) == Some(format!("{}/status/2", running.base_url())) {
            break;
        }
        last = issue(&running, &achievement).await;
    }
    assert_eq!(list(&last), Some(format!("{}/status/2", running.base_url())));
    for badge in [&first, &last] {
        accolade_tests::nodes::wait_for_verdict(&running, badge, accolade_core::verify::Verdict::Valid).await;
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_takes_no_place_in_the_list() {
    let folder = tempfile::tempdir().expect("folder");
    let running = Node::start(config(folder.path(), Vec::new())).await.expect("starts");
    let owner = client(&running);
    let refused = blocking(move || {
        let achievement = owner.new_achievement("Rare");
        [
            json!({"achievement": achievement, "recipient": {"did": "not a DID"}}),
            json!({"achievement": achievement, "recipient": {"email": "nobody"}}),
            json!({"achievement": achievement, "recipient": {"did": EARNER}, "validUntil": "2001-01-01T00:00:00Z"}),
        ]
        .map(|body| owner.post("/v1/credentials", &body).expect("answers").0)
    })
    .await;
    assert_eq!(refused, [400, 400, 400]);
    assert!(running.ledger().lists().await.expect("lists").is_empty(), "not even a list was made");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_copy_of_the_ledger_signs_nothing() {
    let folder = tempfile::tempdir().expect("folder");
    let data = folder.path().join("data");
    let running = Node::start(config(&data, Vec::new())).await.expect("starts");
    let same = again(&running);
    running.stop().await;
    std::fs::copy(data.join("ledger.db"), folder.path().join("backup.db")).expect("a copy");

    let running = Node::start(same.clone()).await.expect("starts again");
    let owner = client(&running);
    let later = blocking(move || owner.new_achievement("Later")).await;
    running.stop().await;
    for side in ["ledger.db-wal", "ledger.db-shm"] {
        let _ = std::fs::remove_file(data.join(side));
    }
    std::fs::copy(folder.path().join("backup.db"), data.join("ledger.db")).expect("restored");
    let running = Node::start(same).await.expect("it serves and verifies");
    let owner = client(&running);
    let award = json!({"achievement": later, "recipient": {"did": EARNER}});
    let (issued, node) = blocking(move || {
        (owner.post("/v1/credentials", &award).expect("answers"), owner.get("/v1/node").expect("answers").1)
    })
    .await;
    assert_eq!((issued.0, &issued.1["code"]), (503, &json!("not_level")), "{}", issued.1);
    let sentence = node["level"]["sentence"].as_str().expect("it says why");
    assert!(sentence.contains("old copy") && sentence.contains("No peer is configured"), "{sentence}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_not_told_how_many_badges_there_are() {
    let folder = tempfile::tempdir().expect("folder");
    let running = Node::start(config(folder.path(), Vec::new())).await.expect("starts");
    let (owner, stranger) = (client(&running), Client::new(running.base_url(), None));
    let (told, kept) = blocking(move || {
        (owner.get("/v1/node").expect("answers").1, stranger.get("/v1/node").expect("answers").1)
    })
    .await;
    assert_eq!(told["credentials"], 0);
    assert!(
        kept["did"].is_string() && kept.get("credentials").is_none() && kept.get("replicaSetAside").is_none()
    );
    running.stop().await;
}

#[cfg(unix)]
#[test]
fn a_signal_lets_a_request_under_way_finish_and_a_second_one_does_not() {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;
    let folder = tempfile::tempdir().expect("folder");
    let told = |node: &NodeProcess| {
        let kill = Command::new("kill").args(["-TERM", &node.pid().to_string()]).status().expect("kill");
        assert!(kill.success());
    };
    /// A request whose body isn't whole yet; the node has read its head when it says to go on.
    fn begun(node: &NodeProcess) -> TcpStream {
        let mut stream = TcpStream::connect(node.url.trim_start_matches("http://")).expect("connects");
        let head =
            b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
        stream.write_all(head).expect("writes");
        let mut go_on = [0; 25];
        stream.read_exact(&mut go_on).expect("an answer");
        assert_eq!(&go_on[..], b"HTTP/1.1 100 Continue\r\n\r\n");
        stream
    }
    let ends = |mut stream: TcpStream| {
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    };

    let node = NodeProcess::start(NODE, &folder.path().join("one"), &[]);
    let idle = TcpStream::connect(node.url.trim_start_matches("http://")).expect("connects");
    let mut stream = begun(&node);
    told(&node);
    ends(idle); // closed while the request is under way
    stream.write_all(b"{}").expect("writes");
    let answer = ends(stream);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("malformed"), "{answer}");
    assert_eq!(node.wait(), Some(0));

    let node = NodeProcess::start(NODE, &folder.path().join("two"), &[]);
    let idle = TcpStream::connect(node.url.trim_start_matches("http://")).expect("connects");
    let stream = begun(&node);
    told(&node);
    ends(idle);
    told(&node);
    assert_eq!(ends(stream), "", "cut off");
    assert_eq!(node.wait(), Some(1));
}

#[test]
fn the_command_line_refuses_what_it_does_not_know() {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("node.toml");
    std::fs::write(&file, "htp = '127.0.0.1:8080'\n").expect("file");
    let run = |arguments: &[&str]| {
        let output =
            Command::new(NODE).args(arguments).current_dir(folder.path()).stdin(Stdio::null()).output();
        let output = output.expect("runs");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for (arguments, part) in [
        (vec!["--config", file.to_str().expect("path")], "htp"),
        (vec!["--config", "absent.toml"], "absent.toml"),
        (vec!["--http", "localhost"], "--http"),
        (vec!["--tick-s", "2"], "tick_s"),
        (vec!["--tls-cert", "cert.pem"], "tls_key"),
        (vec!["--nonsense"], "--nonsense"),
        (vec!["demo", "--twice"], "--twice"),
    ] {
        let (ok, stderr) = run(&arguments);
        assert!(!ok && stderr.contains(part), "{arguments:?}: {stderr}");
        assert!(!folder.path().join("accolade-data").exists(), "{arguments:?} left a folder behind");
    }
}
