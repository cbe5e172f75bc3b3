//! Owns the reading of a JSON object field by field, collecting every mistake: missing, wrong type,
//! repeated or unknown key. Refuses to stop: a field that is wrong is `None`, and the rest is read.

use std::str::FromStr;

use sluis_model::{Subject, Timestamp};

use super::node::{Node, Pair};
use super::problem::{FieldProblem, ProblemCode};
use super::rules::{INSTANT, Moment, SUBJECT_ID, TextRule, WORD, moment};
use crate::explain::discreet;

/// Most mistakes in the keys of one object that are reported one by one: an answer must stay
/// smaller than a nuisance.
const MOST_KEY_PROBLEMS: usize = 50;

/// One object being read.
pub(super) struct Reader<'a> {
    /// Where it stands; empty for the document itself.
    at: &'a str,
    fields: &'a [Pair<'a>],
}

/// The mistakes found so far.
pub(super) type Problems = Vec<FieldProblem>;

impl<'a> Reader<'a> {
    /// Opens `node`, which stands at `path` (empty for the document itself), and reports repeated
    /// and unknown keys.
    pub(super) fn open(
        node: &'a Node<'a>,
        path: &'a str,
        known: &[&str],
        problems: &mut Problems,
    ) -> Option<Self> {
        let Node::Object(fields) = node else {
            let place = if path.is_empty() { "body" } else { path };
            problems.push(wrong_type(place, "a JSON object", node));
            return None;
        };
        let reader = Self { at: path, fields };
        reader.check_keys(known, problems);
        Some(reader)
    }

    fn check_keys(&self, known: &[&str], problems: &mut Problems) {
        let before = problems.len();
        for (number, (key, _)) in self.fields.iter().enumerate() {
            if problems.len() - before >= MOST_KEY_PROBLEMS {
                let path = self.path(key);
                return problems.push(
                    FieldProblem::new(
                        path,
                        ProblemCode::UnknownKey,
                        format!("one of {}", known.join(", ")),
                    )
                    .hint("the keys from here on were not looked at"),
                );
            }
            // Short, however long the object: a key looked at before was known, or is one of the
            // mistakes.
            let mut earlier = self.fields[..number].iter();
            if earlier.any(|(other, _)| other == key) {
                problems.push(FieldProblem::new(
                    self.path(key),
                    ProblemCode::Twice,
                    "each key once",
                ));
            } else if !known.contains(&&**key) {
                let shown = discreet(key);
                problems.push(FieldProblem::unknown_key(self.path(&shown), &shown, known));
            }
        }
    }

    /// Where `key` stands. A key that is not plain is cut, so that a path stays readable.
    pub(super) fn path(&self, key: &str) -> String {
        let key: String = key
            .chars()
            .take(64)
            .map(|c| if c.is_control() { '\u{fffd}' } else { c })
            .collect();
        if self.at.is_empty() {
            key
        } else {
            format!("{}.{key}", self.at)
        }
    }

    /// What stands at `key`; `null` counts as absent.
    pub(super) fn get(&self, key: &str) -> Option<&'a Node<'a>> {
        self.fields
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, node)| node)
            .filter(|node| **node != Node::Null)
    }

    /// What stands at `key`, which must be there.
    pub(super) fn require(
        &self,
        key: &str,
        expected: &str,
        problems: &mut Problems,
    ) -> Option<&'a Node<'a>> {
        let found = self.get(key);
        if found.is_none() {
            problems.push(FieldProblem::new(
                self.path(key),
                ProblemCode::Missing,
                expected,
            ));
        }
        found
    }

    /// A text by `rule`, which must be there.
    pub(super) fn text(
        &self,
        key: &str,
        rule: TextRule,
        problems: &mut Problems,
    ) -> Option<&'a str> {
        let node = self.require(key, &rule.expected(), problems)?;
        as_text(node, &self.path(key), rule, problems)
    }

    /// A text by `rule`, if it is there.
    pub(super) fn text_if_any(
        &self,
        key: &str,
        rule: TextRule,
        problems: &mut Problems,
    ) -> Option<&'a str> {
        as_text(self.get(key)?, &self.path(key), rule, problems)
    }

    /// A word from a list, which must be there.
    pub(super) fn word<T: FromStr>(
        &self,
        key: &str,
        expected: &str,
        problems: &mut Problems,
    ) -> Option<T> {
        let node = self.require(key, expected, problems)?;
        as_word(node, &self.path(key), expected, problems)
    }

    /// A word from a list, if it is there.
    pub(super) fn word_if_any<T: FromStr>(
        &self,
        key: &str,
        expected: &str,
        problems: &mut Problems,
    ) -> Option<T> {
        as_word(self.get(key)?, &self.path(key), expected, problems)
    }

    /// From when on, if it is there: an instant, or none when nobody set it.
    pub(super) fn since_if_any(&self, key: &str, problems: &mut Problems) -> Option<Timestamp> {
        let node = self.get(key)?;
        let found = as_moment(node, &self.path(key), problems)?;
        self.unless(key, node, found, Moment::Never, problems)
    }

    /// Until when, if it is there: an instant, or none for ever.
    pub(super) fn until_if_any(&self, key: &str, problems: &mut Problems) -> Option<Timestamp> {
        let node = self.get(key)?;
        let found = as_moment(node, &self.path(key), problems)?;
        self.unless(key, node, found, Moment::Unset, problems)
    }

    /// When something was, which must be there: neither never nor unset.
    pub(super) fn instant(&self, key: &str, problems: &mut Problems) -> Option<Timestamp> {
        let node = self.require(key, INSTANT, problems)?;
        let found = as_moment(node, &self.path(key), problems)?;
        let at = self.unless(key, node, found, Moment::Never, problems);
        if found == Moment::Unset {
            self.unless(key, node, found, Moment::Unset, problems)
        } else {
            at
        }
    }

    /// The instant, if it is one; `wrong` is a mistake here.
    fn unless(
        &self,
        key: &str,
        node: &Node<'_>,
        found: Moment,
        wrong: Moment,
        problems: &mut Problems,
    ) -> Option<Timestamp> {
        if found == wrong {
            let hint = match wrong {
                Moment::Never => {
                    "this is how never is written: what never happens need not be told"
                }
                Moment::Unset => {
                    "this is how it is written that nobody set it: leave it out, or say when"
                }
                Moment::At(_) => INSTANT,
            };
            problems.push(
                FieldProblem::new(self.path(key), ProblemCode::BadTime, INSTANT)
                    .value(&node.shown())
                    .hint(hint),
            );
        }
        match found {
            Moment::At(at) => Some(at),
            Moment::Never | Moment::Unset => None,
        }
    }

    /// A subject, if it is there.
    pub(super) fn subject_if_any(&self, key: &str, problems: &mut Problems) -> Option<Subject> {
        let (node, path) = (self.get(key)?, self.path(key));
        let inner = Reader::open(node, &path, &["kind", "id"], problems)?;
        let kind = inner.text("kind", WORD, problems);
        let id = inner.text("id", SUBJECT_ID, problems);
        Some(
            Subject {
                kind: kind?.into(),
                id: id?.into(),
            }
            .trimmed(),
        )
    }

    /// A list of at most `most`, if it is there.
    pub(super) fn list_if_any(
        &self,
        key: &str,
        most: usize,
        problems: &mut Problems,
    ) -> Option<&'a [Node<'a>]> {
        let node = self.get(key)?;
        let Node::List(entries) = node else {
            problems.push(wrong_type(&self.path(key), "a list", node));
            return None;
        };
        if entries.len() > most {
            let expected = format!("at most {most} entries");
            problems.push(
                FieldProblem::new(self.path(key), ProblemCode::OutOfRange, expected)
                    .value(&format!("{} entries", entries.len())),
            );
            return None;
        }
        Some(entries)
    }
}

