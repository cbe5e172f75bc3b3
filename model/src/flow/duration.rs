//! Owns the reading of human durations (`90s`, `48h`, `5d`) in flow files. Refuses units it was not
//! given: a bare number is an error.

/// The text is no duration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a whole number with a unit: ms, s, m, h or d, such as 48h")]
pub struct DurationProblem;

/// Milliseconds in `text`.
///
/// # Errors
/// [`DurationProblem`] when there is no unit, no number, or the number does not fit.
pub fn parse_duration(text: &str) -> Result<i64, DurationProblem> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: i64 = text[..digits].parse().map_err(|_| DurationProblem)?;
    let unit = match &text[digits..] {
        "ms" => 1,
        "s" => crate::time::SECOND,
        "m" => crate::time::MINUTE,
        "h" => crate::time::HOUR,
        "d" => crate::time::DAY,
        _ => return Err(DurationProblem),
    };
    number.checked_mul(unit).ok_or(DurationProblem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_units_and_refuses_the_rest() {
        assert_eq!(parse_duration("48h"), Ok(172_800_000));
        assert_eq!(parse_duration("250ms"), Ok(250));
        for wrong in ["", "5", "h", "5 d", "-1s", "1.5h", "99999999999999999d"] {
            assert_eq!(parse_duration(wrong), Err(DurationProblem), "{wrong}");
        }
    }
}
