//! What one can do by name: one table that menus, keys, the sheet of shortcuts and the palette read, so that they cannot
//! disagree. A new action is a variant here with its title, its group, its keys, when it makes sense and what it does.

mod keys;
mod run;

pub use keys::{Scope, words_of};

use super::map::Tool;
use super::top;
use super::view::View;
use super::words::{Language, tr};
use crate::app::{AppState, Page};
use crate::project::Pane;

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
    /// Maps the site on screen with the newest model.
    MapSite,
    /// Assesses the map on screen.
    Assess,
    /// Opens the Add imagery page.
    AddImagery,
    /// Opens the Import labels page.
    ImportLabels,
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
        }
    }
}

impl Action {
    /// All of them, as lists show them. Of two that begin with the same key, the one that holds more keys comes first.
    pub fn all() -> Vec<Self> {
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
            Self::Calendar,
            Self::CompareSites,
            Self::Annotations,
            Self::ClassMap,
            Self::Mask,
            Self::Mosaic,
            Self::Basemap,
        ];
        let project = [
            Self::Redo,
            Self::Undo,
            Self::Train,
            Self::TrainAndMap,
            Self::MapSite,
            Self::Assess,
            Self::ImportLabels,
            Self::AddImagery,
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
        let first = pages.chain(navigate).chain(map).chain(project).chain(tools).chain(annotate);
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
            | Self::AllAnnotations
            | Self::LargePixels
            | Self::OnePoint
            | Self::ViewBack
            | Self::ViewForward
            | Self::GoTo
            | Self::Bookmark
            | Self::StretchToView
            | Self::Calendar
            | Self::Compare => Group::Map,
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
            | Self::MapSite
            | Self::Assess
            | Self::ImportLabels
            | Self::AddImagery
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
            Self::MapSite => tr!("Map the site with the newest model"),
            Self::Assess => tr!("Assess the map"),
            Self::AddImagery => tr!("Add imagery…"),
            Self::ImportLabels => tr!("Import labels…"),
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
