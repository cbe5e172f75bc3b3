//! Owns the check that explanations say what was decided: stories are played by the model itself,
//! with the shipped flows. Refuses records made up by hand, where the model can make them easily.

mod branching;
mod dutch;
mod samples;
mod sentences;
mod setting;
mod walking;
mod world;