/// The mistake of something that should be a whole number of cents. Money is read in this one way
/// wherever it stands. A number with a point is refused also when it is a whole one: `5.00` may be
/// meant as euro, and `71250.0` as cents, and nobody can tell.
pub(super) fn not_cents(path: &str, node: &Node<'_>) -> FieldProblem {
    let problem = wrong_type(
        path,
        "a whole number of at most 64 bits: euro cents for money",
        node,
    );
    match node {
        Node::Text(_) => problem.hint("write the number without quotes: 12.50 euro is 1250"),
        Node::Number(number) if number.as_f64().is_some_and(|n| n.fract() == 0.0) => {
            problem.hint("write it without a point: whether cents or euro are meant is not guessed")
        }
        Node::Number(_) => problem.hint("no fraction: 12.50 euro is 1250"),
        _ => problem,
    }
}

/// The mistake of another JSON type.
pub(super) fn wrong_type(path: &str, expected: &str, node: &Node<'_>) -> FieldProblem {
    let problem = FieldProblem::new(path, ProblemCode::WrongType, expected).value(&node.shown());
    match node {
        Node::List(_) | Node::Object(_) | Node::Null => problem,
        _ => problem.hint(format!("this is {}", node.kind())),
    }
}

/// The text in `node`, by `rule`.
pub(super) fn as_text<'a>(
    node: &'a Node<'_>,
    path: &str,
    rule: TextRule,
    problems: &mut Problems,
) -> Option<&'a str> {
    let Node::Text(text) = node else {
        problems.push(wrong_type(
            path,
            &format!("a text of {}", rule.expected()),
            node,
        ));
        return None;
    };
    match rule.check(path, text) {
        Some(problem) => {
            problems.push(problem);
            None
        }
        None => Some(text),
    }
}

fn as_word<T: FromStr>(
    node: &Node<'_>,
    path: &str,
    expected: &str,
    problems: &mut Problems,
) -> Option<T> {
    let Node::Text(text) = node else {
        problems.push(wrong_type(path, expected, node));
        return None;
    };
    if let Ok(word) = text.parse() {
        return Some(word);
    }
    let problem = FieldProblem::new(path, ProblemCode::UnknownWord, expected);
    let problem = problem.value(&discreet(text));
    let words: Vec<&str> = expected
        .split([',', ' '])
        .filter(|word| !word.is_empty() && *word != "or")
        .collect();
    problems.push(match super::problem::nearest(text, &words) {
        Some(near) => problem.hint(format!("did you mean {near:?}?")),
        None => problem,
    });
    None
}

fn as_moment(node: &Node<'_>, path: &str, problems: &mut Problems) -> Option<Moment> {
    let Node::Text(text) = node else {
        problems.push(wrong_type(path, INSTANT, node));
        return None;
    };
    let found = moment(text);
    if found.is_none() {
        let problem = FieldProblem::new(path, ProblemCode::BadTime, INSTANT).value(text);
        problems
            .push(problem.hint("the date must exist, lie between 1970 and 9998 (9999 is never), and have seconds and an offset"));
    }
    found
}
