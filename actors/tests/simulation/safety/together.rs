//! Households: each addressee is told once and nobody else, an answer waits until all of them have theirs, what
//! stops one stops all before it is acknowledged, and a group ends when all its parts have. Refuses the rules by
//! which the engine chooses: it reads who is in a household once more.

use std::collections::{BTreeMap, BTreeSet};

use sluis_model::{
    Addressed, Addressee, Cause, Event, Fact, Household, Input, Member, NotTold, Notification,
    NotificationId, Role, TenantKey, TenantRecord, Timestamp,
};

use super::{Check, Findings};
use crate::grouped::{Group, Grouped};
use crate::shadow::Shadow;

const TOLD: Check = Check::EachToldOnce;
const STOPPED: Check = Check::StoppedTogether;

/// Groups of which somebody outside knows something.
#[derive(Debug, Default)]
pub(crate) struct Together {
    /// Those whose sender was told that they are accepted.
    answered: BTreeSet<NotificationId>,
    /// Those that an acknowledged fact stopped.
    stopped: BTreeSet<NotificationId>,
}

impl Together {
    /// A sender was told whom his notification went to.
    pub(crate) fn answered(
        &mut self,
        id: NotificationId,
        told: &[Addressee],
        shadow: &Shadow,
        findings: &mut Findings,
    ) {
        let Some(group) = shadow.known.grouped.groups.get(&id) else {
            return;
        };
        let told: Vec<&str> = told.iter().map(|told| &*told.tenant).collect();
        let same = group.told.iter().map(|told| &**told).eq(told);
        findings.expect(same, TOLD, || format!("the answer about {id} names others"));
        self.answered.insert(id);
        all_came(group, &shadow.known.grouped, findings);
    }

    /// A sender was told that what he asked for again was accepted.
    pub(crate) fn repeated(
        &mut self,
        id: NotificationId,
        shadow: &Shadow,
        findings: &mut Findings,
    ) {
        if let Some(group) = shadow.known.grouped.groups.get(&id) {
            self.answered.insert(id);
            all_came(group, &shadow.known.grouped, findings);
        }
    }

    /// A source was told that its fact was taken.
    pub(crate) fn acknowledged(
        &mut self,
        tenant: &TenantKey,
        fact: &Fact,
        shadow: &Shadow,
        findings: &mut Findings,
    ) {
        let grouped = &shadow.known.grouped;
        for (id, part) in grouped.groups_of(tenant) {
            if part.by_fact.as_deref() != Some(&*fact.fact_id) {
                continue;
            }
            if let Some(group) = grouped.groups.get(&id) {
                self.stopped.insert(id);
                all_over(group, grouped, findings);
            }
        }
    }

    /// The process died; the shadow is cut back.
    pub(crate) fn crashed(&self, shadow: &Shadow, findings: &mut Findings) {
        let grouped = &shadow.known.grouped;
        let groups = |ids: &BTreeSet<NotificationId>| -> Vec<&Group> {
            ids.iter().filter_map(|id| grouped.groups.get(id)).collect()
        };
        for group in groups(&self.answered) {
            all_came(group, grouped, findings);
        }
        for group in groups(&self.stopped) {
            all_over(group, grouped, findings);
        }
    }
}

/// Everybody has his, or never will because the group was stopped.
fn all_came(group: &Group, grouped: &Grouped, findings: &mut Findings) {
    let id = group.body.id;
    for tenant in group.addressees() {
        findings.expect(grouped.part(id, &tenant).has_come(), TOLD, || {
            format!(
                "the sender of {id} was told that it is accepted, and {} has nothing",
                tenant.tenant
            )
        });
    }
}

fn all_over(group: &Group, grouped: &Grouped, findings: &mut Findings) {
    let id = group.body.id;
    for tenant in group.addressees() {
        findings.expect(grouped.part(id, &tenant).is_over(), STOPPED, || {
            format!(
                "a fact that stops {id} was acknowledged, and the part of {} goes on",
                tenant.tenant
            )
        });
    }
}

