//! Owns what a story asks of its world, and what it asserts.

use super::World;
use crate::flow::Flow;
use crate::{Cause, Channel, Choice, Event, FlowBook, NotificationId, Open, Phase, PointState};

impl World {
    pub(in crate::decide::tests) fn open(&self, id: NotificationId) -> &Open {
        self.tenant
            .find(id)
            .unwrap_or_else(|| panic!("it ended: {:?}", self.end(id)))
    }

    pub(in crate::decide::tests) fn flow_of(&self, open: &Open) -> &Flow {
        self.flows.flow(open.flow).expect("its flow")
    }

    pub(in crate::decide::tests) fn state(&self, id: NotificationId) -> &'static str {
        self.tenant
            .find(id)
            .map_or("ended", |open| open.phase.name())
    }

    pub(in crate::decide::tests) fn step(&self, id: NotificationId) -> &str {
        let open = self.open(id);
        &self.flow_of(open).steps[usize::from(open.step)].id
    }

    pub(in crate::decide::tests) fn events(&self) -> impl Iterator<Item = &Event> {
        self.journal.iter().flat_map(|line| &line.events)
    }

    pub(in crate::decide::tests) fn end(&self, id: NotificationId) -> Option<(&str, &Cause)> {
        self.events().find_map(|event| match event {
            Event::Ended { id: of, end, cause } if *of == id => Some((&**end, cause)),
            _ => None,
        })
    }

    /// Channel, number and reason of every attempt that was let go, in order.
    pub(in crate::decide::tests) fn attempts(
        &self,
        id: NotificationId,
    ) -> Vec<(Channel, u16, Choice)> {
        let started = self.events().filter_map(|event| match event {
            Event::AttemptStarted {
                id: of,
                channel,
                attempt,
                choice,
                ..
            } if *of == id => Some((*channel, *attempt, *choice)),
            _ => None,
        });
        started.collect()
    }

    pub(in crate::decide::tests) fn channels(&self, id: NotificationId) -> Vec<Channel> {
        self.attempts(id)
            .into_iter()
            .map(|(channel, ..)| channel)
            .collect()
    }

    pub(in crate::decide::tests) fn address_state(&self, value: &str) -> PointState {
        let profile = self.tenant.profile.as_deref().expect("a profile");
        let mut listed = profile.listed();
        let point = listed.find(|point| &*point.value == value);
        point.expect("the contact point").standing()
    }

    #[track_caller]
    pub(in crate::decide::tests) fn assert_ends(&self, id: NotificationId, expected: &str) {
        assert_eq!(
            self.end(id).map(|(end, _)| end),
            Some(expected),
            "it stands at {}",
            self.state(id)
        );
        assert!(self.tenant.find(id).is_none());
    }

    #[track_caller]
    pub(in crate::decide::tests) fn assert_in_line(&self, id: NotificationId, expected: Channel) {
        match self.open(id).phase {
            Phase::Ready { channel, .. } => assert_eq!(channel, expected),
            ref phase => panic!("not in line for {expected}: {phase:?}"),
        }
    }

    #[track_caller]
    pub(in crate::decide::tests) fn assert_task(
        &self,
        id: NotificationId,
        expected: &str,
    ) -> &Cause {
        match &self.open(id).phase {
            Phase::Task { list, asked, .. } if **list == *expected => &asked.cause,
            phase => panic!("not on the list {expected}: {phase:?}"),
        }
    }
}
