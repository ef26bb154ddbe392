//! When an action makes sense, and what it does.

use super::{Action, Group};
use crate::app::{AppState, CleanRequest, Command, OpenProject, Page};
use crate::project::{CompareMode, LayerKind, Layout, Pane};
use crate::ui::pages::show_preset;
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{fetch, layers, listing, map, places, rhythm};
use std::time::Instant;

/// How much a key fades a layer.
const FADE: f32 = 0.1;

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
            | Self::Compare
            | Self::Composite(_) => refuse(project.cube().is_none(), tr!("No site is on screen")),
            Self::HandleLeft | Self::HandleRight => {
                let swipes = project.document.view.comparison.mode == CompareMode::Swipe;
                refuse(!swipes, tr!("Nothing is swiped"))
            }
            Self::OtherBefore | Self::OtherAfter => {
                let mode = project.document.view.comparison.mode;
                let two = matches!(mode, CompareMode::Swipe | CompareMode::SideBySide);
                refuse(!two, tr!("There are no two sides"))
            }
            Self::Fade | Self::Unfade => {
                refuse(map::top_picture(project).is_none(), tr!("No picture is shown"))
            }
            Self::SiteBefore | Self::SiteAfter | Self::AllSites => {
                refuse(sites < 2, tr!("There are no other sites"))
            }
            Self::Fit => refuse(sites == 0, tr!("There is no imagery yet")),
            Self::Uncertainty => refuse(
                project.map().is_none_or(|map| !map.complete && map.entropy.is_none()),
                tr!("There is no map of this site yet"),
            ),
            Self::NextUncertain | Self::UncertainBefore => {
                let lacks = project.map().is_none_or(|map| !map.complete);
                refuse(lacks, tr!("There is no finished map of this site yet"))
            }
            Self::NextPixels | Self::PixelsBefore => refuse(
                project.cell().is_none(),
                tr!("Press a cell of the error matrix on the Assess page first"),
            ),
            Self::MergeMaps => {
                refuse(project.map_names().is_empty(), tr!("There is no map of this site yet"))
            }
            Self::ClassMap => refuse(project.map().is_none(), tr!("There is no map of this site yet")),
            Self::Undo if project.is_blind() => {
                let nothing = project.labelling().is_none_or(|(_, labelling)| !labelling.can_undo());
                refuse(nothing, tr!("There is nothing to undo"))
            }
            Self::Redo if project.is_blind() => {
                let nothing = project.labelling().is_none_or(|(_, labelling)| !labelling.can_redo());
                refuse(nothing, tr!("There is nothing to redo"))
            }
            Self::Undo => {
                writable()?;
                let nothing = project.history.undoes().is_none() && !view.map.is_drawing();
                refuse(nothing, tr!("There is nothing to undo"))
            }
            Self::Redo => {
                writable()?;
                refuse(project.history.redoes().is_none(), tr!("There is nothing to redo"))
            }
            Self::KeepLearning => writable(),
            Self::Train | Self::TrainAndMap | Self::RetrainNow => {
                writable()?;
                refuse(sites == 0, tr!("There is no imagery yet"))?;
                refuse(project.annotations.is_empty(), tr!("There is nothing to learn from yet"))
            }
            Self::MapSite => {
                writable()?;
                refuse(project.site.is_none(), tr!("No site is on screen"))?;
                refuse(project.models.is_empty(), tr!("There is no model yet"))
            }
            Self::CleanMap => {
                writable()?;
                let lacking = project.map().is_none_or(|m| !m.complete || m.live.is_some());
                refuse(lacking, tr!("There is no map of this site yet"))?;
                let idle = project.document.settings.cleaning.taken().next().is_none();
                refuse(idle, tr!("Add a step of cleaning on the Map page first"))
            }
            Self::MapAll => {
                writable()?;
                refuse(sites == 0, tr!("There is no imagery yet"))?;
                refuse(project.models.is_empty(), tr!("There is no model yet"))
            }
            Self::Assess => {
                writable()?;
                refuse(project.map().is_none_or(|m| !m.complete), tr!("There is no map of this site yet"))
            }
            Self::DesignReference => {
                writable()?;
                refuse(project.is_blind(), tr!("A reference sample is being labelled"))?;
                refuse(project.map_names().is_empty(), tr!("There is no map of this site yet"))
            }
            Self::AddImagery | Self::ImageryByArea | Self::ImportLabels | Self::ImportChips => writable(),
            Self::ImportMap => {
                writable()?;
                refuse(project.site.is_none(), tr!("No site is on screen"))
            }
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
            Self::CleanMap => {
                show_page(Page::Map, view);
                view.send(Command::Clean(CleanRequest::default()));
            }
            Self::RetrainNow => view.send(Command::RetrainNow),
            Self::KeepLearning => {
                let on = state.project.as_ref().is_some_and(|p| p.document.settings.keep_learning);
                view.send(Command::SetKeepLearning(!on));
            }
            Self::MapSite => view.send(Command::Map { model: None, site: None, bf16: None, resume: true }),
            Self::MapAll => {
                view.send(Command::MapSites { model: None, sites: None, bf16: None, resume: true });
                view.queue.open = true;
            }
            Self::Queue => view.queue.open ^= true,
            Self::NextUncertain => view.send(Command::NextUncertain { back: false }),
            Self::UncertainBefore => view.send(Command::NextUncertain { back: true }),
            Self::NextPixels => view.send(Command::StepCell { back: false }),
            Self::PixelsBefore => view.send(Command::StepCell { back: true }),
            Self::MergeMaps => view.dialogs.ask_merge_maps(),
            Self::Assess => {
                show_page(Page::Assess, view);
                view.send(Command::Assess { map: None, site: None });
            }
            Self::DesignReference => {
                show_page(Page::Assess, view);
                view.reference.ask_design();
            }
            Self::AddImagery => {
                view.uncover();
                view.imagery.show();
            }
            Self::ImageryByArea => fetch::show(view),
            Self::ImportLabels => {
                view.uncover();
                view.labels_in.show();
            }
            Self::ImportChips => view.dialogs.ask_chips(),
            Self::ImportMap => view.map_in.show(),
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
            Self::Uncertainty => layers::toggle(project, LayerKind::Uncertainty, view),
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
            Self::HandleLeft => map::push_handle(project, view, -map::HANDLE_STEP),
            Self::HandleRight => map::push_handle(project, view, map::HANDLE_STEP),
            Self::OtherBefore => map::step_other(project, view, -1),
            Self::OtherAfter => map::step_other(project, view, 1),
            Self::Fade => layers::fade_top(project, -FADE, view),
            Self::Unfade => layers::fade_top(project, FADE, view),
            Self::Composite(place) if project.cube().is_some() => show_preset(project, place, view),
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
