//! What a manager of services is told: systemd hands a socket to the process and waits there.

use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Longest wait for a message. Far more than any of them needs.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longest message.
const MOST_BYTES: usize = 4_096;

/// A manager of services with the one process that it started.
struct Manager {
    socket: UnixDatagram,
    process: Child,
    dir: TempDir,
}

impl Manager {
    /// Starts the engine, which should give a sign of life every so many microseconds.
    fn start(watchdog_us: Option<u64>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let address = dir.path().join("notify");
        let socket = UnixDatagram::bind(&address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let config = dir.path().join("sluis.toml");
        let data = dir.path().join("data");
        let flows = dir.path().join("flows");
        std::fs::create_dir(&flows).unwrap();
        let text =
            format!("[engine]\nshards = 2\ndata_dir = {data:?}\n[flows]\ndirectory = {flows:?}\n");
        std::fs::write(&config, text).unwrap();
        let log = std::fs::File::create(dir.path().join("log")).unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_sluis"));
        program
            .args(["serve", "--http", "127.0.0.1:0"])
            .args(["--binary", "127.0.0.1:0", "--config"])
            .arg(&config)
            .env("NOTIFY_SOCKET", &address)
            .stderr(log);
        if let Some(watchdog) = watchdog_us {
            program.env("WATCHDOG_USEC", watchdog.to_string());
        }
        let process = program.spawn().unwrap();
        Self {
            socket,
            process,
            dir,
        }
    }

    /// The next message, its lines.
    fn next(&self) -> Vec<String> {
        let mut bytes = [0; MOST_BYTES];
        let length = self.socket.recv(&mut bytes).expect("a message in time");
        let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
        text.lines().map(str::to_owned).collect()
    }

    /// Waits for a line. Gives every line until then, without signs of life.
    fn until(&self, line: &str) -> Vec<String> {
        let mut before = Vec::new();
        loop {
            let message = self.next();
            let there = message.iter().any(|said| said == line);
            before.extend(message.into_iter().filter(|said| said != "WATCHDOG=1"));
            if there {
                return before;
            }
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.process.id())
            .ok()
            .and_then(Pid::from_raw);
        kill_process(pid.expect("a process"), signal).unwrap();
    }

    /// Has the configuration read again. Gives what the log says of that.
    fn said_at_a_reload(&self) -> String {
        let log = self.dir.path().join("log");
        let before = std::fs::read_to_string(&log).unwrap().len();
        self.signal(Signal::HUP);
        self.until("RELOADING=1");
        self.until("READY=1");
        std::fs::read_to_string(&log).unwrap().split_off(before)
    }

    /// Waits for the end. Gives the exit code.
    fn end(mut self) -> Option<i32> {
        self.process.wait().unwrap().code()
    }
}

#[test]
fn it_is_told_ready_reading_again_and_stopping() {
    let manager = Manager::start(None);
    let said = manager.until("READY=1");
    assert!(said.contains(&"STATUS=serving".to_owned()), "{said:?}");
    manager.signal(Signal::HUP);
    assert_eq!(manager.until("RELOADING=1"), ["RELOADING=1"]);
    manager.until("READY=1");
    // A configuration with a mistake changes nothing, and the service goes on.
    std::fs::write(manager.dir.path().join("sluis.toml"), "nonsense").unwrap();
    manager.signal(Signal::HUP);
    manager.until("RELOADING=1");
    manager.until("READY=1");
    manager.signal(Signal::TERM);
    let said = manager.until("STOPPING=1");
    let bound = said
        .iter()
        .find_map(|line| line.strip_prefix("EXTEND_TIMEOUT_USEC="))
        .expect("how long it may take");
    // 30 s for attempts under way, as the default says, and a minute for the rest.
    assert_eq!(bound, "90000000");
    assert_eq!(manager.end(), Some(0));
}

#[test]
fn flows_are_taken_over_while_it_serves_and_with_a_mistake_none() {
    let manager = Manager::start(None);
    manager.until("READY=1");
    let flows = manager.dir.path().join("flows");
    let flow = "name = \"ping\"\nversion = 1\npurpose = \"information\"\n[[step]]\nid = \"first\"\n\
                send = { template = { null = \"hello\" }, via = [\"null\"] }\n";
    std::fs::create_dir(flows.join("templates")).unwrap();
    std::fs::write(flows.join("templates/hello.txt"), "Dag").unwrap();
    std::fs::write(flows.join("ping.toml"), flow).unwrap();
    assert!(manager.said_at_a_reload().contains("the flow is new"));
    std::fs::write(
        flows.join("ping.toml"),
        flow.replace("version = 1", "version = 2"),
    )
    .unwrap();
    std::fs::write(flows.join("torn.toml"), "name = ").unwrap();
    let said = manager.said_at_a_reload();
    assert!(said.contains("torn.toml:1"), "{said}");
    assert!(said.contains("everything stays as it was"), "{said}");
    std::fs::remove_file(flows.join("torn.toml")).unwrap();
    let said = manager.said_at_a_reload();
    assert!(said.contains("another definition"), "{said}");
    manager.signal(Signal::TERM);
    assert_eq!(manager.end(), Some(0));
}

#[test]
fn a_watchdog_gets_signs_of_life() {
    let manager = Manager::start(Some(300_000));
    manager.until("READY=1");
    for _ in 0..3 {
        while !manager.next().contains(&"WATCHDOG=1".to_owned()) {}
    }
    manager.signal(Signal::TERM);
    manager.until("STOPPING=1");
    assert_eq!(manager.end(), Some(0));
}

#[test]
fn who_wants_no_sign_of_life_gets_none() {
    let manager = Manager::start(None);
    manager.until("READY=1");
    manager.signal(Signal::TERM);
    let mut messages = vec![manager.next()];
    while !messages.iter().flatten().any(|line| line == "STOPPING=1") {
        messages.push(manager.next());
    }
    assert!(!messages.iter().flatten().any(|line| line == "WATCHDOG=1"));
    assert_eq!(manager.end(), Some(0));
}
