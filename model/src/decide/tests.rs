//! Owns the tests of `decide` and `evolve`: the shipped flows told as stories, and what must hold
//! after any input. Refuses to test one rule twice: flow compilation is tested in `flow`, the
//! codecs beside their golden files.

mod asked;
mod awaited;
mod barred;
mod branching;
mod bundles;
mod caps;
mod closing;
mod conflicts;
mod contacts;
mod counted;
mod deadlines;
mod declared;
mod delivery;
mod doubt;
mod full;
mod gates;
mod groups;
mod life;
mod migrating;
mod money;
mod parts;
mod people;
mod persons;
mod planned;
mod property;
mod rounds;
mod routing;
mod segments;
mod setting;
mod steering;
mod tenant_asked;
mod unexplained;
mod waits;
mod world;
