//! What one can do by name: one table that menus, keys, the sheet of shortcuts and the palette read, so that they cannot
//! disagree. A new action is a variant here with its title, its group, its keys, when it makes sense and what it does.

mod keys;
mod run;

pub use keys::{Scope, ways, words_of};

use super::map::Tool;
use super::pages::preset_name;
use super::top;
use super::view::View;
use super::words::{Language, tr};
use crate::app::{AppState, Page};
use crate::cube::picture::PRESETS;
use crate::project::Pane;
use std::sync::LazyLock;

/// Something that one can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Turns to a page.
    Page(Page),
    /// Shows the date before.
    DateBefore,
    /// Shows the date after.
    DateAfter,
    /// Plays through the dates, or stops.
    Play,
    /// Shows the site before in the list.
    SiteBefore,
    /// Shows the next site of the list.
    SiteAfter,
    /// Shows where all sites lie.
    AllSites,
    /// Shows the whole site.
    Fit,
    /// Shows or hides annotations.
    Annotations,
    /// Shows or hides the class map.
    ClassMap,
    /// Shows or hides how uncertain the class map is.
    Uncertainty,
    /// Shows or hides the mask.
    Mask,
    /// Shows all annotations.
    AllAnnotations,
    /// Shows pixels large enough to point at.
    LargePixels,
    /// Shows each pixel as a point of the screen.
    OnePoint,
    /// Shows the view before.
    ViewBack,
    /// Shows the view after.
    ViewForward,
    /// Asks for a place to go to.
    GoTo,
    /// Gives the view a name.
    Bookmark,
    /// Stretches the picture to what is in view.
    StretchToView,
    /// Shows all dates as small maps, or the map again.
    Calendar,
    /// Turns to the next way to compare: swipe, side by side, differences, off.
    Compare,
    /// Moves the handle of the swipe to the left.
    HandleLeft,
    /// Moves it to the right.
    HandleRight,
    /// Shows the date before on the right of a comparison.
    OtherBefore,
    /// Shows the date after there.
    OtherAfter,
    /// Makes the topmost picture more transparent.
    Fade,
    /// Makes it more opaque.
    Unfade,
    /// Shows a composite, by its place among the presets.
    Composite(usize),
    /// Opens the page that compares sites and dates.
    CompareSites,
    /// Shows or hides the mosaic.
    Mosaic,
    /// Shows or hides the online basemap.
    Basemap,
    /// Shows or hides a pane.
    Pane(Pane),
    /// Shows the map without panes, or with them again.
    MapAlone,
    /// Shows where panes can be moved to, or stops.
    Arrange,
    /// Lays the panes as they lie at first.
    ResetPanes,
    /// Takes the last corner or change back.
    Undo,
    /// Makes it again.
    Redo,
    /// Trains.
    Train,
    /// Trains, and maps then.
    TrainAndMap,
    /// Switches learning that follows the labels on or off.
    KeepLearning,
    /// Trains the model that follows the labels, once.
    RetrainNow,
    /// Maps the site on screen with the newest model.
    MapSite,
    /// Cleans the map on screen.
    CleanMap,
    /// Maps all sites with the newest model.
    MapAll,
    /// Opens or closes the queue.
    Queue,
    /// Goes to the next uncertain place.
    NextUncertain,
    /// Goes back to the uncertain place before.
    UncertainBefore,
    /// Goes to the next pixels of the cell of the error matrix that is shown.
    NextPixels,
    /// Goes back to the pixels before.
    PixelsBefore,
    /// Asks which maps to merge.
    MergeMaps,
    /// Asks what reference sample to draw of a map.
    DesignReference,
    /// Assesses the map on screen.
    Assess,
    /// Opens the Add imagery page.
    AddImagery,
    /// Asks of which area to fetch imagery.
    ImageryByArea,
    /// Opens the Import labels page.
    ImportLabels,
    /// Asks how a set of chips is to be imported.
    ImportChips,
    /// Asks which map from elsewhere to take in.
    ImportMap,
    /// Asks what labels to export.
    ExportLabels,
    /// Asks which project to open.
    Open,
    /// Asks where to make a project.
    New,
    /// Closes the project.
    Close,
    /// Takes a tool in hand.
    Tool(Tool),
    /// Switches snapping on or off.
    Snapping,
    /// Makes one of the selected annotations.
    Merge,
    /// Deletes the selected annotations.
    Delete,
    /// Drops the pixels of the selected annotation that stand apart.
    DropApart,
    /// Opens or closes the table of annotations.
    Table,
    /// Zooms to the selected annotations.
    ZoomToSelected,
    /// Selects all annotations of the list.
    SelectAll,
    /// Switches between the dark and the light theme.
    Theme,
    /// Speaks a language.
    Language(Language),
    /// Opens or closes the sheet of shortcuts.
    Shortcuts,
    /// Opens the palette.
    Palette,
    /// Opens the hints for the first steps.
    Guide,
}