/// A record was handed in, and the shadow has it.
pub(crate) fn decided(record: &TenantRecord, shadow: &Shadow, findings: &mut Findings) {
    for event in &record.events {
        match (event, &record.input) {
            (
                Event::GroupFormed {
                    told,
                    not_told,
                    together,
                    ..
                },
                Input::Notify(body),
            ) => formed(
                (record, body),
                (told, not_told),
                *together,
                shadow,
                findings,
            ),
            (Event::Accepted { .. }, Input::Notify(body)) => {
                came(record, body, shadow, findings);
            }
            (Event::GroupStopping { id, end, .. }, _) => stops(*id, end, shadow, findings),
            (Event::Ended { id, end, cause }, _) => {
                if let Some(group) = shadow.known.grouped.groups.get(id) {
                    ends(group, (end, cause), &shadow.known.grouped, findings);
                }
            }
            _ => {}
        }
    }
}

/// Who is told is who is to be told.
fn formed(
    (record, body): (&TenantRecord, &Notification),
    (told, not_told): (&[Addressee], &[NotTold]),
    together: bool,
    shadow: &Shadow,
    findings: &mut Findings,
) {
    let id = body.id;
    let Some(household) = shadow.known.grouped.households.get(&record.tenant) else {
        return findings.blame(TOLD, || {
            format!("{id} goes to a household that nobody loaded")
        });
    };
    let (roles, answers_for_all) = shadow.flows().grouping(body.flow);
    let expected = whom(household, &roles, record.at);
    let said: BTreeMap<&str, BTreeSet<&str>> = told
        .iter()
        .map(|told| {
            let on_behalf_of = told.on_behalf_of.iter().map(|whom| &**whom);
            (&*told.tenant, on_behalf_of.collect())
        })
        .collect();
    let is_right = said == expected && said.len() == told.len();
    findings.expect(is_right, TOLD, || {
        format!("{id} is told {said:?} instead of {expected:?}, of {household:?}")
    });
    let named: BTreeSet<&str> = household.members.iter().map(|m| &*m.tenant).collect();
    let left_out: BTreeSet<&str> = not_told.iter().map(|not| &*not.tenant).collect();
    let both = said.keys().copied().chain(left_out.iter().copied());
    let is_both = left_out.iter().any(|tenant| said.contains_key(tenant));
    let is_whole = both.collect::<BTreeSet<_>>() == named;
    findings.expect(is_whole && !is_both, TOLD, || {
        format!("{id}: {named:?} are named, {left_out:?} are said not to be told")
    });
    findings.expect(together == answers_for_all, STOPPED, || {
        format!("one of {id} answers for all: {together}")
    });
}

/// Those who are told, each with those for whom, reckoned from the entries one by one.
fn whom<'a>(
    household: &'a Household,
    roles: &[Role],
    now: Timestamp,
) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let is_there = |member: &&Member| {
        !member.is_deceased
            && member.from.is_none_or(|from| from <= now)
            && member.until.is_none_or(|until| now < until)
    };
    let there: Vec<&Member> = household.members.iter().filter(is_there).collect();
    let wanted: BTreeSet<&str> = there
        .iter()
        .filter(|member| roles.contains(&member.role))
        .map(|member| &*member.tenant)
        .collect();
    let mut told: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut replaced = BTreeSet::new();
    for member in there.iter().filter(|member| stands_for(member.role)) {
        let for_whom = member.represents.iter().map(|whom| &**whom);
        let for_whom: BTreeSet<&str> = for_whom.filter(|whom| wanted.contains(whom)).collect();
        if for_whom.is_empty() {
            continue;
        }
        if member.is_instead {
            replaced.extend(for_whom.iter().copied());
        }
        told.entry(&member.tenant).or_default().extend(for_whom);
    }
    for tenant in wanted.difference(&replaced) {
        told.entry(tenant).or_default();
    }
    told
}

const fn stands_for(role: Role) -> bool {
    matches!(
        role,
        Role::Administrator | Role::Guardian | Role::Mentor | Role::Agent
    )
}

