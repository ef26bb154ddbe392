//! What the palette offers: the actions, and what the project at hand has by name.

use super::fuzzy;
use crate::app::{AppState, Command, OpenProject};
use crate::cube::picture::{self, PRESETS};
use crate::ui::actions::Action;
use crate::ui::pages::preset_name;
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{format, plot};
use chrono::{Datelike, NaiveDate};

/// So many are shown at most: who sees more has typed too little.
const SHOWN: usize = 60;

/// What an entry does.
#[derive(Debug, Clone)]
pub enum Does {
    /// An action.
    Action(Action),
    /// A command.
    Command(Box<Command>),
}

/// Something to choose.
#[derive(Debug, Clone)]
pub struct Entry {
    /// For people.
    pub title: String,
    /// What it is about, for people.
    pub group: &'static str,
    /// Its keys.
    pub keys: String,
    /// Why it makes no sense now, where it does not.
    pub why_not: Option<&'static str>,
    /// What it does.
    pub does: Does,
    /// What it is remembered by, in no language: nothing where another project has nothing like it.
    pub id: String,
}

/// What answers the words that were typed, the best first; with nothing typed what was used last comes first.
pub fn found(state: &AppState, view: &View, typed: &str) -> Vec<Entry> {
    let typed = typed.trim();
    let mut all = actions(state, view);
    if let Some(project) = &state.project {
        all.extend(of_project(project, !typed.is_empty() && !is_date(typed)));
        all.extend(dated(project, typed));
    }
    if !typed.is_empty() {
        all.extend(recent_projects(state));
    }
    let used = |entry: &Entry| {
        let at = state.recent.used.iter().position(|id| !entry.id.is_empty() && *id == entry.id);
        at.map_or(0, |at| 100 - at as i32)
    };
    let mut scored: Vec<(i32, Entry)> = all
        .into_iter()
        .filter_map(|entry| {
            let score = match &entry.does {
                // It was found by the date itself.
                Does::Command(command) if matches!(**command, Command::ShowTime(_)) && is_date(typed) => 1000,
                _ => {
                    let whole = format!("{} {}", entry.title, entry.group);
                    let score = fuzzy::score(&entry.title, typed).map(|score| score + 40);
                    score.or_else(|| fuzzy::score(&whole, typed))?
                }
            };
            // What was used lately comes first where nothing is typed, and of two that answer alike; what cannot be done
            // now stands below what can.
            let score = if typed.is_empty() { used(&entry) } else { score + used(&entry) / 8 };
            let grey = if entry.why_not.is_some() { 200 } else { 0 };
            Some((score - grey, entry))
        })
        .collect();
    scored.sort_by_key(|(score, _)| -*score);
    // Letters strewn over a whole title are no answer where others are.
    if !typed.is_empty() && scored.first().is_some_and(|(best, _)| *best > 0) {
        scored.retain(|(score, _)| *score > 0);
    }
    scored.truncate(SHOWN);
    scored.into_iter().map(|(_, entry)| entry).collect()
}

fn actions(state: &AppState, view: &View) -> Vec<Entry> {
    // Composites are listed as far as the site has their bands.
    let apart = |action: &Action| matches!(action, Action::Palette | Action::Composite(_));
    let here = Action::all().iter().copied().filter(|action| !apart(action));
    let entry = |action: Action| Entry {
        title: action.title(state, view),
        group: action.group().title(),
        keys: action.keys_text(),
        why_not: action.can(state, view).err(),
        does: Does::Action(action),
        id: format!("{action:?}"),
    };
    here.map(entry).collect()
}

fn command(title: String, group: &'static str, command: Command) -> Entry {
    let (keys, id) = (String::new(), String::new());
    Entry { title, group, keys, why_not: None, does: Does::Command(Box::new(command)), id }
}

