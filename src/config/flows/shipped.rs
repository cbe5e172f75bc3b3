//! Owns the list of the files of flows that are part of the program. Refuses to read them.

/// A file below `config/flows` for each path, with what is in it.
macro_rules! built_in {
    ($($path:literal,)+) => {
        &[$(($path, include_str!(concat!("../../../config/flows/", $path))),)+]
    };
}

/// What is built in, by path below the directory of flows.
pub(super) const SHIPPED: &[(&str, &str)] = built_in![
    "appointment.toml",
    "notice.toml",
    "storno.toml",
    "calendars/nl.toml",
    "classes/storno-class.toml",
    "facts/appointment.toml",
    "facts/arrangement.toml",
    "facts/balance.toml",
    "facts/complex.toml",
    "facts/consent.toml",
    "facts/exception.toml",
    "facts/open_amount.toml",
    "facts/payment.toml",
    "facts/segment.toml",
    "scenarios/appointment.toml",
    "scenarios/notice.toml",
    "scenarios/storno.toml",
    "templates/appointment-cancelled-sms.txt",
    "templates/appointment-cancelled.subject.txt",
    "templates/appointment-cancelled.txt",
    "templates/appointment-confirm-sms.txt",
    "templates/appointment-confirm.subject.txt",
    "templates/appointment-confirm.txt",
    "templates/appointment-missed-sms.txt",
    "templates/appointment-missed.subject.txt",
    "templates/appointment-missed.txt",
    "templates/appointment-reminder-sms.txt",
    "templates/appointment-reminder.subject.txt",
    "templates/appointment-reminder.txt",
    "templates/notice-mail.subject.txt",
    "templates/notice-mail.txt",
    "templates/notice-null.txt",
    "templates/notice-sms.txt",
    "templates/storno-mail.en.txt",
    "templates/storno-mail.html",
    "templates/storno-mail.subject.en.txt",
    "templates/storno-mail.subject.txt",
    "templates/storno-mail.txt",
    "templates/storno-sms.en.txt",
    "templates/storno-sms.txt",
];
