//! Owns the sample values of households: who is in one, a group, its parts.

use sluis_model::{
    Addressed, Addressee, Cause, CorporationId, Event, GroupStop, Grouped, Household, Input,
    Intent, Member, NamedIn, NotTold, Notification, OpenPart, PartNews, PartOf, Role, StopPart,
    WhyNot,
};

use crate::values::{AT, ID, notification};

fn part_of() -> PartOf {
    PartOf {
        group: ID,
        household: "C-77".into(),
        together: true,
    }
}

fn news() -> PartNews {
    PartNews {
        id: ID,
        group: ID,
        end: Some("paid".into()),
        stops: Some("paid".into()),
    }
}

/// Every role once.
pub(crate) fn household() -> Household {
    let member = |role: Role| Member {
        tenant: "H-1001".into(),
        role,
        from: Some(AT),
        until: None,
        is_deceased: role == Role::Child,
        represents: if role.represents() {
            ["H-1002".into()].into()
        } else {
            Box::default()
        },
        is_instead: role.is_told_instead(),
    };
    Household {
        members: Role::ALL.map(member).into(),
    }
}

/// The inputs that version 6 brought.
pub(crate) fn inputs() -> Vec<Input> {
    vec![
        Input::PutHousehold(Box::new(household())),
        Input::InHousehold {
            household: "C-77".into(),
            is_in: true,
        },
        Input::PartNews(Box::new(news())),
        Input::GroupTold { id: ID, stop: true },
        Input::StopPart(Box::new(StopPart {
            id: ID,
            of: part_of(),
            end: "paid".into(),
            note: "desk".into(),
        })),
    ]
}

/// To a household, and to one of it.
pub(crate) fn addressed() -> [(&'static str, Notification); 2] {
    let to = |addressed| Notification {
        addressed,
        ..notification()
    };
    [
        ("to-household", to(Addressed::Household)),
        ("to-part", to(Addressed::Part(Box::new(part_of())))),
    ]
}

/// The events that version 6 brought.
pub(crate) fn events() -> Vec<Event> {
    let id = ID;
    let not = |why| NotTold {
        tenant: "H-1002".into(),
        role: Role::JointTenant,
        why,
    };
    vec![
        Event::GroupFormed {
            id,
            told: vec![Addressee {
                tenant: "H-1001".into(),
                role: Role::Administrator,
                on_behalf_of: ["H-1002".into()].into(),
            }],
            not_told: vec![
                not(WhyNot::Role),
                not(WhyNot::Deceased),
                not(WhyNot::NotYet),
                not(WhyNot::Left),
                not(WhyNot::Represented {
                    by: "H-1001".into(),
                }),
                not(WhyNot::NobodyRepresented),
            ],
            together: true,
        },
        Event::GroupTold { id, stop: false },
        Event::PartEnded {
            id,
            part: 7,
            end: "paid".into(),
        },
        Event::GroupStopping {
            id,
            end: "paid".into(),
            note: "".into(),
            by: Some(7),
        },
        Event::PartTells {
            household: "C-77".into(),
            news: news(),
        },
        Event::PartBarred { part: id },
        Event::HouseholdStored {
            new: true,
            left: vec!["H-1003".into()],
        },
        Event::HouseholdNoted {
            household: "C-77".into(),
            is_in: false,
        },
    ]
}

/// The causes that version 6 brought.
pub(crate) fn causes() -> Vec<Cause> {
    vec![
        Cause::Group {
            group: ID,
            note: "desk".into(),
        },
        Cause::PartsEnded,
    ]
}

/// The intent that version 6 brought.
pub(crate) fn intent() -> Intent {
    Intent::PartNews {
        corporation: CorporationId(7),
        household: "C-77".into(),
        news: news(),
    }
}

/// What is known beside a profile.
pub(crate) fn grouped() -> Grouped {
    let group = sluis_model::Group {
        id: ID,
        parts: vec![sluis_model::Part {
            tenant: "H-1001".into(),
            end: Some("paid".into()),
        }],
        body: Some(Box::new(notification())),
        stop: Some(Box::new(GroupStop {
            end: "paid".into(),
            note: "".into(),
            by: Some(7),
            is_told: true,
        })),
        together: true,
    };
    Grouped {
        household: Some(household()),
        groups: vec![group],
        households: vec![NamedIn {
            household: "C-77".into(),
            is_in: true,
        }],
        parts: vec![OpenPart {
            id: ID,
            of: part_of(),
        }],
        ended: [ID].into(),
    }
}
