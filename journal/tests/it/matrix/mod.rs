//! Every file of a journal times every kind of damage, after a clean stop and after a kill. Owns
//! the verdict: each cell refuses to start and says how to go on, or repairs and says so, or loses
//! nothing. What it sees must stand in the matrix of `docs/reliability.md`. Refuses a cell that
//! loses without a word.

mod damages;
mod subject;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use damages::{Damage, KINDS, Kind};
use subject::{Outcome, Stop, Subject};

/// Writes the matrix into the page instead of comparing it.
const WRITE: &str = "SLUIS_WRITE_DAMAGE_MATRIX";
const BEGIN: &str = "<!-- the matrix: journal/tests/it/matrix -->\n";
const END: &str = "<!-- the end of the matrix -->\n";

/// By file and stop, then by kind of damage.
type Matrix = BTreeMap<(String, Stop), BTreeMap<Kind, BTreeSet<Outcome>>>;

/// Damages one subject in every way; each row is a file or a directory.
fn rows(subject: &Subject, other: &Subject) -> (Matrix, Vec<String>) {
    let (mut matrix, mut bad) = (Matrix::new(), Vec::new());
    for damage in damages::all(subject, other) {
        let row = matrix
            .entry((damage.row.clone(), subject.stop))
            .or_default();
        match subject.judge(&damage) {
            Ok(outcome) => drop(row.entry(damage.kind).or_default().insert(outcome)),
            Err(why) => bad.push(why),
        }
    }
    (matrix, bad)
}

/// All cells; fails where one is bad.
fn seen() -> Matrix {
    let other = Subject::new(2, Stop::Clean);
    let subjects = [Subject::new(1, Stop::Clean), Subject::new(1, Stop::Kill)];
    std::thread::scope(|scope| {
        let workers: Vec<_> = subjects
            .iter()
            .map(|subject| scope.spawn(|| rows(subject, &other)))
            .collect();
        let (mut matrix, mut bad) = (Matrix::new(), Vec::new());
        for (rows, strange) in workers
            .into_iter()
            .map(|worker| worker.join().expect("judged"))
        {
            matrix.extend(rows);
            bad.extend(strange);
        }
        assert!(
            bad.is_empty(),
            "{} bad cells:\n{}",
            bad.len(),
            bad.join("\n")
        );
        matrix
    })
}

fn page() -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/reliability.md"
    ))
}

fn cell(outcomes: Option<&BTreeSet<Outcome>>) -> String {
    let Some(outcomes) = outcomes else {
        return "–".to_owned();
    };
    outcomes
        .iter()
        .map(|outcome| outcome.word())
        .collect::<Vec<_>>()
        .join(", ")
}

fn table(matrix: &Matrix) -> String {
    let mut table = "| file | after |".to_owned();
    table.extend(KINDS.iter().map(|kind| format!(" {} |", kind.word())));
    table.push_str("\n|---|---|");
    table.extend(KINDS.iter().map(|_| "---|"));
    for ((row, stop), cells) in matrix {
        let _ = write!(table, "\n| {row} | {} |", stop.word());
        table.extend(
            KINDS
                .iter()
                .map(|kind| format!(" {} |", cell(cells.get(kind)))),
        );
    }
    table.push('\n');
    table
}

/// The cells that the page allows, by their text.
fn allowed(page: &str) -> BTreeMap<(String, String), Vec<BTreeSet<String>>> {
    let inside = page
        .split_once(BEGIN)
        .and_then(|(_, rest)| rest.split_once(END))
        .map(|(inside, _)| inside)
        .unwrap_or_default();
    let mut rows = BTreeMap::new();
    for line in inside.lines().skip(2) {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        let (Some(row), Some(stop)) = (cells.next(), cells.next()) else {
            continue;
        };
        let words = |cell: &str| cell.split(',').map(|word| word.trim().to_owned()).collect();
        rows.insert(
            (row.to_owned(), stop.to_owned()),
            cells.map(words).collect(),
        );
    }
    rows
}

