//! Polygon: its corners are clicked.

use super::corners::polygon_of;
use crate::app::Command;

pub fn finish(corners: &[[f64; 2]]) -> Option<Command> {
    polygon_of(corners).map(Command::Draw)
}
