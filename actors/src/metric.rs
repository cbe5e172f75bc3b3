//! Owns the idiom of every metric: [`metric_list!`](crate::metric_list) says in one place of a
//! crate a metric's name, kind, help, and its labels with their values; a [`Metric`] gives handles.
//! clippy bans the macros of the crate `metrics` elsewhere. A handle is looked up once and kept:
//! finding it costs more than counting. Refuses a label that is not declared.

#![allow(
    clippy::disallowed_macros,
    reason = "this is the one place that speaks to the recorder"
)]

use std::marker::PhantomData;

use metrics::{Key, Level, Metadata, SharedString};

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only rises.
    Counter,
    /// Rises and falls.
    Gauge,
    /// How often and how much.
    Histogram,
}

impl Kind {
    /// The word of Prometheus for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A label of a metric.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    /// Name as exported.
    pub name: &'static str,
    /// Its values where they are a closed list; none: names of the configuration.
    pub values: Option<fn() -> Vec<&'static str>>,
}

/// One metric: all that is said of it.
#[derive(Clone, Copy, Debug)]
pub struct Described {
    /// Name as exported.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// What it means, when it is normal, what to do.
    pub help: &'static str,
    /// Its labels, in the order in which values are given.
    pub labels: &'static [Label],
}

impl Described {
    /// Tells the recorder what it means.
    pub fn tell(&self) {
        let help = self.help.trim();
        match self.kind {
            Kind::Counter => metrics::describe_counter!(self.name, help),
            Kind::Gauge => metrics::describe_gauge!(self.name, help),
            Kind::Histogram => metrics::describe_histogram!(self.name, help),
        }
    }

    /// Makes the series of every value of a counter, where all its labels are closed lists: a rate
    /// over a series that begins with its first event misses that event. A level or a distribution
    /// has no value that could stand for none.
    pub fn announce(&self) {
        match self.kind {
            Kind::Counter => self
                .combinations()
                .into_iter()
                .for_each(|values| Counter::register(&self.key(values)).increment(0)),
            Kind::Gauge | Kind::Histogram => {}
        }
    }

    fn key(&self, values: Vec<SharedString>) -> Key {
        if values.is_empty() {
            return Key::from_static_name(self.name);
        }
        let label = |(label, value): (&Label, SharedString)| metrics::Label::new(label.name, value);
        let labels: Vec<_> = self.labels.iter().zip(values).map(label).collect();
        Key::from_parts(self.name, labels)
    }

    /// Every combination of the labels' values; none where one of them is open.
    fn combinations(&self) -> Vec<Vec<SharedString>> {
        let lists: Option<Vec<_>> = self.labels.iter().map(|label| label.values).collect();
        let Some(lists) = lists else {
            return Vec::new();
        };
        let mut all = vec![Vec::new()];
        for values in lists {
            let longer = |start: &Vec<SharedString>| {
                let start = start.clone();
                let with = move |value: &'static str| [start.clone(), vec![value.into()]].concat();
                values().into_iter().map(with).collect::<Vec<_>>()
            };
            all = all.iter().flat_map(longer).collect();
        }
        all
    }
}

/// A [`Metric`] that counts.
#[derive(Clone, Copy, Debug)]
pub struct Counter;
/// A [`Metric`] that shows a level.
#[derive(Clone, Copy, Debug)]
pub struct Gauge;
/// A [`Metric`] that shows how often and how much.
#[derive(Clone, Copy, Debug)]
pub struct Histogram;

/// What a handle to a kind of metric is.
pub trait Handles {
    /// The handle.
    type Handle;
    /// The kind, in words.
    const KIND: Kind;
    /// Looks the handle up.
    fn register(key: &Key) -> Self::Handle;
}

static METADATA: Metadata<'static> =
    Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

impl Handles for Counter {
    type Handle = metrics::Counter;
    const KIND: Kind = Kind::Counter;
    fn register(key: &Key) -> metrics::Counter {
        metrics::with_recorder(|recorder| recorder.register_counter(key, &METADATA))
    }
}

impl Handles for Gauge {
    type Handle = metrics::Gauge;
    const KIND: Kind = Kind::Gauge;
    fn register(key: &Key) -> metrics::Gauge {
        metrics::with_recorder(|recorder| recorder.register_gauge(key, &METADATA))
    }
}

impl Handles for Histogram {
    type Handle = metrics::Histogram;
    const KIND: Kind = Kind::Histogram;
    fn register(key: &Key) -> metrics::Histogram {
        metrics::with_recorder(|recorder| recorder.register_histogram(key, &METADATA))
    }
}

/// A metric of this kind with so many labels.
#[derive(Clone, Copy, Debug)]
pub struct Metric<K, const LABELS: usize> {
    described: Described,
    kind: PhantomData<K>,
}

