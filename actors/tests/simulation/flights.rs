//! Owns what happens to an attempt under way: it finds no connection, arrives at its provider, or is
//! answered. Its fate is drawn from the seed.

use sluis_actors::Dispatch;
use sluis_model::{AttemptRef, Barred, Channel, MINUTE, NotificationId, Verdict, Why};

use crate::ground::WAYS;
use crate::outside::{Arrival, Fate, Shown};
use crate::planted::Bug;
use crate::safety::bounds::Bounds;
use crate::safety::{Check, doubt, explained};
use crate::shadow::Start;
use crate::station::Flight;
use crate::world::World;

/// How long a supervisor waits for a provider that keeps silent, in milliseconds.
const DEADLINE: i64 = 10 * MINUTE;

impl World {
    /// An attempt under way goes on: it leaves, or its answer comes. `false`: all that are under
    /// way meet silence.
    pub(crate) fn flight(&mut self) -> bool {
        let now = self.clock.peek();
        let mut flights = Vec::new();
        for (number, station) in self.house.stations.iter().enumerate() {
            let speaks = |flight: &Flight| flight.silent_until.is_none_or(|until| until <= now);
            let ready = station
                .flights
                .iter()
                .enumerate()
                .filter(|(_, flight)| speaks(flight));
            flights.extend(ready.map(|(flight, under_way)| (number, flight, under_way.arrival)));
        }
        if flights.is_empty() {
            return false;
        }
        let (station, flight, arrival) = self.chance.providers.pick(&flights);
        let room = match arrival {
            None => self.leave(station, flight),
            Some(arrival) => self.answer(station, flight, arrival),
        };
        self.findings.expect(room, Check::Bounded, || {
            "an internal line had no room for an outcome".into()
        });
        true
    }

    fn leave(&mut self, station: usize, flight: usize) -> bool {
        let trouble = if self.calm { 0 } else { self.plan.trouble };
        let under_way = &self.house.stations[station].flights[flight];
        let dispatch = under_way.dispatch.clone();
        let AttemptRef { id, attempt, .. } = dispatch.attempt;
        if self.chance.providers.chance(trouble / 4) {
            self.note(|| format!("attempt {attempt} of {id} finds no connection"));
            self.no_ways.failed(station, self.clock.peek());
            return self.house.stations[station].withdraw(flight);
        }
        self.body_can_be_read(&dispatch);
        let start = self.started(id, attempt);
        let fate = self.fate(station, trouble);
        let provider = WAYS[station].0;
        let own = self.contracts.serve(station, dispatch.corporation);
        self.findings.expect(own, Check::OwnAccounts, || {
            format!("{id} of {} leaves over {provider}", dispatch.corporation)
        });
        self.note(|| format!("attempt {attempt} of {id} arrives at {provider}: {fate:?}"));
        let arrival = Arrival {
            dispatch,
            provider,
            visit: start.as_ref().map_or(0, |start| start.visit),
            fate,
            shown: Shown::Nothing,
        };
        explained::arrives(&arrival, start.as_ref(), &mut self.findings);
        let keeps_silent = matches!(fate, Fate::KeepsSilent { .. });
        let silent_until = keeps_silent.then(|| self.clock.peek().plus(DEADLINE));
        let (chance, bounces) = (&mut self.chance.providers, self.plan.bounces);
        let arrival = self.outside.arrive(arrival, chance, bounces);
        let station = &mut self.house.stations[station];
        station.left(flight, arrival, silent_until);
        Bounds::arrived(station, &mut self.findings);
        true
    }

    /// What the provider does with what arrives.
    fn fate(&mut self, station: usize, trouble: usize) -> Fate {
        let drawn = Fate::draw(&mut self.chance.providers, trouble);
        let drawn = if WAYS[station].1 == Channel::Machine {
            drawn.of_machine()
        } else {
            drawn
        };
        if self.plan.refuses(station, self.step) {
            Fate::Bars(Barred::Account)
        } else {
            drawn
        }
    }

    /// The body of what leaves stands in the journal where its record says.
    fn body_can_be_read(&mut self, dispatch: &Dispatch) {
        let id = dispatch.attempt.id;
        let read = sluis_actors::read_body(&*self.disk, id, dispatch.body);
        self.findings.expect(read.is_ok(), Check::Explained, || {
            format!("the body of {id} cannot be read back: {read:?}")
        });
    }

    /// The start of an attempt that arrives, if it is known.
    fn started(&mut self, id: NotificationId, attempt: u16) -> Option<Start> {
        let start = self.shadow.known.starts.get(&(id, attempt)).cloned()?;
        doubt::arrives(
            &self.outside,
            &self.shadow,
            id,
            attempt,
            &start,
            &mut self.findings,
        );
        self.accepted.left(start.shard, start.sequence);
        Some(start)
    }

    fn answer(&mut self, station: usize, flight: usize, arrival: usize) -> bool {
        let verdict = self.outside.arrivals[arrival].fate.verdict();
        let broke = matches!(verdict, Verdict::InDoubt { .. });
        let attempt = self.outside.arrivals[arrival].dispatch.attempt;
        self.note(|| {
            format!(
                "attempt {} of {} ends: {}",
                attempt.attempt,
                attempt.id,
                verdict.name()
            )
        });
        self.outside.arrivals[arrival].shown = if broke {
            Shown::Broke
        } else {
            Shown::Said(verdict.clone())
        };
        let why = || Why::new("5.7.1", "as the driver has it");
        let verdict = match self.bug {
            Some(Bug::DoubtTakenForRefusal) if broke => Verdict::Refused {
                class: sluis_model::Refusal::Policy,
                why: why(),
            },
            Some(Bug::DoubtTakenForLater) if broke => Verdict::Retry {
                after_ms: None,
                why: why(),
            },
            Some(Bug::MachineAwayTakenForDone) if WAYS[station].1 == Channel::Machine => {
                done_where_put_off(verdict)
            }
            _ => verdict,
        };
        let now = self.clock.peek();
        self.no_ways.said(&self.plan, station, &verdict, now);
        self.house.stations[station].answered(flight, verdict)
    }
}

/// What a driver says that does not look at how a machine answers.
fn done_where_put_off(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Retry { .. } => Verdict::Delivered {
            provider_id: "p".into(),
        },
        other => other,
    }
}
