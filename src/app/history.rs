//! Undo and redo: snapshots of what can be undone. Annotations are shared between snapshots, so one costs little.

use super::correct::Layers;
use crate::classify::clean::Recipe;
use crate::cube::NamedIndex;
use crate::labels::{Annotations, Legend};
use crate::model::ModelSpec;
use crate::project::{Bookmark, Site};
use crate::source::Basemap;

/// Steps kept.
const KEPT: usize = 500;

/// What undo brings back.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Annotations.
    pub annotations: Annotations,
    /// The legend.
    pub legend: Legend,
    /// The project's inward buffer, in metres.
    pub buffer_m: f64,
    /// What to train, and how.
    pub model: ModelSpec,
    /// Indices of the project's own.
    pub indices: Vec<NamedIndex>,
    /// Sites that were taken off the list, each with its place.
    pub removed_sites: Vec<(usize, Site)>,
    /// The basemap.
    pub basemap: Basemap,
    /// Places with a name.
    pub bookmarks: Vec<Bookmark>,
    /// How maps are cleaned.
    pub cleaning: Recipe,
    /// Corrections of maps by hand.
    pub(super) corrections: Layers,
}

/// Snapshots before and after now, each with the name of the change.
#[derive(Debug, Default)]
pub struct History {
    past: Vec<(String, Snapshot)>,
    future: Vec<(String, Snapshot)>,
}

impl History {
    /// Remembers how it was `before` a change; what was undone is forgotten.
    pub fn record(&mut self, change: impl Into<String>, before: Snapshot) {
        self.past.push((change.into(), before));
        if self.past.len() > KEPT {
            self.past.remove(0);
        }
        self.future.clear();
    }

    /// Goes one step back: takes `now`, gives how it was and the name of the change.
    pub fn undo(&mut self, now: Snapshot) -> Option<(String, Snapshot)> {
        let (change, before) = self.past.pop()?;
        self.future.push((change.clone(), now));
        Some((change, before))
    }

    /// Goes one step forward again.
    pub fn redo(&mut self, now: Snapshot) -> Option<(String, Snapshot)> {
        let (change, after) = self.future.pop()?;
        self.past.push((change.clone(), now));
        Some((change, after))
    }

    /// The change that undo would take back.
    pub fn undoes(&self) -> Option<&str> {
        self.past.last().map(|(change, _)| change.as_str())
    }

    /// The change that redo would make again.
    pub fn redoes(&self) -> Option<&str> {
        self.future.last().map(|(change, _)| change.as_str())
    }
}
