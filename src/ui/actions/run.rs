//! When an action makes sense, and what it does.

use super::{Action, Group};
use crate::app::{AppState, Command, OpenProject, Page};
use crate::project::{LayerKind, Layout, Pane};
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{layers, listing, map, places, rhythm};
use std::time::Instant;

impl Action {
    /// Whether it makes sense now.
    ///
    /// # Errors
    /// Why not, in a few words.
    pub fn can(self, state: &AppState, view: &View) -> Result<(), &'static str> {
        let needs_none = matches!(
            self,
            Self::Open | Self::New | Self::Theme | Self::Language(_) | Self::Shortcuts | Self::Palette
        );
        let Some(project) = &state.project else {
            return if needs_none { Ok(()) } else { Err(tr!("Open a project first")) };
        };
        let sites = project.document.sites.len();
        let refuse = |refused: bool, why: &'static str| if refused { Err(why) } else { Ok(()) };
        let writable = || refuse(project.folder.read_only().is_some(), tr!("The project is open read-only"));
        let selected = |least: usize, why| refuse(project.selection.len() < least, why);
        match self {
            Self::Mask => {
                let lacks = project.cube().is_some_and(|(opened, _)| !opened.cube.has_masks());
                refuse(lacks, tr!("This cube was built without a mask"))
            }
            Self::AllAnnotations => {
                refuse(project.annotations.is_empty(), tr!("There are no annotations yet"))
            }
            Self::CompareSites => refuse(sites == 0, tr!("There is no imagery yet")),
            Self::DateBefore
            | Self::DateAfter
            | Self::Play
            | Self::Mosaic
            | Self::LargePixels
            | Self::OnePoint
            | Self::GoTo
            | Self::Bookmark
            | Self::StretchToView
            | Self::Calendar
            | Self::Compare => refuse(project.cube().is_none(), tr!("No site is on screen")),
            Self::SiteBefore | Self::SiteAfter | Self::AllSites => {
                refuse(sites < 2, tr!("There are no other sites"))
            }
            Self::Fit => refuse(sites == 0, tr!("There is no imagery yet")),
            Self::ClassMap => refuse(project.map().is_none(), tr!("There is no map of this site yet")),
            Self::Undo => {
                writable()?;
                let nothing = project.history.undoes().is_none() && !view.map.is_drawing();
                refuse(nothing, tr!("There is nothing to undo"))
            }
            Self::Redo => {
                writable()?;
                refuse(project.history.redoes().is_none(), tr!("There is nothing to redo"))
            }
            Self::Train | Self::TrainAndMap => {
                writable()?;
                refuse(sites == 0, tr!("There is no imagery yet"))?;
                refuse(project.annotations.is_empty(), tr!("There is nothing to learn from yet"))
            }
            Self::MapSite => {
                writable()?;
                refuse(project.site.is_none(), tr!("No site is on screen"))?;
                refuse(project.models.is_empty(), tr!("There is no model yet"))
            }
            Self::Assess => {
                writable()?;
                refuse(project.map().is_none_or(|m| !m.complete), tr!("There is no map of this site yet"))
            }
            Self::AddImagery | Self::ImportLabels => writable(),
            Self::ExportLabels | Self::Table | Self::SelectAll => {
                refuse(project.annotations.is_empty(), tr!("There are no annotations yet"))
            }
            Self::Merge => {
                writable()?;
                selected(2, tr!("Select several annotations first"))
            }
            Self::Delete | Self::DropApart => {
                writable()?;
                selected(1, tr!("Select an annotation first"))
            }
            Self::ZoomToSelected => selected(1, tr!("Select an annotation first")),
            _ => Ok(()),
        }
    }

    /// Does it. Where it makes no sense the command is refused with a sentence that says why.
    pub fn run(self, state: &AppState, view: &mut View) {
        // What is seen on the map, or done there, brings the map back.
        if view.is_covered() && !matches!(self.group(), Group::Window | Group::Project) {
            view.uncover();
        }
        match self {
            Self::Page(page) => show_page(page, view),
            Self::DateBefore => step_time(-1, view),
            Self::DateAfter => step_time(1, view),
            Self::Play => {
                view.playing = match view.playing {
                    Some(_) => None,
                    None => Some(Instant::now()),
                };
            }
            Self::SiteBefore => view.send(Command::StepSite(-1)),
            Self::SiteAfter => view.send(Command::StepSite(1)),
            Self::AllSites => view.send(Command::ShowAllSites),
            Self::Fit => view.map.fit(),
            Self::ViewBack => view.send(Command::ViewBack),
            Self::ViewForward => view.send(Command::ViewForward),
            Self::CompareSites => {
                view.uncover();
                view.drift.show();
            }
            Self::Pane(pane) => toggle_pane(pane, state, view),
            Self::MapAlone => view.panes.alone ^= true,
            Self::Arrange => {
                view.panes.alone = false;
                view.panes.arranging ^= true;
            }
            Self::ResetPanes => {
                view.panes.alone = false;
                view.send(Command::SetLayout(Layout::default()));
            }
            Self::Undo => {
                // While a polygon is being drawn its corners are what one takes back.
                if !view.map.take_corner_back() {
                    view.send(Command::Undo);
                }
            }
            Self::Redo => view.send(Command::Redo),
            Self::Train => view.send(Command::Train { name: None, then_map: false }),
            Self::TrainAndMap => view.send(Command::Train { name: None, then_map: true }),
            Self::MapSite => {
                let opened = state.project.as_ref().and_then(OpenProject::cube);
                let focus = opened.and_then(|(opened, _)| view.map.focus(opened));
                view.send(Command::Map { model: None, site: None, focus, bf16: None });
            }
            Self::Assess => {
                show_page(Page::Assess, view);
                view.send(Command::Assess { map: None, site: None });
            }
            Self::AddImagery => {
                view.uncover();
                view.imagery.show();
            }
            Self::ImportLabels => {
                view.uncover();
                view.labels_in.show();
            }
            Self::ExportLabels => view.dialogs.ask_export(),
            Self::Open => view.dialogs.ask_open(),
            Self::New => view.dialogs.ask_new(),
            Self::Close => view.send(Command::CloseProject),
            Self::Theme => view.send(Command::SetLight(!state.recent.light)),
            Self::Language(language) => view.send(Command::SetLanguage(language)),
            Self::Shortcuts => view.shortcuts ^= true,
            Self::Palette => view.palette.open(),
            Self::Guide => view.hints.ask(),
            _ => {
                if let Some(project) = &state.project
                    && !self.on_the_map(project, view)
                {
                    self.annotate(project, view);
                }
            }
        }
    }

    /// What is seen on the map, of an open project; tells whether it is one of these.
    fn on_the_map(self, project: &OpenProject, view: &mut View) -> bool {
        match self {
            Self::Annotations => layers::toggle(project, LayerKind::Annotations, view),
            Self::ClassMap => layers::toggle(project, LayerKind::ClassMap, view),
            Self::Mask => layers::toggle(project, LayerKind::Mask, view),
            Self::Mosaic => layers::toggle(project, LayerKind::Mosaic, view),
            Self::Basemap => layers::toggle(project, LayerKind::Basemap, view),
            Self::AllAnnotations => view.map.zoom_to_layer(project, LayerKind::Annotations),
            Self::LargePixels => view.map.zoom_to_pixel(project, 16.0),
            Self::OnePoint => view.map.zoom_to_pixel(project, 1.0),
            Self::GoTo if project.cube().is_some() => view.map.ask_place(),
            Self::Bookmark => places::bookmark_here(project, view),
            Self::StretchToView => {
                let seen = project.cube().and_then(|(opened, _)| view.map.seen(opened));
                if let Some(window) = seen {
                    view.send(Command::StretchTo(window));
                }
            }
            Self::Calendar if project.cube().is_some() => {
                let open = view.map.calendar.open;
                view.map.calendar.show(!open);
            }
            Self::Compare if project.cube().is_some() => map::compare_next(project, view),
            _ => return false,
        }
        true
    }

    /// What is done to annotations, on the Label page.
    fn annotate(self, project: &OpenProject, view: &mut View) {
        if project.page != Page::Label {
            show_page(Page::Label, view);
        }
        let selected = || project.selection.iter().copied().collect();
        match self {
            Self::Tool(tool) => view.map.tool = tool,
            Self::Snapping => view.map.tools.loose ^= true,
            Self::Merge => view.send(Command::Merge(selected())),
            Self::Delete if !project.selection.is_empty() => {
                view.send(Command::DeleteAnnotations(selected()))
            }
            Self::DropApart => rhythm::drop_apart(project, view),
            Self::Table => view.list.open ^= true,
            Self::ZoomToSelected => listing::zoom_to_selected(project, &mut view.map),
            Self::SelectAll => view.send(Command::Select(project.derived.listing.rows().to_vec())),
            _ => {}
        }
    }
}

fn show_page(page: Page, view: &mut View) {
    view.uncover();
    view.send(Command::ShowPage(page));
}

fn step_time(step: i64, view: &mut View) {
    view.playing = None;
    view.send(Command::StepTime(step));
}

fn toggle_pane(pane: Pane, state: &AppState, view: &mut View) {
    let mut layout = state.layout.clone();
    // With the map alone none is shown: the one that is asked for comes back, and the others with it.
    let alone = std::mem::take(&mut view.panes.alone);
    let spot = layout.of_mut(pane);
    spot.shown = alone || !spot.shown;
    view.send(Command::SetLayout(layout));
}