/// Sites, classes, composites; dates where something is typed, since there may be hundreds.
fn of_project(project: &OpenProject, typed: bool) -> Vec<Entry> {
    let mut entries = Vec::new();
    let shown = project.site.as_ref().map(|site| site.name.as_str());
    for site in project.document.sites.iter().filter(|site| Some(site.name.as_str()) != shown) {
        let title = tr!("Show site {site}", site = site.name);
        entries.push(command(title, tr!("Sites"), Command::ShowSite(site.name.clone())));
    }
    for (i, class) in project.document.legend.classes.iter().enumerate() {
        let title = tr!("Draw with class {class}", class = class.name);
        let mut entry = command(title, tr!("Classes"), Command::PickClass(class.code));
        if i < 10 {
            entry.keys = ((i + 1) % 10).to_string();
        }
        entries.push(entry);
    }
    let Some((opened, _)) = project.cube() else { return entries };
    let info = opened.cube.info();
    let own = &project.document.settings.indices;
    for (place, preset) in PRESETS.iter().enumerate() {
        let channels = preset.channels.map(str::to_string);
        if picture::channels(&channels, &info.bands, own).is_ok() {
            let chosen = if place == 0 { Vec::new() } else { channels.to_vec() };
            let title = tr!("Show {composite} on the map", composite = preset_name(preset));
            let mut entry = command(title, tr!("Composites"), Command::SetComposite(chosen));
            entry.keys = Action::Composite(place).keys_text();
            entries.push(entry);
        }
    }
    for index in plot::indices(project, opened) {
        let title = tr!("Show {composite} on the map", composite = index.name);
        entries.push(command(title, tr!("Composites"), Command::SetComposite(vec![index.name.clone()])));
    }
    if typed {
        for (i, &date) in info.dates.iter().enumerate() {
            let title = tr!("Show {date}", date = format::date(date));
            entries.push(command(title, tr!("Dates"), Command::ShowTime(i)));
        }
    }
    entries
}

fn recent_projects(state: &AppState) -> impl Iterator<Item = Entry> + '_ {
    let open = state.project.as_ref().map(|project| project.folder.path());
    let others = state.recent.folders.iter().filter(move |folder| Some(folder.as_path()) != open);
    others.map(|folder| {
        let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy();
        let title = tr!("Open project {name}", name = name);
        command(title, tr!("Project"), Command::OpenProject(folder.clone()))
    })
}

/// The date of the cube that lies nearest to one that was typed.
fn dated(project: &OpenProject, typed: &str) -> Option<Entry> {
    let (opened, _) = project.cube()?;
    let dates = &opened.cube.info().dates;
    let at = nearest(dates, middle_of(typed)?)?;
    let title = tr!("Show {date}", date = format::date(dates[at]));
    Some(command(title, tr!("Dates"), Command::ShowTime(at)))
}

fn is_date(typed: &str) -> bool {
    middle_of(typed).is_some()
}

/// The middle of what was typed as "2018", "2018-05" or "2018-05-12".
fn middle_of(typed: &str) -> Option<NaiveDate> {
    let parts: Vec<&str> = typed.trim().split('-').collect();
    let number = |text: &str, digits: std::ops::RangeInclusive<usize>| -> Option<u32> {
        let all = digits.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        all.then(|| text.parse().ok())?
    };
    match parts.as_slice() {
        [year] => NaiveDate::from_ymd_opt(number(year, 4..=4)? as i32, 7, 2),
        [year, month] => NaiveDate::from_ymd_opt(number(year, 4..=4)? as i32, number(month, 1..=2)?, 15),
        [year, month, day] => {
            NaiveDate::from_ymd_opt(number(year, 4..=4)? as i32, number(month, 1..=2)?, number(day, 1..=2)?)
        }
        _ => None,
    }
}

/// The index of the date nearest to a day, the earlier of two.
fn nearest(dates: &[NaiveDate], day: NaiveDate) -> Option<usize> {
    let far = |date: &NaiveDate| (date.num_days_from_ce() - day.num_days_from_ce()).abs();
    (0..dates.len()).min_by_key(|&i| far(&dates[i]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_year_a_month_and_a_day_are_dates_and_nothing_else_is() {
        assert_eq!(middle_of("2018"), Some(day("2018-07-02")));
        assert_eq!(middle_of(" 2018-5"), Some(day("2018-05-15")));
        assert_eq!(middle_of("2018-05-12"), Some(day("2018-05-12")));
        for other in ["", "18", "2018-13", "2018-02-30", "2018-05-", "-2018", "map", "2018-05-12-1", "20١8"]
        {
            assert_eq!(middle_of(other), None, "{other}");
        }
    }

    #[test]
    fn the_nearest_date_is_found_before_between_and_after() {
        let dates: Vec<_> = ["2018-01-15", "2018-03-15", "2018-11-15"].map(day).to_vec();
        for (of, at) in [("2017-01-01", 0), ("2018-02-20", 1), ("2018-07-02", 1), ("2030-01-01", 2)] {
            assert_eq!(nearest(&dates, day(of)), Some(at), "{of}");
        }
        assert_eq!(nearest(&[], day("2018-01-01")), None);
    }
}
