//! The walks: for each of the three people a few steps, each at a control that is really there.

use super::Anchor;
use crate::app::Page;
use crate::project::Pane;
use crate::ui::words::tr;
use lucide_icons::Icon;

/// Whom the hints lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    /// Who draws annotations.
    Annotator,
    /// Who reads series.
    Analyst,
    /// Who makes maps.
    Mapper,
}

/// A step of a walk.
pub struct Step {
    /// What it tells of.
    pub anchor: Anchor,
    /// The page it is on.
    pub page: Page,
    /// What it tells.
    pub words: &'static str,
}

impl Walk {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Annotator, Self::Analyst, Self::Mapper];

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Annotator => tr!("Draw annotations"),
            Self::Analyst => tr!("Read the years of pixels"),
            Self::Mapper => tr!("Train a model and make a map"),
        }
    }

    /// What comes of it.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Annotator => tr!("Polygons where the class is beyond doubt"),
            Self::Analyst => tr!("Series of pixels, dates and composites compared"),
            Self::Mapper => tr!("A map of the site, and how far it can be trusted"),
        }
    }

    /// Its icon.
    pub fn icon(self) -> Icon {
        match self {
            Self::Annotator => Icon::Pencil,
            Self::Analyst => Icon::ChartSpline,
            Self::Mapper => Icon::Map,
        }
    }

    /// Its steps.
    pub fn steps(self) -> Vec<Step> {
        let step = |page, anchor, words| Step { anchor, page, words };
        match self {
            Self::Annotator => {
                let on = |anchor, words| step(Page::Label, anchor, words);
                vec![
                    on(
                        Anchor::Page(Page::Label),
                        tr!("Annotations are drawn on the Label page. F2 brings you here from everywhere."),
                    ),
                    on(
                        Anchor::Pane(Pane::Page),
                        tr!(
                            "Pick the class here, or with the keys 1 to 9. New classes, presets and files are here too."
                        ),
                    ),
                    on(
                        Anchor::Map,
                        tr!(
                            "Click the corners of a polygon, only where you are sure; a double click finishes it. Ritmo takes the pure pixels within."
                        ),
                    ),
                    on(
                        Anchor::Pane(Pane::Series),
                        tr!(
                            "The years of what you drew are here. Pixels that stand apart are marked, and O drops them."
                        ),
                    ),
                ]
            }
            Self::Analyst => {
                let on = |anchor, words| step(Page::Look, anchor, words);
                vec![
                    on(
                        Anchor::Map,
                        tr!(
                            "Point at a pixel to read its year; click to pin it, and compare it with others."
                        ),
                    ),
                    on(
                        Anchor::Pane(Pane::Series),
                        tr!("Choose the bands and indices to see, how gaps are filled, and a smooth line."),
                    ),
                    on(
                        Anchor::Pane(Pane::Dates),
                        tr!("Each bar is a date, as high as it was clear. Left and Right step, Space plays."),
                    ),
                    on(
                        Anchor::Pane(Pane::Page),
                        tr!("Choose what the map shows: natural colour, infrared, or any index."),
                    ),
                ]
            }
            Self::Mapper => vec![
                step(
                    Page::Map,
                    Anchor::Page(Page::Map),
                    tr!("Models are trained, and maps made, on the Map page."),
                ),
                step(
                    Page::Map,
                    Anchor::Pane(Pane::Page),
                    tr!(
                        "Train learns from all annotations and shows how it goes; Train and map paints the map as it comes."
                    ),
                ),
                step(
                    Page::Map,
                    Anchor::Pane(Pane::Layers),
                    tr!("Show and hide the map here, and see the image through it."),
                ),
                step(
                    Page::Assess,
                    Anchor::Pane(Pane::Page),
                    tr!("Assess holds the map against annotations that its model has not seen."),
                ),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_walk_has_three_or_four_steps() {
        for walk in Walk::ALL {
            assert!((3..=4).contains(&walk.steps().len()), "{walk:?}");
        }
    }
}