/// What an action is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Pages, dates and sites.
    Navigate,
    /// The map and its layers.
    Map,
    /// The window and its panes.
    Window,
    /// The project.
    Project,
    /// Drawing.
    Draw,
    /// Editing.
    Edit,
    /// Selecting.
    Select,
    /// Labelling a reference sample.
    Reference,
}

impl Group {
    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Navigate => tr!("Pages, dates and sites"),
            Self::Map => tr!("Map"),
            Self::Window => tr!("Window"),
            Self::Project => tr!("Project"),
            Self::Draw => tr!("Draw"),
            Self::Edit => tr!("Edit"),
            Self::Select => tr!("Select"),
            Self::Reference => tr!("Label a reference sample"),
        }
    }
}

impl Action {
    /// All of them, as lists show them.
    pub fn all() -> &'static [Self] {
        static ALL: LazyLock<Vec<Action>> = LazyLock::new(Action::listed);
        &ALL
    }

    fn listed() -> Vec<Self> {
        let pages = Page::ALL.into_iter().map(Self::Page);
        let panes = Pane::ALL.into_iter().map(Self::Pane);
        let tools = Tool::ALL.into_iter().map(Self::Tool);
        let languages = Language::ALL.into_iter().map(Self::Language);
        let navigate = [Self::DateBefore, Self::DateAfter, Self::Play, Self::SiteBefore, Self::SiteAfter];
        let map = [
            Self::AllSites,
            Self::AllAnnotations,
            Self::Fit,
            Self::OnePoint,
            Self::LargePixels,
            Self::ViewBack,
            Self::ViewForward,
            Self::GoTo,
            Self::Bookmark,
            Self::StretchToView,
            Self::Compare,
            Self::HandleLeft,
            Self::HandleRight,
            Self::OtherBefore,
            Self::OtherAfter,
            Self::Calendar,
            Self::CompareSites,
            Self::Fade,
            Self::Unfade,
            Self::Annotations,
            Self::ClassMap,
            Self::Uncertainty,
            Self::Mask,
            Self::Mosaic,
            Self::Basemap,
            Self::NextUncertain,
            Self::UncertainBefore,
            Self::NextPixels,
            Self::PixelsBefore,
        ];
        let project = [
            Self::Redo,
            Self::Undo,
            Self::Train,
            Self::TrainAndMap,
            Self::RetrainNow,
            Self::KeepLearning,
            Self::MapSite,
            Self::CleanMap,
            Self::MapAll,
            Self::Queue,
            Self::MergeMaps,
            Self::Assess,
            Self::DesignReference,
            Self::ImportLabels,
            Self::ImportChips,
            Self::ImportMap,
            Self::AddImagery,
            Self::ImageryByArea,
            Self::ExportLabels,
            Self::Open,
            Self::New,
            Self::Close,
        ];
        let annotate = [
            Self::Snapping,
            Self::Merge,
            Self::Delete,
            Self::DropApart,
            Self::Table,
            Self::ZoomToSelected,
            Self::SelectAll,
        ];
        let window = [Self::MapAlone, Self::Arrange, Self::ResetPanes, Self::Theme];
        let help = [Self::Shortcuts, Self::Palette, Self::Guide];
        let composites = (0..PRESETS.len()).map(Self::Composite);
        let first =
            pages.chain(navigate).chain(map).chain(composites).chain(project).chain(tools).chain(annotate);
        first.chain(panes).chain(window).chain(languages).chain(help).collect()
    }

    /// What it is about.
    pub fn group(self) -> Group {
        match self {
            Self::Page(_)
            | Self::DateBefore
            | Self::DateAfter
            | Self::Play
            | Self::SiteBefore
            | Self::SiteAfter
            | Self::AllSites => Group::Navigate,
            Self::Fit
            | Self::Annotations
            | Self::ClassMap
            | Self::Mosaic
            | Self::Basemap
            | Self::Mask
            | Self::Uncertainty
            | Self::AllAnnotations
            | Self::LargePixels
            | Self::OnePoint
            | Self::ViewBack
            | Self::ViewForward
            | Self::GoTo
            | Self::Bookmark
            | Self::StretchToView
            | Self::Calendar
            | Self::NextUncertain
            | Self::UncertainBefore
            | Self::NextPixels
            | Self::PixelsBefore
            | Self::Compare
            | Self::HandleLeft
            | Self::HandleRight
            | Self::OtherBefore
            | Self::OtherAfter
            | Self::Fade
            | Self::Unfade
            | Self::Composite(_) => Group::Map,
            Self::Pane(_)
            | Self::MapAlone
            | Self::Arrange
            | Self::ResetPanes
            | Self::Theme
            | Self::Language(_)
            | Self::Shortcuts
            | Self::Palette
            | Self::Guide => Group::Window,
            Self::Redo
            | Self::Undo
            | Self::Train
            | Self::TrainAndMap
            | Self::KeepLearning
            | Self::RetrainNow
            | Self::MapSite
            | Self::CleanMap
            | Self::MapAll
            | Self::Queue
            | Self::MergeMaps
            | Self::Assess
            | Self::DesignReference
            | Self::ImportLabels
            | Self::ImportChips
            | Self::ImportMap
            | Self::AddImagery
            | Self::ImageryByArea
            | Self::ExportLabels
            | Self::CompareSites
            | Self::Open
            | Self::New
            | Self::Close => Group::Project,
            Self::Tool(Tool::Polygon | Tool::Rectangle | Tool::Freehand | Tool::Wand) | Self::Snapping => {
                Group::Draw
            }
            Self::Tool(Tool::Hole | Tool::Split | Tool::Extend)
            | Self::Merge
            | Self::Delete
            | Self::DropApart => Group::Edit,
            Self::Tool(Tool::Select) | Self::Table | Self::ZoomToSelected | Self::SelectAll => Group::Select,
        }
    }

    /// For people, as it stands on the sheet of shortcuts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Page(page) => top::page_title(page),
            Self::DateBefore => tr!("Date before"),
            Self::DateAfter => tr!("Date after"),
            Self::Play => tr!("Play the dates, or stop"),
            Self::SiteBefore => tr!("Site before"),
            Self::SiteAfter => tr!("Next site"),
            Self::AllSites => tr!("All sites on the map"),
            Self::Fit => tr!("Whole site"),
            Self::Annotations => tr!("Show or hide annotations"),
            Self::ClassMap => tr!("Show or hide the class map"),
            Self::Uncertainty => tr!("Show or hide the uncertainty"),
            Self::Mask => tr!("Show or hide the mask"),
            Self::AllAnnotations => tr!("All annotations"),
            Self::LargePixels => tr!("Pixels of 16 points"),
            Self::OnePoint => tr!("Pixels of one point"),
            Self::ViewBack => tr!("View before"),
            Self::ViewForward => tr!("View after"),
            Self::GoTo => tr!("Go to a place…"),
            Self::Bookmark => tr!("Bookmark this view"),
            Self::StretchToView => tr!("Stretch to the view"),
            Self::Calendar => tr!("Calendar of all dates"),
            Self::Compare => tr!("Compare: swipe, side by side, differences, off"),
            Self::HandleLeft => tr!("Swipe to the left"),
            Self::HandleRight => tr!("Swipe to the right"),
            Self::OtherBefore => tr!("Earlier on the right"),
            Self::OtherAfter => tr!("Later on the right"),
            Self::Fade => tr!("Fade the topmost picture"),
            Self::Unfade => tr!("Bring it back"),
            Self::Composite(place) => PRESETS.get(place).map_or("", preset_name),
            Self::CompareSites => tr!("Compare sites and dates…"),
            Self::Mosaic => tr!("Show or hide the mosaic"),
            Self::Basemap => tr!("Show or hide the online basemap"),
            Self::Pane(Pane::Layers) => tr!("Layers and sites"),
            Self::Pane(Pane::Page) => tr!("Panel of the page"),
            Self::Pane(Pane::Series) => tr!("Series plot"),
            Self::Pane(Pane::Dates) => tr!("Dates"),
            Self::MapAlone => tr!("Map alone"),
            Self::Arrange => tr!("Arrange panels"),
            Self::ResetPanes => tr!("Reset panels"),
            Self::Undo => tr!("Undo"),
            Self::Redo => tr!("Redo"),
            Self::Train => tr!("Train"),
            Self::TrainAndMap => tr!("Train and map"),
            Self::KeepLearning => tr!("Keep learning when labels change"),
            Self::RetrainNow => tr!("Retrain now"),
            Self::MapSite => tr!("Map the site with the newest model"),
            Self::CleanMap => tr!("Clean the map"),
            Self::MapAll => tr!("Map all sites"),
            Self::Queue => tr!("Queue of maps"),
            Self::NextUncertain => tr!("Next uncertain place"),
            Self::UncertainBefore => tr!("Uncertain place before"),
            Self::NextPixels => tr!("Next pixels of the cell"),
            Self::PixelsBefore => tr!("Pixels of the cell before"),
            Self::MergeMaps => tr!("Merge maps…"),
            Self::Assess => tr!("Assess the map"),
            Self::DesignReference => tr!("Design a reference sample…"),
            Self::AddImagery => tr!("Add imagery…"),
            Self::ImageryByArea => tr!("Imagery by area…"),
            Self::ImportLabels => tr!("Import labels…"),
            Self::ImportChips => tr!("Import chips…"),
            Self::ImportMap => tr!("Import a map…"),
            Self::ExportLabels => tr!("Export labels…"),
            Self::Open => tr!("Open…"),
            Self::New => tr!("New…"),
            Self::Close => tr!("Close"),
            Self::Tool(tool) => tool_name(tool),
            Self::Snapping => tr!("Snapping on or off"),
            Self::Merge => tr!("Merge the selected"),
            Self::Delete => tr!("Delete the selected"),
            Self::DropApart => tr!("Drop pixels that stand apart"),
            Self::Table => tr!("Table of annotations"),
            Self::ZoomToSelected => tr!("Zoom to the selected"),
            Self::SelectAll => tr!("Select all of the list"),
            Self::Theme => tr!("Dark or light theme"),
            Self::Language(language) => language.own_name(),
            Self::Shortcuts => tr!("Shortcuts"),
            Self::Palette => tr!("Find a command"),
            Self::Guide => tr!("What would you like to do?"),
        }
    }

    /// For people, alone in a menu or in the palette: [`Action::name`], with what it is about where that is not plain.
    pub fn title(self, state: &AppState, view: &View) -> String {
        let name = self.name();
        match self {
            Self::Tool(_) => tr!("{tool} (tool)", tool = name),
            Self::Language(_) => tr!("Language {name}", name = name),
            Self::Unfade => tr!("Bring the topmost picture back").into(),
            Self::Theme if state.recent.light => tr!("Dark theme").into(),
            Self::Theme => tr!("Light theme").into(),
            Self::MapAlone if view.panes.alone => tr!("Map and panels").into(),
            Self::Arrange if view.panes.arranging => tr!("Stop arranging panels").into(),
            _ => name.into(),
        }
    }
}

/// The name of a tool, on screen.
fn tool_name(tool: Tool) -> &'static str {
    match tool {
        Tool::Select => tr!("Select"),
        Tool::Polygon => tr!("Polygon"),
        Tool::Rectangle => tr!("Rectangle"),
        Tool::Freehand => tr!("Freehand"),
        Tool::Wand => tr!("Wand"),
        Tool::Hole => tr!("Cut a hole"),
        Tool::Split => tr!("Split along a line"),
        Tool::Extend => tr!("Extend"),
    }
}
