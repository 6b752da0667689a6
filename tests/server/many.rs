//! Many servers at once: each answer comes, in bounded memory, and none waits for one that hangs.

use std::io::Read as _;
use std::process::Command;
use std::time::Duration;

use pgtrust::server::{Address, Login, Negotiation, Question, ServerReason, ask_all};

use super::hostile::{serve, shows, with_names};
use super::{LONG, local};
use crate::support::tools::report;

fn question(server: &Address) -> Question {
    Question { server: server.clone(), negotiation: Negotiation::Postgres, login: None }
}

/// More than are asked at once.
#[test]
fn each_question_has_its_answer() {
    let (leaf, key) = with_names(1);
    let (good, hanging) = (shows(vec![leaf], &key), serve(|mut stream| drop(stream.read(&mut [0; 1 << 20]))));
    let silent = serve(|mut stream| drop(std::io::copy(&mut stream, &mut std::io::sink())));
    let servers = [&good, &silent, &hanging];
    let mut questions: Vec<Question> = (0..300).map(|index| question(servers[index % 3])).collect();
    questions[0].login = Some(Login { user: "a".to_owned(), database: "b".to_owned() });
    let mut seen = vec![false; questions.len()];
    ask_all(questions, Duration::from_secs(3), &mut |index, answer| {
        assert!(!std::mem::replace(&mut seen[index], true));
        match (index % 3, answer.observed) {
            (0, Ok(observed)) => assert_eq!(observed.chain.len(), 1),
            (1, Err(error)) => assert!(matches!(error.reason, ServerReason::Timeout { .. }), "{error}"),
            (2, Err(error)) => assert!(matches!(error.reason, ServerReason::Closed { .. }), "{error}"),
            (_, other) => panic!("{index}: {other:?}"),
        }
        assert_eq!(answer.plaintext.is_some(), index == 0);
    });
    assert!(seen.iter().all(|seen| *seen));
}

/// The one that hangs has a minute; nobody waits for it.
#[test]
fn answers_do_not_wait_for_one_that_hangs() {
    let silent = serve(|mut stream| drop(std::io::copy(&mut stream, &mut std::io::sink())));
    let (leaf, key) = with_names(1);
    let good = shows(vec![leaf], &key);
    let questions = std::iter::once(&silent).chain(std::iter::repeat_n(&good, 150)).map(question).collect();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || ask_all(questions, LONG, &mut |index, _| sender.send(index).unwrap_or_default()));
    let first: Vec<usize> = receiver.iter().take(150).collect();
    assert!(!first.contains(&0));
}

/// In a process of its own, which this one serves.
#[cfg(target_os = "linux")]
#[test]
fn hostile_servers_do_not_fill_the_memory() {
    const PORTS: &str = "PGTRUST_TEST_HOSTILE_PORTS";
    if let Ok(ports) = std::env::var(PORTS) {
        let servers: Vec<Address> = ports
            .split(' ')
            .map(|port| Address { host: "127.0.0.1".to_owned(), ..local(port.parse().unwrap()) })
            .collect();
        let questions = servers.iter().cycle().take(300).map(question).collect();
        let mut answers = 0;
        ask_all(questions, Duration::from_secs(2), &mut |_, _| answers += 1);
        assert_eq!(answers, 300);
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        report(&format!("peak: {peak}"));
        return;
    }
    let (large, key) = with_names(3_500);
    let endless = |bytes: &'static [u8]| {
        serve(move |mut stream| {
            use std::io::Write as _;
            while stream.write_all(bytes).is_ok() {}
        })
    };
    let servers = [
        shows(vec![large; 1], &key),
        shows(vec![vec![0x30; 600]; 100], &key),
        shows(vec![vec![0x30]; 10_000], &key),
        endless(&[b'E'; 4096]),
        endless(b"S"),
    ];
    let ports = servers.iter().map(|server| server.port.to_string()).collect::<Vec<_>>().join(" ");
    let name = "server::many::hostile_servers_do_not_fill_the_memory";
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args(["--exact", name, "--nocapture"]).env(PORTS, ports).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let peak = said
        .lines()
        .find_map(|line| line.strip_prefix("peak:")?.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    report(&format!("300 hostile servers: {} MB", peak.unwrap() / 1024));
    assert!(peak.unwrap() < 100 * 1024, "{said}");
}
