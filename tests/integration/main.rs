//! One binary for everything that needs more than one room, a network or a program around it.

// The page of the simulated phones, in a real browser.
mod demo_page;
// Any bytes, through the entry points of the fuzz targets.
mod fuzz;