impl<K: Handles, const LABELS: usize> Metric<K, LABELS> {
    /// One of [`metric_list!`](crate::metric_list).
    #[must_use]
    pub const fn new(
        name: &'static str,
        help: &'static str,
        labels: &'static [Label; LABELS],
    ) -> Self {
        let described = Described {
            name,
            kind: K::KIND,
            help,
            labels,
        };
        Self {
            described,
            kind: PhantomData,
        }
    }

    /// All that is said of it.
    #[must_use]
    pub const fn described(&self) -> Described {
        self.described
    }

    /// Name as exported.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.described.name
    }

    /// The handle of the series with these values, one for each label in their order. To be kept
    /// where it is used often.
    pub fn of(&self, values: impl Values<LABELS>) -> K::Handle {
        K::register(&self.described.key(values.each()))
    }
}

/// Values of so many labels.
pub trait Values<const LABELS: usize> {
    /// Each of them.
    fn each(self) -> Vec<SharedString>;
}

impl Values<0> for () {
    fn each(self) -> Vec<SharedString> {
        Vec::new()
    }
}

impl<A: Into<SharedString>> Values<1> for A {
    fn each(self) -> Vec<SharedString> {
        vec![self.into()]
    }
}

impl<A: Into<SharedString>, B: Into<SharedString>> Values<2> for (A, B) {
    fn each(self) -> Vec<SharedString> {
        vec![self.0.into(), self.1.into()]
    }
}

impl<A: Into<SharedString>, B: Into<SharedString>, C: Into<SharedString>> Values<3> for (A, B, C) {
    fn each(self) -> Vec<SharedString> {
        vec![self.0.into(), self.1.into(), self.2.into()]
    }
}

/// Declares the metrics of a crate, a line each, and the list of all of them:
///
/// ```
/// sluis_actors::metric_list! {
///     /// Every metric of this example.
///     pub const ALL;
///     /// Requests read, by line. The first sentence says what is counted.
///     READ: Counter "sluis_example_letters_total" { line in ["business", "intake"], flow };
/// }
/// assert_eq!(ALL[0].labels.len(), 2);
/// READ.of(("intake", "storno")).increment(1);
/// ```
///
/// A label `in` a list has no other values; one without is named by the configuration.
#[macro_export]
macro_rules! metric_list {
    (
        $(#[$about:meta])* $vis:vis const $all:ident;
        $(
            $(#[doc = $help:literal])+
            $metric:ident: $kind:ident $name:literal
                { $($label:ident $(in $values:expr)?),* };
        )+
    ) => {
        $(
            $(#[doc = $help])+
            $vis const $metric: $crate::metric::Metric<
                $crate::metric::$kind,
                { <[&str]>::len(&[$(stringify!($label)),*]) },
            > = $crate::metric::Metric::new(
                $name,
                concat!($($help),+),
                &[$($crate::metric::Label {
                    name: stringify!($label),
                    values: $crate::metric_list!(@values $($values)?),
                }),*],
            );
        )+
        $(#[$about])*
        $vis const $all: &[$crate::metric::Described] = &[$($metric.described()),+];
    };
    (@values) => { None };
    (@values $values:expr) => { Some(|| $values.into_iter().collect()) };
}

#[cfg(test)]
mod tests {
    metric_list! {
        /// Every metric of these tests.
        const ALL;
        /// Two closed lists.
        CLOSED: Counter "closed_total" { line in ["a", "b"], edge in ["x", "y", "z"] };
        /// One of them is open.
        OPEN: Counter "open_total" { line in ["a", "b"], flow };
        /// No label.
        PLAIN: Gauge "plain_records" {};
    }

    #[test]
    fn a_list_says_kind_help_and_labels() {
        let said: Vec<_> = ALL
            .iter()
            .map(|metric| (metric.name, metric.kind.name(), metric.help.trim()))
            .collect();
        assert_eq!(said[0], ("closed_total", "counter", "Two closed lists."));
        assert_eq!(said[2], ("plain_records", "gauge", "No label."));
        let names: Vec<_> = OPEN.described().labels.iter().map(|l| l.name).collect();
        assert_eq!(names, ["line", "flow"]);
    }

    #[test]
    fn only_what_is_closed_can_be_told_ahead() {
        assert_eq!(CLOSED.described().combinations().len(), 6);
        assert!(OPEN.described().combinations().is_empty());
        assert_eq!(PLAIN.described().combinations().len(), 1);
    }

    #[test]
    fn a_key_has_the_labels_in_their_order() {
        let key = CLOSED.described().key(vec!["a".into(), "z".into()]);
        let labels: Vec<_> = key.labels().map(|l| (l.key(), l.value())).collect();
        assert_eq!(labels, [("line", "a"), ("edge", "z")]);
        assert_eq!(PLAIN.described().key(Vec::new()).name(), "plain_records");
    }
}
