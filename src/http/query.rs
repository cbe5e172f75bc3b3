//! Owns the reading of a query's parameters. Refuses, by name, one that is unknown, there twice, or
//! outside its range: a page of another size than was asked for hides the mistake.

use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Query};
use http::StatusCode;
use http::request::Parts;
use sluis_model::NotificationId;

use super::problem::Problem;
use crate::app::App;

/// Longest value repeated in an answer, in characters.
const MOST_SHOWN: usize = 80;

/// The parameters of one request, in their order.
#[derive(Debug)]
pub(super) struct Asked(Vec<(String, String)>);

impl FromRequestParts<Arc<App>> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Problem> {
        match Query::<Vec<(String, String)>>::try_from_uri(&parts.uri) {
            Ok(Query(pairs)) => Ok(Self(pairs)),
            Err(_) => Err(bad(
                "the query: expected name=value pairs, joined by `&`, percent-encoded UTF-8",
            )),
        }
    }
}

impl Asked {
    /// Looks at the names.
    ///
    /// # Errors
    /// 400: one that is unknown, or there twice.
    pub(super) fn only(self, known: &[&str]) -> Result<Self, Problem> {
        for (at, (name, _)) in self.0.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                return Err(bad(format!(
                    "{:?}: expected one of {}",
                    shown(name),
                    known.join(", ")
                )));
            }
            if self.0[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(bad(format!("{name}: expected once")));
            }
        }
        Ok(self)
    }

    /// What stands at `name`; nothing, or an empty value, is none.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// What stands at `name`, also nothing: a word from a list, which an empty one is not.
    pub(super) fn word(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The number at `name`, `usual` when it is left out.
    ///
    /// # Errors
    /// 400: not a whole number, or out of range. Empty is no number.
    pub(super) fn number(
        &self,
        name: &str,
        range: RangeInclusive<usize>,
        usual: usize,
    ) -> Result<usize, Problem> {
        let Some((_, text)) = self.0.iter().find(|(known, _)| known == name) else {
            return Ok(usual);
        };
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse()
            .ok()
            .filter(|number| digits && range.contains(number))
            .ok_or_else(|| {
                bad(format!(
                    "{name} {:?}: expected a whole number from {} to {}",
                    shown(text),
                    range.start(),
                    range.end()
                ))
            })
    }

    /// The id at `name`.
    ///
    /// # Errors
    /// 400: not an id.
    pub(super) fn id(&self, name: &str) -> Result<Option<NotificationId>, Problem> {
        self.text(name)
            .map(|text| {
                text.parse()
                    .map_err(|error| bad(format!("{name}: {error}")))
            })
            .transpose()
    }
}

/// 400 with what was wrong.
pub(super) fn bad(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "bad_query", detail)
}

/// The beginning of what was given, for people.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(MOST_SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Asked {
        Asked(
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn a_number_out_of_its_range_is_refused_by_name() {
        for (value, expected) in [
            ("1", Some(1)),
            ("200", Some(200)),
            ("0", None),
            ("201", None),
            ("-1", None),
            ("+5", None),
            ("", None),
        ] {
            let read = asked(&[("limit", value)]).number("limit", 1..=200, 50);
            match (read, expected) {
                (Ok(number), Some(expected)) => assert_eq!(number, expected),
                (Err(problem), None) => assert!(
                    problem.detail().starts_with("limit "),
                    "{value:?}: {}",
                    problem.detail()
                ),
                (read, _) => panic!("{value:?}: {read:?}"),
            }
        }
        assert_eq!(asked(&[]).number("limit", 1..=200, 50).unwrap(), 50);
    }

    #[test]
    fn a_parameter_that_is_unknown_or_there_twice_is_refused_by_name() {
        assert!(
            asked(&[("after", ""), ("limit", "1")])
                .only(&["after", "limit"])
                .is_ok()
        );
        let unknown = asked(&[("limits", "1")])
            .only(&["after", "limit"])
            .unwrap_err();
        assert!(
            unknown.detail().contains("\"limits\""),
            "{}",
            unknown.detail()
        );
        assert!(
            asked(&[("limit", "1"), ("limit", "2")])
                .only(&["after", "limit"])
                .is_err()
        );
    }

    #[test]
    fn empty_is_from_the_beginning() {
        assert_eq!(asked(&[("after", "")]).id("after").unwrap(), None);
        assert!(asked(&[("after", "x")]).id("after").is_err());
    }
}
