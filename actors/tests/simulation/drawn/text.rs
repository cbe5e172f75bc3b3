//! Owns how a drawn flow is written: TOML, as people write it. Refuses to leave out what has a default.

use std::fmt;

use sluis_model::{DAY, HOUR, MINUTE};

use super::draw::Message;
use super::kinds::{Day, DayOf, Kind, Long, Reply, Task, Wait};
use super::{Drawn, Goes};

impl fmt::Display for Goes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Step(name) => write!(f, "\"s{name}\""),
            Self::End(end) => write!(f, "\"end: {end}\""),
            Self::People(list) => write!(f, "\"human: {list}\""),
        }
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WorkingDays(1) => f.write_str("1 working day"),
            Self::WorkingDays(days) => write!(f, "{days} working days"),
            Self::Milliseconds(millis) if millis % DAY == 0 => write!(f, "{}d", millis / DAY),
            Self::Milliseconds(millis) if millis % HOUR == 0 => write!(f, "{}h", millis / HOUR),
            Self::Milliseconds(millis) => write!(f, "{}m", millis / MINUTE),
        }
    }
}

fn fresh(f: &mut fmt::Formatter<'_>, fresh_within: Option<i64>) -> fmt::Result {
    match fresh_within {
        Some(millis) => write!(f, ", fresh_within = \"{}\"", Wait::Milliseconds(millis)),
        None => Ok(()),
    }
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, version, .. } = self;
        writeln!(f, "name = \"{name}\"\nversion = {version}")?;
        writeln!(
            f,
            "purpose = \"collection\"\nhold_for = \"{}\"",
            self.hold_for
        )?;
        writeln!(f, "calendar = \"nl\"\ncounted = {}", self.counted)?;
        if self.has_subject {
            writeln!(f, "subject = \"invoice\"\namount = \"amount_cents\"")?;
        }
        if let Some((roles, answered)) = &self.group {
            let roles: Vec<String> = roles
                .iter()
                .map(|role| format!("\"{}\"", role.name()))
                .collect();
            write!(f, "group = {{ roles = [{}]", roles.join(", "))?;
            match answered {
                Some(true) => write!(f, ", answered = \"all\"")?,
                Some(false) => write!(f, ", answered = \"each\"")?,
                None => {}
            }
            writeln!(f, " }}")?;
        }
        writeln!(
            f,
            "\n[input]\namount_cents = \"money\"\nnumber = \"integer?\""
        )?;
        writeln!(f, "urgent = \"boolean?\"\ncode = \"line\"\ndue = \"date?\"")?;
        writeln!(f, "\n[classes]\ncodes = \"codes\"")?;
        for (number, guard) in self.guards.iter().enumerate() {
            writeln!(f, "\n[[guard]]\nname = \"guard {number}\"")?;
            writeln!(f, "when = \"{}\"", guard.rule.when)?;
            if let Some(millis) = guard.rule.fresh_within {
                writeln!(f, "fresh_within = \"{}\"", Wait::Milliseconds(millis))?;
            }
            writeln!(f, "otherwise = {}", guard.otherwise)?;
        }
        for (number, stop) in self.stops.iter().enumerate() {
            writeln!(
                f,
                "\n[[stop]]\nname = \"stop {number}\"\nwhen = \"{}\"",
                stop.when
            )?;
            writeln!(
                f,
                "close_link = {}\nend = \"{}\"",
                stop.close_link, stop.end
            )?;
        }
        for (name, step) in self.names.iter().zip(&self.steps) {
            writeln!(f, "\n[[step]]\nid = \"s{name}\"")?;
            write!(f, "{step}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(message) => write!(f, "{message}"),
            Self::Wait {
                long,
                then,
                awaited,
            } => {
                write!(f, "wait = {{ {long}, then = {then}")?;
                if let Some((rule, go)) = awaited {
                    write!(f, ", when = \"{}\"", rule.when)?;
                    fresh(f, rule.fresh_within)?;
                    write!(f, ", go = {go}")?;
                }
                writeln!(f, " }}")
            }
            Self::Branch {
                cases,
                otherwise,
                unknown,
            } => {
                writeln!(f, "branch.cases = [")?;
                for case in cases {
                    write!(f, "    {{ when = \"{}\"", case.rule.when)?;
                    fresh(f, case.rule.fresh_within)?;
                    writeln!(f, ", go = {} }},", case.go)?;
                }
                writeln!(f, "]\nbranch.otherwise = {otherwise}")?;
                match unknown {
                    Some(go) => writeln!(f, "branch.unknown = {go}"),
                    None => Ok(()),
                }
            }
            Self::Task(task) => write!(f, "{task}"),
            Self::End(end) => writeln!(f, "end = \"{end}\""),
        }
    }
}

impl fmt::Display for Long {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let until = match self {
            Self::For(span) => return write!(f, "for = \"{span}\""),
            Self::Until(until) => until,
        };
        let at = until.at.strftime("%H:%M");
        write!(f, "until = \"{}\", at = \"{at}\"", until.day)?;
        for (name, go) in [("past", &until.past), ("unknown", &until.unknown)] {
            if let Some(go) = go {
                write!(f, ", {name} = {go}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.of {
            DayOf::Due => "data.due",
            DayOf::ExceptionEnds => "facts.exception.ends_on",
            DayOf::Today => "today",
        })?;
        match self.add {
            0 => Ok(()),
            days if days > 0 => write!(f, " + {days} days"),
            days => write!(f, " - {} days", -days),
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answers: Vec<String> = self.replies.iter().map(reply).collect();
        let answers = answers.join(", ");
        write!(f, "task = {{ list = \"desk\", answers = {{ {answers} }}")?;
        if let Some(after) = self.remind {
            write!(f, ", remind = {{ after = \"{after}\" }}")?;
        }
        if let Some((after, go)) = &self.deadline {
            write!(f, ", deadline = {{ after = \"{after}\", go = {go} }}")?;
        }
        writeln!(f, " }}")
    }
}

fn reply(reply: &Reply) -> String {
    let Reply {
        name,
        go,
        has_fields,
    } = reply;
    match has_fields {
        true => format!(
            "\"{name}\" = {{ fields = {{ count = \"integer\", sure = \"boolean?\" }}, go = {go} }}"
        ),
        false => format!("\"{name}\" = {go}"),
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let via: Vec<String> = self.via.iter().map(|way| format!("\"{way}\"")).collect();
        write!(
            f,
            "send = {{ template = {{ email = \"mail\", sms = \"sms\" }}, via = [{}]",
            via.join(", ")
        )?;
        if let Some(except) = self.except {
            write!(f, ", except = \"{except}\"")?;
        }
        if let Some(legal) = self.legal {
            write!(f, ", legal = \"{legal}\"")?;
        }
        writeln!(f, ", link = {} }}", self.link)?;
        let at_once = [
            ("bounced", &self.bounced),
            ("delivered", &self.delivered),
            ("answered", &self.answered),
            ("capped", &self.capped),
        ];
        for (name, go) in at_once {
            if let Some(go) = go {
                writeln!(f, "on.{name} = {go}")?;
            }
        }
        for (name, after) in [("unanswered", &self.unanswered), ("settled", &self.settled)] {
            if let Some((span, go)) = after {
                writeln!(f, "on.{name} = {{ after = \"{span}\", go = {go} }}")?;
            }
        }
        Ok(())
    }
}
