//! Owns the reading of a household from JSON: its people, their roles and dates, whom somebody
//! represents. Refuses a representative of nobody, and to guess a role.

use sluis_model::{Household, Member, Role, Timestamp};

use super::confirmed::{checked_on, over_after};
use super::node::Node;
use super::problem::{FieldProblem, ProblemCode};
use super::reader::{Problems, Reader, as_text, wrong_type};
use super::rules::TENANT_ID;

/// Longest body, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

const KEYS: [&str; 1] = ["members"];
const MEMBER: [&str; 7] = [
    "tenant_id",
    "role",
    "from",
    "until",
    "deceased",
    "represents",
    "told",
];
const ROLES: &str = "tenant, joint_tenant, resident, child, parent, neighbour, contact, bewindvoerder, curator, mentor or gemachtigde";
const DAY: &str = "a day such as 2026-11-30, or an RFC 3339 instant";

/// Reads `{members: [{tenant_id, role, from?, until?, deceased?, represents?: [tenant_id], told?}]}`.
///
/// # Errors
/// Every mistake, each with its path.
pub fn parse(bytes: &[u8]) -> Result<Household, Vec<FieldProblem>> {
    if bytes.len() > MAX_BODY {
        let expected = format!("at most {MAX_BODY} bytes");
        let problem = FieldProblem::new("body", ProblemCode::TooLong, expected);
        return Err(vec![problem.value(&format!("{} bytes", bytes.len()))]);
    }
    let node = Node::parse(bytes, "body").map_err(|problem| vec![problem])?;
    let mut problems = Problems::new();
    let household = Reader::open(&node, "", &KEYS, &mut problems)
        .and_then(|reader| read(&reader, &mut problems));
    match household {
        Some(household) if problems.is_empty() => Ok(household),
        _ => Err(problems),
    }
}

fn read(reader: &Reader<'_>, problems: &mut Problems) -> Option<Household> {
    reader.require("members", "a list of members", problems)?;
    let entries = reader.list_if_any("members", Household::MAX_MEMBERS, problems)?;
    let mut household = Household::default();
    for (index, entry) in entries.iter().enumerate() {
        let path = format!("members[{index}]");
        let Some(reader) = Reader::open(entry, &path, &MEMBER, problems) else {
            continue;
        };
        let Some(member) = member(&reader, problems) else {
            continue;
        };
        let is_same = |known: &Member| known.tenant == member.tenant && known.role == member.role;
        if household.members.iter().any(is_same) {
            let expected = "each person once in a role";
            let problem = FieldProblem::new(path.as_str(), ProblemCode::Twice, expected);
            problems.push(problem.value(&member.tenant));
        }
        household.members.push(member);
    }
    // Where an entry cannot be read, nobody knows who stands there.
    if household.members.len() == entries.len() {
        check_represented(&household, problems);
    }
    Some(household)
}

fn member(reader: &Reader<'_>, problems: &mut Problems) -> Option<Member> {
    let tenant = reader.text("tenant_id", TENANT_ID, problems);
    let role = reader.word::<Role>("role", ROLES, problems);
    let from = day(reader, "from", checked_on, problems);
    let until = day(reader, "until", over_after, problems);
    if let (Some(from), Some(until)) = (from, until)
        && until <= from
    {
        let problem = FieldProblem::new(
            reader.path("until"),
            ProblemCode::Contradiction,
            "a day that is not before `from`",
        );
        problems.push(problem);
    }
    let is_deceased = truth(reader, "deceased", problems);
    let represents = represents(reader, problems);
    let told = reader.word_if_any::<Told>("told", "instead or as_well", problems);
    let (tenant, role) = (tenant?, role?);
    check_role(
        reader,
        role,
        (!represents.is_empty(), told.is_some()),
        problems,
    );
    Some(Member {
        tenant: tenant.into(),
        role,
        from,
        until,
        is_deceased,
        represents: represents.into(),
        is_instead: told.map_or(role.is_told_instead(), |told| told == Told::Instead),
    })
}

/// How a representative is told.
#[derive(PartialEq)]
enum Told {
    Instead,
    AsWell,
}

impl std::str::FromStr for Told {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "instead" => Ok(Self::Instead),
            "as_well" => Ok(Self::AsWell),
            _ => Err(()),
        }
    }
}

/// Who represents says whom, and nobody else does.
fn check_role(
    reader: &Reader<'_>,
    role: Role,
    (represents, told): (bool, bool),
    problems: &mut Problems,
) {
    if role.represents() && !represents {
        let expected = format!("whom the {} represents: tenant_id of members", role.name());
        let path = reader.path("represents");
        problems.push(FieldProblem::new(path, ProblemCode::Missing, expected));
    }
    let expected = "a representative: bewindvoerder, curator, mentor or gemachtigde";
    for (key, is_there) in [("represents", represents), ("told", told)] {
        if is_there && !role.represents() {
            let path = reader.path(key);
            let problem = FieldProblem::new(path, ProblemCode::Contradiction, expected);
            problems.push(problem.value(role.name()));
        }
    }
}

fn represents(reader: &Reader<'_>, problems: &mut Problems) -> Vec<Box<str>> {
    let most = Household::MAX_MEMBERS;
    let entries = reader.list_if_any("represents", most, problems);
    let mut whom: Vec<Box<str>> = Vec::new();
    for (index, entry) in entries.unwrap_or_default().iter().enumerate() {
        let path = format!("{}[{index}]", reader.path("represents"));
        if let Some(tenant) = as_text(entry, &path, TENANT_ID, problems)
            && !whom.iter().any(|known| **known == *tenant)
        {
            whom.push(tenant.into());
        }
    }
    whom
}

