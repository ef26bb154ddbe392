//! How the panes of the window lie, as this person likes it.

use crate::files::write_atomically;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A pane that can be moved, or shown and hidden. The map is none: it takes what is left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pane {
    /// Layers, sites and the cube.
    #[default]
    Layers,
    /// What the page needs.
    Page,
    /// The plot of series.
    Series,
    /// The dates.
    Dates,
}

impl Pane {
    /// All of them; of those on one side the first lies outermost.
    pub const ALL: [Self; 4] = [Self::Layers, Self::Page, Self::Series, Self::Dates];
    /// Those that can be moved: the dates stay below the map.
    pub const MOVABLE: [Self; 3] = [Self::Layers, Self::Page, Self::Series];

    /// Least and greatest width where it lies beside the map, in points.
    pub fn widths(self) -> [f32; 2] {
        match self {
            Self::Layers => [180.0, 440.0],
            Self::Page => [300.0, 560.0],
            Self::Series | Self::Dates => [400.0, 900.0],
        }
    }

    /// Least and greatest height where it lies below the map, in points.
    pub const HEIGHTS: [f32; 2] = [140.0, 520.0];
}

/// Where a pane lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// On the left of the map.
    Left,
    /// On its right.
    Right,
    /// Below it.
    Bottom,
    /// In a window of its own.
    Window,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Left, Self::Right, Self::Bottom, Self::Window];
}

/// Where a pane lies and how large it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spot {
    /// Where.
    pub place: Place,
    /// Whether it is shown.
    pub shown: bool,
    /// Its width beside the map, in points.
    pub width: f32,
    /// Its height below the map, in points.
    pub height: f32,
}

/// How the panes lie. Kept in the user's configuration folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Layout {
    /// Layers, sites and the cube.
    pub layers: Spot,
    /// What the page needs.
    pub page: Spot,
    /// The plot of series.
    pub series: Spot,
    /// The dates.
    pub dates: Spot,
}

impl Default for Layout {
    fn default() -> Self {
        let spot = |place, width, height| Spot { place, shown: true, width, height };
        Self {
            layers: spot(Place::Left, 208.0, 232.0),
            page: spot(Place::Right, 320.0, 232.0),
            series: spot(Place::Bottom, 480.0, 232.0),
            dates: spot(Place::Bottom, 480.0, 52.0),
        }
    }
}

impl Layout {
    /// Where a pane lies.
    pub fn of(&self, pane: Pane) -> Spot {
        match pane {
            Pane::Layers => self.layers,
            Pane::Page => self.page,
            Pane::Series => self.series,
            Pane::Dates => self.dates,
        }
    }

    /// The same, to be changed.
    pub fn of_mut(&mut self, pane: Pane) -> &mut Spot {
        match pane {
            Pane::Layers => &mut self.layers,
            Pane::Page => &mut self.page,
            Pane::Series => &mut self.series,
            Pane::Dates => &mut self.dates,
        }
    }

    /// With sizes that a window can have; the dates stay below the map.
    pub fn sensible(mut self) -> Self {
        for pane in Pane::MOVABLE {
            let usual = Self::default().of(pane);
            let spot = self.of_mut(pane);
            let [least, most] = pane.widths();
            spot.width = if spot.width.is_finite() { spot.width.clamp(least, most) } else { usual.width };
            let [least, most] = Pane::HEIGHTS;
            spot.height = if spot.height.is_finite() { spot.height.clamp(least, most) } else { usual.height };
        }
        self.dates = Spot { shown: self.dates.shown, ..Self::default().dates };
        self
    }
}

/// The layout in its file.
#[derive(Debug, Clone, Default)]
pub struct LayoutFile {
    file: Option<PathBuf>,
}

impl LayoutFile {
    /// Reads the layout; without a file it is the default one and is not kept. Where the file is damaged the default one is
    /// written in its place, and a sentence says so.
    pub fn read(file: Option<PathBuf>) -> (Layout, Self, Option<String>) {
        let this = Self { file };
        let Some(bytes) = this.file.as_deref().and_then(|file| std::fs::read(file).ok()) else {
            return (Layout::default(), this, None);
        };
        match serde_json::from_slice::<Layout>(&bytes) {
            Ok(layout) => (layout.sensible(), this, None),
            Err(why) => {
                let layout = Layout::default();
                this.write(&layout);
                let path = this.file.as_deref().map_or(String::new(), |file| file.display().to_string());
                let words = format!(
                    "The panels lie as they do at first, since {path}, which remembers how you had them, is damaged ({why}). \
                     Drag them again, and it is remembered anew"
                );
                (layout, this, Some(words))
            }
        }
    }

    /// Keeps the layout; failing to keep it harms nothing.
    pub fn write(&self, layout: &Layout) {
        if let (Some(file), Ok(text)) = (&self.file, serde_json::to_vec_pretty(layout)) {
            let _ = file.parent().map(std::fs::create_dir_all);
            let _ = write_atomically(file, &text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_layout_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let path = Some(folder.path().join("layout.json"));
        let (mut layout, file, complaint) = LayoutFile::read(path.clone());
        assert_eq!((&layout, complaint), (&Layout::default(), None));
        layout.series.place = Place::Right;
        layout.layers.shown = false;
        file.write(&layout);
        assert_eq!(LayoutFile::read(path).0, layout);
    }

    #[test]
    fn a_damaged_layout_is_the_default_one_and_this_is_said_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("layout.json");
        for damaged in ["{\"layers\": 3}", "", "{", "7"] {
            std::fs::write(&path, damaged).unwrap();
            let (layout, _, complaint) = LayoutFile::read(Some(path.clone()));
            assert_eq!(layout, Layout::default());
            assert!(complaint.unwrap().contains("layout.json"));
            let (_, _, complaint) = LayoutFile::read(Some(path.clone()));
            assert_eq!(complaint, None, "{damaged}");
        }
    }

    #[test]
    fn what_an_older_program_does_not_know_is_as_at_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("layout.json");
        std::fs::write(&path, r#"{"page": {"place": "left", "shown": true, "width": 350, "height": 200}}"#)
            .unwrap();
        let (layout, _, complaint) = LayoutFile::read(Some(path));
        assert_eq!((layout.page.place, layout.page.width, complaint), (Place::Left, 350.0, None));
        assert_eq!(layout.layers, Layout::default().layers);
    }

    proptest! {
        #[test]
        fn sizes_are_always_such_as_a_window_can_have(width in proptest::num::f32::ANY, height in proptest::num::f32::ANY) {
            let mut layout = Layout::default();
            for pane in Pane::ALL {
                *layout.of_mut(pane) = Spot { place: Place::Right, shown: true, width, height };
            }
            let layout = layout.sensible();
            for pane in Pane::MOVABLE {
                let spot = layout.of(pane);
                prop_assert!((pane.widths()[0]..=pane.widths()[1]).contains(&spot.width));
                prop_assert!((Pane::HEIGHTS[0]..=Pane::HEIGHTS[1]).contains(&spot.height));
            }
            prop_assert_eq!(layout.dates.place, Place::Bottom);
        }
    }
}
