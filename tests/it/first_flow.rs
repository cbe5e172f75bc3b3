//! Does what the page for a first flow says: every command of `sluis` with the program, and every call of
//! `curl` with an engine whose clock then passes the fifteen days. What the page shows as an answer is what
//! comes; `…` stands for anything.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use sluis_model::DAY;
use tempfile::TempDir;

use crate::support::{Body, Engine, NOORD, Setup};

const PAGE: &str = include_str!("../../docs/first-flow.md");
/// Before a command on the page.
const PROMPT: &str = "    $ ";

/// A command, and what the page shows behind it.
struct Shown {
    command: &'static str,
    answer: Vec<&'static str>,
}

fn commands(of: &str) -> Vec<Shown> {
    let mut shown = Vec::new();
    let mut lines = PAGE.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(command) = line.strip_prefix(PROMPT).filter(|one| one.starts_with(of)) else {
            continue;
        };
        let mut answer = Vec::new();
        while let Some(line) = lines.peek().filter(|line| !line.starts_with(PROMPT)) {
            let Some(line) = line.strip_prefix("    ") else {
                break;
            };
            answer.push(line);
            lines.next();
        }
        shown.push(Shown { command, answer });
    }
    shown
}

/// Writes the files of the page below a directory.
fn write(dir: &Path) {
    for part in PAGE.split("ut this into `").skip(1) {
        let (path, rest) = part.split_once('`').unwrap();
        let (_, code) = rest.split_once("```").unwrap();
        let (_, code) = code.split_once('\n').unwrap();
        let (text, _) = code.split_once("```").unwrap();
        let path = dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Whether a line is as the page shows it, up to `…`.
fn is_as_shown(line: &str, shown: &str) -> bool {
    match shown.split_once('…') {
        Some((begin, _)) => line.starts_with(begin),
        None => line == shown,
    }
}

/// Whether an answer is as the page shows it: a line of `…` alone stands for any lines.
fn is_answered(lines: &[&str], shown: &[&str]) -> bool {
    match shown.split_first() {
        None => lines.is_empty(),
        Some((&"…", rest)) => (0..=lines.len()).any(|from| is_answered(&lines[from..], rest)),
        Some((first, rest)) => lines
            .split_first()
            .is_some_and(|(line, lines)| is_as_shown(line, first) && is_answered(lines, rest)),
    }
}

#[test]
fn every_command_on_the_page_answers_as_the_page_shows() {
    let dir = TempDir::new().unwrap();
    write(dir.path());
    let flow = dir.path().join("flows/moved.toml");
    let right = fs::read_to_string(&flow).unwrap();
    let mut run = 0;
    for Shown { command, answer } in commands("sluis ") {
        // The engine is started in the test below.
        if command.starts_with("sluis serve") {
            continue;
        }
        let is_mistaken = answer.contains(&"1 mistake");
        if is_mistaken {
            fs::write(&flow, right.replace("go = \"call\"", "go = \"cal\"")).unwrap();
        }
        let (arguments, to) = command.split_once(" > ").unwrap_or((command, ""));
        let done = Command::new(env!("CARGO_BIN_EXE_sluis"))
            .args(arguments.split(' ').skip(1))
            .current_dir(dir.path())
            .output()
            .expect("the program runs");
        let said = [&done.stdout[..], &done.stderr[..]].concat();
        let said = String::from_utf8(said).unwrap();
        assert_eq!(done.status.success(), !is_mistaken, "{command}\n{said}");
        let lines: Vec<&str> = said.lines().collect();
        assert!(
            answer.is_empty() || is_answered(&lines, &answer),
            "{command}\n{said}"
        );
        assert!(to.is_empty() || said.contains("<svg"), "{command}\n{said}");
        fs::write(&flow, &right).unwrap();
        run += 1;
    }
    assert_eq!(run, 6, "commands were run");
    assert!(dir.path().join("report/report.html").is_file());
}

/// Method, path and body of a call.
fn call(command: &str) -> (&str, &str, Option<Value>) {
    let (head, body) = match command.split_once(" -d '") {
        Some((head, body)) => (head, Some(body.trim_end_matches('\''))),
        None => (command, None),
    };
    let (_, path) = head.split_once("127.0.0.1:8080").unwrap();
    let method = match (head.contains(" -X PUT "), body) {
        (true, _) => "PUT",
        (false, Some(_)) => "POST",
        (false, None) => "GET",
    };
    (method, path, body.map(|body| body.parse().unwrap()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_flow_of_the_page_runs_from_the_welcome_to_the_call() {
    let dir = TempDir::new().unwrap();
    write(dir.path());
    let flows = dir.path().join("flows").display().to_string();
    let lines = format!("[flows]\ndirectory = {flows:?}\n");
    let engine = Engine::with(Setup {
        archive: Box::leak(lines.into_boxed_str()),
        ..Setup::default()
    })
    .await;
    let calls = commands("curl ");
    assert_eq!(calls.len(), 4, "calls stand on the page");
    let mut id = String::new();
    for Shown { command, .. } in &calls {
        let (method, path, body) = call(command);
        let path = path.replace("ID", &id);
        if path.ends_with(".survey/answer") {
            engine.pass(DAY).await;
            engine.pass(14 * DAY).await;
            engine.settled().await;
        }
        let body = body.map_or(Body::Nothing, Body::Json);
        let answer = engine.call(NOORD, method, &path, body).await.ok();
        if let (true, Some(found)) = (id.is_empty(), answer["id"].as_str()) {
            found.clone_into(&mut id);
        }
        engine.settled().await;
    }
    let tasks = engine
        .ask(NOORD, "/v1/tasks?list=welcome%20calls")
        .await
        .ok();
    let task = tasks["tasks"][0].clone();
    assert_eq!(task["notification"], json!(id), "{tasks}");
    let path = format!("/v1/tasks/{}/answer", task["id"].as_str().unwrap());
    let answer = json!({ "answer": "helped", "by": "m.bakker" });
    let answered = engine.call(NOORD, "POST", &path, answer).await.ok();
    let ended = engine.get(NOORD, &id).await;
    assert_eq!(ended["end"], "helped", "{answered} {ended}");
    engine.end().await;
}
