//! Owns what people who know another language may have meant. Refuses to take it for right: a
//! condition is read by others than its writer.

use super::lexer::Token;

/// What a word may have meant that stands where none is expected, or that names nothing.
pub(super) fn of(token: &Token) -> &'static str {
    match token {
        Token::Word(word) => of_word(word),
        Token::Compare(_) => "; \"not equal\" is written !=, \"equal\" is written ==",
        Token::Open => "; a list stands in [ ]",
        Token::Text(_) | Token::Number(_) | Token::Plus | Token::Minus => "",
        Token::And | Token::Or | Token::Not => "",
        Token::Close | Token::OpenList | Token::CloseList | Token::Comma => "",
    }
}

pub(super) fn of_word(word: &str) -> &'static str {
    let word = word.to_ascii_lowercase();
    match word.as_str() {
        "and" | "en" => "; \"and\" is written &&",
        "or" | "of" => "; \"or\" is written ||",
        "not" | "niet" => "; \"not\" is written !",
        "is" => "; \"is\" is written ==",
        "null" | "nil" | "none" | "exists" | "undefined" | "empty" => {
            "; whether a value is known is asked with has(…)"
        }
        "between" => "; it is written between(value, least, most)",
        "true" | "waar" => "; it is written true",
        "false" | "onwaar" => "; it is written false",
        "if" | "when" | "als" | "then" | "else" => {
            "; a condition says only what must hold, without if and then"
        }
        "like" | "matches" | "contains" | "startswith" => {
            "; there are no patterns: name the values, as in data.code in ['A', 'B']"
        }
        "interval" | "duration" => "; a time is added as in data.due_date + 14 days",
        "day" | "days" | "dagen" | "week" | "weeks" | "month" | "months" | "hour" | "hours" => {
            "; a time is added as in data.due_date + 14 days, and days are counted by days_between(from, to)"
        }
        "vandaag" | "current_date" | "curdate" | "date" => "; the day is today",
        "nu" | "current_timestamp" => "; the instant is now",
        "facts" => "; a fact is read as facts.<type>.<field>",
        "data" => "; a field is read as data.<field>",
        _ => of_path(&word),
    }
}

/// Something behind a path, as other languages call a method.
fn of_path(word: &str) -> &'static str {
    let method = word.rsplit('.').next().unwrap_or(word);
    match method {
        "adddays" | "plusdays" | "add" | "plus" | "minus" => of_word("duration"),
        "length" | "size" | "tolower" | "trim" => "; a value is compared as it stands",
        _ if word.starts_with("today-") || word.starts_with("now-") => {
            "; put a blank on both sides of -"
        }
        _ => "",
    }
}

/// What the name of a function may have meant that there is not.
pub(super) fn of_call(name: &str) -> &'static str {
    match name.to_ascii_lowercase().as_str() {
        "exists" | "isset" | "defined" | "known" | "isblank" | "isnull" | "coalesce" | "ifnull" => {
            "; whether a value is known is asked with has(…)"
        }
        "dateadd" | "date_add" | "adddays" | "timedelta" | "duration" | "interval" => {
            "; a time is added as in data.due_date + 14 days"
        }
        "datediff" | "daysbetween" | "days" | "timestampdiff" => {
            "; the days from one day to another are days_between(from, to)"
        }
        "date" | "timestamp" | "todate" | "to_date" => {
            "; a day is written in quotes, such as '2026-12-01', or is a field of kind date"
        }
        "today" | "now" | "curdate" | "getdate" | "vandaag" => {
            "; today and now have no parentheses"
        }
        "not" | "and" | "or" => "; && is \"and\", || is \"or\", ! is \"not\"",
        "in" => "; it is written data.code in ['A', 'B']",
        "tenant.prefers" | "prefers" | "preference" | "tenant.preference" => {
            "; what a tenant prefers is asked with tenant.prefers == 'email'"
        }
        "tenant.reachable" | "reachable" | "tenant.reached_by" | "reached_by" => {
            "; how a tenant is reached is asked with tenant.reached_by_email, or another channel"
        }
        other => of_path(other),
    }
}
