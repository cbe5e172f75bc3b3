//! Owns how an error is told to a person: what happened, then each cause that says something new.
//! Refuses to say the same twice: many errors have the words of their cause in their own.

/// An error with its causes.
pub(super) fn told(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{path}: cannot be read: {source}")]
    struct Outer {
        path: &'static str,
        source: std::io::Error,
    }

    #[test]
    fn a_cause_that_was_told_is_not_told_again() {
        let outer = Outer {
            path: "/etc/key",
            source: std::io::Error::other("no such file"),
        };
        let error = anyhow::Error::new(outer).context("corporation.demo");
        let expected = "corporation.demo: /etc/key: cannot be read: no such file";
        assert_eq!(told(&error), expected);
        assert_ne!(format!("{error:#}"), expected);
    }

    #[test]
    fn a_cause_that_is_new_is_told() {
        let error: anyhow::Error = Err::<(), _>(std::io::Error::other("disk full"))
            .context("the copy was cut short")
            .unwrap_err();
        assert_eq!(told(&error), "the copy was cut short: disk full");
    }
}