/// Everybody who is represented is there, and is not the one who represents.
fn check_represented(household: &Household, problems: &mut Problems) {
    for (index, member) in household.members.iter().enumerate() {
        for whom in &member.represents {
            let is_there = household.members.iter().any(|m| m.tenant == *whom);
            let expected = match is_there {
                false => "the tenant_id of a member of this household",
                true if *whom == member.tenant => "somebody else: nobody represents himself",
                true => continue,
            };
            let path = format!("members[{index}].represents");
            let problem = FieldProblem::new(path, ProblemCode::Contradiction, expected);
            problems.push(problem.value(whom));
        }
    }
}

fn day(
    reader: &Reader<'_>,
    key: &str,
    read: fn(&str) -> Option<Timestamp>,
    problems: &mut Problems,
) -> Option<Timestamp> {
    let node = reader.get(key)?;
    let at = match node {
        Node::Text(text) => read(text),
        _ => None,
    };
    if at.is_none() {
        let problem = FieldProblem::new(reader.path(key), ProblemCode::BadTime, DAY);
        problems.push(problem.value(&node.shown()));
    }
    at
}

fn truth(reader: &Reader<'_>, key: &str, problems: &mut Problems) -> bool {
    match reader.get(key) {
        None => false,
        Some(Node::Boolean(truth)) => *truth,
        Some(other) => {
            problems.push(wrong_type(&reader.path(key), "true or false", other));
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(text: &str) -> Vec<(String, ProblemCode)> {
        let problems = parse(text.as_bytes()).expect_err("it is wrong");
        problems.into_iter().map(|p| (p.path, p.code)).collect()
    }

    #[test]
    fn a_household_is_read_with_its_dates_and_representatives() {
        let read = parse(
            br#"{"members": [{"tenant_id": "H-1", "role": "tenant", "from": "2020-01-01", "until": "2026-11-30"},
                {"tenant_id": "B-1", "role": "bewindvoerder", "represents": ["H-1"], "told": "as_well"},
                {"tenant_id": "C-1", "role": "curator", "represents": ["H-1"], "deceased": true}]}"#,
        )
        .unwrap();
        let until = read.members[0].until.map(crate::explain::rfc3339);
        assert_eq!(until.as_deref(), Some("2026-11-30T23:00:00Z"));
        assert!(!read.members[1].is_instead && read.members[2].is_instead);
        assert!(read.members[2].is_deceased);
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let found = mistakes(
            r#"{"members": [{"tenant_id": " ", "role": "huurder"}, {"tenant_id": "H-1", "role": "tenant", "represents": ["H-2"]},
                {"tenant_id": "B-1", "role": "bewindvoerder", "until": "gisteren", "deceased": "nee", "rol": 1}, 7]}"#,
        );
        let expected = [
            ("members[0].tenant_id", ProblemCode::Empty),
            ("members[0].role", ProblemCode::UnknownWord),
            ("members[1].represents", ProblemCode::Contradiction),
            ("members[2].rol", ProblemCode::UnknownKey),
            ("members[2].until", ProblemCode::BadTime),
            ("members[2].deceased", ProblemCode::WrongType),
            ("members[2].represents", ProblemCode::Missing),
            ("members[3]", ProblemCode::WrongType),
        ];
        let found: Vec<_> = found
            .iter()
            .map(|(path, code)| (path.as_str(), *code))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn who_is_represented_is_checked_also_where_something_else_is_wrong() {
        let found = mistakes(
            r#"{"members": [{"tenant_id": "H-1", "role": "tenant", "until": "gisteren"}, {"tenant_id": "B-1", "role": "curator"},
                {"tenant_id": "B-2", "role": "curator", "represents": ["H-9"]}, {"tenant_id": "B-3", "role": "mentor", "represents": ["B-3"]}]}"#,
        );
        let expected = [
            ("members[0].until", ProblemCode::BadTime),
            ("members[1].represents", ProblemCode::Missing),
            ("members[2].represents", ProblemCode::Contradiction),
            ("members[3].represents", ProblemCode::Contradiction),
        ];
        let found: Vec<_> = found.iter().map(|(path, code)| (&**path, *code)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_representative_stands_for_a_member_and_not_for_himself() {
        let of = |whom: &str| {
            mistakes(&format!(
                r#"{{"members": [{{"tenant_id": "H-1", "role": "tenant"}},
                    {{"tenant_id": "B-1", "role": "curator", "represents": ["{whom}"]}}]}}"#
            ))
        };
        for whom in ["H-9", "B-1"] {
            assert_eq!(
                of(whom),
                [(
                    "members[1].represents".to_owned(),
                    ProblemCode::Contradiction
                )]
            );
        }
        let twice = r#"{"members": [{"tenant_id": "H-1", "role": "tenant"}, {"tenant_id": "H-1", "role": "tenant"}]}"#;
        assert_eq!(
            mistakes(twice),
            [("members[1]".to_owned(), ProblemCode::Twice)]
        );
        let turned = r#"{"members": [{"tenant_id": "H-1", "role": "tenant", "from": "2026-02-02", "until": "2026-02-01"}]}"#;
        assert_eq!(
            mistakes(turned),
            [("members[0].until".to_owned(), ProblemCode::Contradiction)]
        );
        assert_eq!(
            mistakes("{}"),
            [("members".to_owned(), ProblemCode::Missing)]
        );
    }
}