/// A part came to its addressee: for the first time, and it is what the household was sent.
fn came(record: &TenantRecord, body: &Notification, shadow: &Shadow, findings: &mut Findings) {
    let Addressed::Part(of) = &body.addressed else {
        return;
    };
    let grouped = &shadow.known.grouped;
    let (id, tenant) = (of.group, &record.tenant);
    let Some(group) = grouped.groups.get(&id) else {
        return findings.blame(TOLD, || {
            format!("{tenant:?} has a part of {id}, which nobody sent")
        });
    };
    let is_told = group.addressees().any(|told| told == *tenant);
    findings.expect(is_told, TOLD, || {
        format!(
            "{tenant:?} has a part of {id}, and is not one of {:?}",
            group.told
        )
    });
    let part = grouped.part(id, tenant);
    findings.expect(part.accepted == 1, TOLD, || {
        format!("{tenant:?} is told of {id} {} times", part.accepted)
    });
    findings.expect(!part.is_barred, STOPPED, || {
        format!("{tenant:?} is told of {id} after it was stopped")
    });
    let as_sent = Notification {
        id: body.id,
        addressed: body.addressed.clone(),
        ..group.body.clone()
    };
    findings.expect(as_sent == *body, TOLD, || {
        format!("{tenant:?} is told something else than {id}")
    });
}

/// A group is stopped for what happened to one of it, or because somebody cancelled it.
fn stops(id: NotificationId, end: &str, shadow: &Shadow, findings: &mut Findings) {
    let grouped = &shadow.known.grouped;
    let Some(group) = grouped.groups.get(&id) else {
        return;
    };
    let right = match group.stopped_by() {
        None => end == "cancelled",
        Some(_) if end == "answered" => group.together,
        Some(by) => {
            let part = grouped.part(id, &by);
            let closes = part.is_stopped || (part.is_closed && group.together);
            closes && part.end.as_deref() == Some(end)
        }
    };
    findings.expect(right, STOPPED, || {
        format!("{id} is stopped as {end:?} by {:?}", group.stopped_by())
    });
}

/// A group ended: all of it has.
fn ends(group: &Group, (end, cause): (&str, &Cause), grouped: &Grouped, findings: &mut Findings) {
    let id = group.body.id;
    findings.expect(matches!(cause, Cause::PartsEnded), STOPPED, || {
        format!("the group {id} ended for another reason than its parts: {cause:?}")
    });
    let mut expected = BTreeSet::new();
    for tenant in group.addressees() {
        let part = grouped.part(id, &tenant);
        findings.expect(part.is_over(), STOPPED, || {
            format!("{id} ended, and the part of {} goes on", tenant.tenant)
        });
        expected.extend(part.end);
    }
    let named = match &group.stopping {
        Some(stopping) => end == &*stopping.end,
        None if expected.len() == 1 => expected.contains(end),
        None => end == "told",
    };
    findings.expect(named, STOPPED, || {
        format!("{id} ended as {end:?}, and its parts as {expected:?}")
    });
}

/// When nothing is under way: what a household believes of its groups is so.
pub(crate) fn settled(shadow: &Shadow, findings: &mut Findings) {
    let grouped = &shadow.known.grouped;
    for (id, group) in &grouped.groups {
        if group.is_handed {
            for tenant in group.addressees() {
                findings.expect(grouped.part(*id, &tenant).has_come(), TOLD, || {
                    format!(
                        "{id} counts as handed out, and {} has nothing",
                        tenant.tenant
                    )
                });
            }
        }
        if group.stopping.as_ref().is_some_and(|stop| stop.is_told) {
            let by = group.stopped_by();
            for tenant in group
                .addressees()
                .filter(|tenant| by.as_ref() != Some(tenant))
            {
                findings.expect(grouped.part(*id, &tenant).is_over(), STOPPED, || {
                    format!(
                        "{id} counts as stopped, and the part of {} goes on",
                        tenant.tenant
                    )
                });
            }
        }
    }
}

/// Nothing more is to come: a group is open as long as one of its parts is, and no longer.
pub(crate) fn drained(shadow: &Shadow, findings: &mut Findings) {
    let grouped = &shadow.known.grouped;
    for (id, group) in grouped
        .groups
        .iter()
        .filter(|(_, group)| group.end.is_none())
    {
        let mut parts = group.addressees().map(|tenant| grouped.part(*id, &tenant));
        let goes_on = parts.any(|part| !part.is_over());
        findings.expect(goes_on && group.is_settled(), Check::EverythingEnds, || {
            format!("the group {id} stays open for ever, one of it goes on: {goes_on}")
        });
    }
}