/// How long the newest log has to be is noted beside it by another thread. Where a kill came before
/// that, a log that was cut short has a torn tail, or lacks nothing but room.
fn depends_on_the_moment(row: &str, stop: Stop, outcome: Outcome) -> bool {
    let is_fine = match outcome {
        Outcome::CutAndSaid | Outcome::Lossless => true,
        Outcome::Refused | Outcome::Repaired => false,
    };
    is_fine && stop == Stop::Kill && row == "`gen-*/log`, newest"
}

#[test]
fn every_file_and_every_damage_is_refused_or_repaired_or_loses_nothing_as_the_page_says() {
    let matrix = seen();
    let text = std::fs::read_to_string(page()).expect("the page");
    if std::env::var_os(WRITE).is_some() {
        let (before, rest) = text.split_once(BEGIN).expect("the place of the matrix");
        let (_, after) = rest.split_once(END).expect("the end of the matrix");
        std::fs::write(
            page(),
            format!("{before}{BEGIN}{}{END}{after}", table(&matrix)),
        )
        .expect("written");
        return;
    }
    let allowed = allowed(&text);
    let mut strange = String::new();
    for ((row, stop), cells) in &matrix {
        let place = (row.clone(), stop.word().to_owned());
        for (number, kind) in KINDS.iter().enumerate() {
            let Some(outcomes) = cells.get(kind) else {
                continue;
            };
            let known = allowed.get(&place).and_then(|row| row.get(number));
            let is_told = |outcome: &&Outcome| {
                depends_on_the_moment(row, *stop, **outcome)
                    || known.is_some_and(|known| outcome.is_in(known))
            };
            for outcome in outcomes.iter().filter(|outcome| !is_told(outcome)) {
                let _ = writeln!(
                    strange,
                    "{row}, {}, {}: {}",
                    stop.word(),
                    kind.word(),
                    outcome.word()
                );
            }
        }
    }
    assert!(
        strange.is_empty(),
        "not in docs/reliability.md (run this test once with {WRITE}=1):\n{strange}"
    );
    assert_eq!(allowed.len(), matrix.len(), "the page has other rows");
}

/// Any damage anywhere, by the seed, on a journal of two generations and many ended notifications,
/// each of which is asked for afterwards. `SLUIS_RANDOM_DAMAGES=500 SLUIS_RANDOM_ENDED=50000` with
/// `--release` is the published run.
#[test]
#[expect(
    clippy::print_stderr,
    reason = "the figures are worth seeing in the log of a test run"
)]
fn random_damages_are_never_silent() {
    let number = |name, usual| {
        std::env::var(name)
            .ok()
            .and_then(|number: String| number.parse::<u64>().ok())
            .unwrap_or(usual)
    };
    let (count, first) = (
        number("SLUIS_RANDOM_DAMAGES", 40),
        number("SLUIS_RANDOM_FIRST", 0),
    );
    let ended = number("SLUIS_RANDOM_ENDED", 4_000);
    let other = Subject::large(2, Stop::Clean, 4_000);
    let subjects = [
        Subject::large(1, Stop::Clean, ended),
        Subject::large(1, Stop::Kill, ended),
    ];
    let (mut outcomes, mut bad) = (BTreeMap::<Outcome, u64>::new(), Vec::new());
    for seed in first..first + count {
        let subject = &subjects[(seed % 2) as usize];
        match subject.judge(&damages::random(subject, &other, seed)) {
            Ok(outcome) => *outcomes.entry(outcome).or_default() += 1,
            Err(why) => bad.push(why),
        }
    }
    let counts: Vec<String> = outcomes
        .iter()
        .map(|(outcome, count)| format!("{} {count}", outcome.word()))
        .collect();
    eprintln!(
        "{count} damages to {ended} ended notifications: {}; silent {}",
        counts.join(", "),
        bad.len()
    );
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

/// The control: what is judged lossless, lost.
#[test]
fn control_a_record_that_is_gone_without_a_word_is_noticed() {
    let mut subject = Subject::new(1, Stop::Clean);
    subject.expect_one_record_more();
    assert!(
        subject
            .judge(&Damage::none())
            .is_err_and(|why| why.contains("silent"))
    );
}
