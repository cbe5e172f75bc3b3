//! The bodies of the fuzz targets, shared with the stable runs. Refuses to decide what is an
//! interesting input.

pub mod cases;
pub mod targets;
