//! Owns what a template may use of the template language, so that none asks for more memory or time
//! than a message may take: the filters and functions that are offered, each with a bound on what
//! it takes and makes, and a budget for all of them together. Refuses what makes much of little:
//! `format`, `pprint`, `map`, `batch`, `slice`, `chain`, `zip`, `namespace`.

use std::cell::Cell;

use minijinja::value::{Rest, Value, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, filters, functions, tests};

/// Longest text that a filter takes or makes, in bytes: no notification's data is longer.
pub(super) const MAX_VALUE: usize = 64 * 1024;
/// Bytes that all filters of one file may go through.
const MAX_WORK: usize = 16 * 1024 * 1024;
/// What a filter costs beside its bytes, and an entry of a list.
const EACH: usize = 16;

thread_local! {
    /// Left of the file that this thread renders, and whether it asked for more. A render never
    /// leaves its thread.
    static LEFT: Cell<usize> = const { Cell::new(0) };
    static EXCEEDED: Cell<bool> = const { Cell::new(false) };
}

/// A file is about to be rendered in this thread.
pub(super) fn begin() {
    LEFT.set(MAX_WORK);
    EXCEEDED.set(false);
}

/// Whether the file asked for more than it may.
pub(super) fn exceeded() -> bool {
    EXCEEDED.get()
}

/// The names of the filters that are offered: minijinja's own, and the engine's.
pub(super) const FILTERS: [&str; 38] = [
    "abs",
    "bool",
    "capitalize",
    "count",
    "d",
    "datum",
    "default",
    "dictsort",
    "e",
    "escape",
    "euro",
    "first",
    "float",
    "indent",
    "int",
    "items",
    "join",
    "json",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "max",
    "min",
    "replace",
    "reverse",
    "round",
    "safe",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "trim",
    "unique",
    "upper",
    "attr",
];

/// Filters whose result is a list: printed, it is longer than what it was made of.
pub(super) const LISTS: [&str; 8] = [
    "dictsort", "items", "lines", "list", "reverse", "sort", "split", "unique",
];

/// An environment with what is offered, and nothing else.
pub(super) fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    let mut offer = |name: &'static str, filter: Value| {
        environment.add_filter(
            name,
            move |state: &mut State<'_, '_>,
                  arguments: Rest<ValueOrKwargs>|
                  -> Result<Value, Error> {
                let arguments = arguments.into_values();
                charge(&arguments)?;
                match name {
                    "replace" => within(replaced(&arguments))?,
                    "join" => within(joined(&arguments))?,
                    "indent" => within(indented(&arguments))?,
                    _ => {}
                }
                let made = filter.call(state, &arguments)?;
                within(size(&made))?;
                Ok(made)
            },
        );
    };
    macro_rules! offer {
        ($($name:literal: $filter:expr),* $(,)?) => { $(offer($name, Value::from_function($filter));)* };
    }
    offer!(
        "abs": filters::abs, "attr": filters::attr, "bool": filters::bool, "capitalize": filters::capitalize,
        "count": filters::length, "d": filters::default, "default": filters::default, "dictsort": filters::dictsort,
        "e": filters::escape, "escape": filters::escape, "first": filters::first, "float": filters::float,
        "indent": filters::indent, "int": filters::int, "items": filters::items, "join": filters::join,
        "last": filters::last, "length": filters::length, "lines": filters::lines, "list": filters::list,
        "lower": filters::lower, "max": filters::max, "min": filters::min, "replace": filters::replace,
        "reverse": filters::reverse, "round": filters::round, "safe": filters::safe, "sort": filters::sort,
        "split": filters::split, "string": filters::string, "sum": filters::sum, "title": filters::title,
        "trim": filters::trim, "unique": filters::unique, "upper": filters::upper,
    );
    add_tests(&mut environment);
    environment.add_function("range", functions::range);
    environment
}

fn add_tests(environment: &mut Environment<'static>) {
    macro_rules! offer {
        ($($name:literal: $test:expr),* $(,)?) => { $(environment.add_test($name, $test);)* };
    }
    offer!(
        "undefined": tests::is_undefined, "defined": tests::is_defined, "none": tests::is_none, "true": tests::is_true,
        "false": tests::is_false, "odd": tests::is_odd, "even": tests::is_even, "divisibleby": tests::is_divisibleby,
        "number": tests::is_number, "integer": tests::is_integer, "string": tests::is_string,
        "startingwith": tests::is_startingwith, "endingwith": tests::is_endingwith, "eq": tests::is_eq, "ne": tests::is_ne,
        "lt": tests::is_lt, "le": tests::is_le, "gt": tests::is_gt, "ge": tests::is_ge, "in": tests::is_in,
    );
}

/// Takes what a filter is given off the budget.
fn charge(arguments: &[Value]) -> Result<(), Error> {
    let sizes = arguments.iter().map(size);
    let taken = sizes.fold(EACH, usize::saturating_add);
    within(taken)?;
    match LEFT.get().checked_sub(taken) {
        Some(left) => LEFT.set(left),
        None => return Err(too_much()),
    }
    Ok(())
}

fn within(size: usize) -> Result<(), Error> {
    if size > MAX_VALUE {
        Err(too_much())
    } else {
        Ok(())
    }
}

fn too_much() -> Error {
    EXCEEDED.set(true);
    Error::new(
        ErrorKind::InvalidOperation,
        "asks for more than a message may take",
    )
}

/// Bytes of a text; of a list, what its entries cost.
fn size(value: &Value) -> usize {
    match value.as_str() {
        Some(text) => text.len(),
        None => value.len().unwrap_or(1).saturating_mul(EACH),
    }
}

fn text(arguments: &[Value], at: usize) -> &str {
    arguments
        .get(at)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// How long the result of `replace` is at most.
fn replaced(arguments: &[Value]) -> usize {
    let (value, from, to) = (text(arguments, 0), text(arguments, 1), text(arguments, 2));
    value
        .matches(from)
        .count()
        .saturating_mul(to.len())
        .saturating_add(value.len())
}

/// How long the result of `join` is at most.
fn joined(arguments: &[Value]) -> usize {
    let Some(entries) = arguments.first().and_then(|list| list.try_iter().ok()) else {
        return 0;
    };
    let between: usize = arguments
        .iter()
        .skip(1)
        .map(|given| given.to_string().len())
        .sum();
    let mut length = 0usize;
    for entry in entries {
        let own = entry
            .as_str()
            .map_or_else(|| entry.to_string().len(), str::len);
        length = length.saturating_add(own).saturating_add(between);
        if length > MAX_VALUE {
            break;
        }
    }
    length
}

/// How long the result of `indent` is at most.
fn indented(arguments: &[Value]) -> usize {
    let value = text(arguments, 0);
    // The width stands first, or by name.
    let named = || {
        arguments
            .iter()
            .find_map(|given| given.get_attr("width").ok()?.as_usize())
    };
    let width = arguments
        .get(1)
        .and_then(Value::as_usize)
        .or_else(named)
        .unwrap_or(4);
    value
        .split('\n')
        .count()
        .saturating_mul(width)
        .saturating_add(value.len())
}
