//! Which class of the legend a value may be: proposed with a reason, changed by people, and settled.

use super::survey::{FoundClass, FoundClasses, MapForm};
use super::synonyms::{group, is_none, plain};
use crate::labels::{ClassCode, Legend, Preset, colour_distance};
use std::collections::BTreeMap;

/// Colours nearer than this in OKLab look alike: a fifth of what lies between those of the notebooks' legend that are nearest.
const ALIKE: f64 = 0.025;

/// Why a class is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It has the same name.
    Name,
    /// Its name means the same.
    Synonym,
    /// It has the same colour.
    Colour,
    /// Its colour is much alike.
    NearColour,
    /// It stands for "nothing is known": left out.
    Unlabelled,
    /// Nothing tells.
    Nothing,
    /// People said so.
    Said,
}

impl How {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Name,
        Self::Synonym,
        Self::Colour,
        Self::NearColour,
        Self::Unlabelled,
        Self::Nothing,
        Self::Said,
    ];

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Name => "same name",
            Self::Synonym => "name of the same kind",
            Self::Colour => "same colour",
            Self::NearColour => "similar colour",
            Self::Unlabelled => "unlabelled",
            Self::Nothing => "nothing tells",
            Self::Said => "as chosen",
        }
    }
}

/// What a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposal {
    /// The class; `None` where it is left out, or where nothing tells.
    pub to: Option<ClassCode>,
    /// Why.
    pub how: How,
}

/// What people chose for values: a class, or to leave them out.
pub type Chosen = BTreeMap<i64, Option<ClassCode>>;

/// Proposes a class of the legend for each value, in their order: by name, by a name that means the same, by colour.
pub fn propose(found: &FoundClasses, legend: &Legend) -> Vec<Proposal> {
    let table = colour_table(found, legend);
    let proposal = |class: &FoundClass| {
        if class.is_unlabelled || class.name.as_deref().is_some_and(is_none) {
            return Proposal { to: None, how: How::Unlabelled };
        }
        let found = match &class.name {
            Some(name) => by_name(name, legend),
            None if found.form == MapForm::Values => None,
            None => class.colour.zip(table.as_ref()).and_then(|(colour, table)| by_colour(colour, table)),
        };
        found.map_or(Proposal { to: None, how: How::Nothing }, |(to, how)| Proposal { to: Some(to), how })
    };
    found.classes.iter().map(proposal).collect()
}

fn by_name(name: &str, legend: &Legend) -> Option<(ClassCode, How)> {
    let wanted = plain(name);
    if let Some(same) = legend.classes.iter().find(|class| plain(&class.name) == wanted) {
        return Some((same.code, How::Name));
    }
    let kind = group(name)?;
    let mut alike = legend.classes.iter().filter(|class| group(&class.name) == Some(kind));
    // Of two that would do neither is taken.
    alike.next().filter(|_| alike.next().is_none()).map(|class| (class.code, How::Synonym))
}

/// Colours with the classes of the legend that they stand for.
type Table = Vec<([u8; 3], ClassCode)>;

fn by_colour(colour: [u8; 3], table: &Table) -> Option<(ClassCode, How)> {
    let apart = |own: &&([u8; 3], ClassCode)| colour_distance(own.0, colour);
    let nearest = table.iter().min_by(|a, b| apart(a).total_cmp(&apart(b)))?;
    match apart(&nearest) {
        0.0 => Some((nearest.1, How::Colour)),
        near if near < ALIKE => Some((nearest.1, How::NearColour)),
        _ => None,
    }
}

/// Of the lists of colours that a map may have been painted with the one that has most of its colours. One colour can stand for
/// different classes in two of them (`#00a884` is PEARL's humid jungle and the notebooks' dry one), so colours are read by one
/// list alone; where two have equally many and disagree, none is taken.
fn colour_table(found: &FoundClasses, legend: &Legend) -> Option<Table> {
    let own: Table = legend.classes.iter().map(|class| (class.colour, class.code)).collect();
    let named = |names: Vec<(String, Option<[u8; 3]>)>| -> Table {
        let entry = |(name, colour): (String, Option<[u8; 3]>)| Some((colour?, by_name(&name, legend)?.0));
        names.into_iter().filter_map(entry).collect()
    };
    let preset = |preset: Preset| {
        named(preset.legend().classes.into_iter().map(|class| (class.name, Some(class.colour))).collect())
    };
    let listed = named(found.list.clone());
    if !listed.is_empty() {
        return Some(listed);
    }
    let circulating =
        [Preset::ReforestamosPearl, Preset::Reforestamos, Preset::WorldCover, Preset::DynamicWorld];
    let tables = std::iter::once(own).chain(circulating.map(preset));
    let colours: Vec<[u8; 3]> = found.classes.iter().filter_map(|class| class.colour).collect();
    let read = |table: &Table| -> Vec<Option<ClassCode>> {
        let class = |colour: &[u8; 3]| table.iter().find(|own| own.0 == *colour).map(|own| own.1);
        colours.iter().map(class).collect()
    };
    let scored: Vec<(usize, Table)> =
        tables.map(|table| (read(&table).iter().flatten().count(), table)).collect();
    let most = scored.iter().map(|(score, _)| *score).max()?;
    let mut best = scored.into_iter().filter(|(score, _)| *score == most).map(|(_, table)| table);
    let first = best.next()?;
    let agree = most == 0 || best.all(|other| read(&other) == read(&first));
    agree.then_some(first)
}

/// What becomes of each value: what was chosen, else what is proposed.
///
/// # Errors
/// A sentence with the way out, where something has to be chosen first, a class is not in the legend, or all is left out.
pub fn settle(
    found: &FoundClasses,
    proposals: &[Proposal],
    chosen: &Chosen,
    legend: &Legend,
) -> Result<Vec<Proposal>, String> {
    let settled: Vec<Proposal> = found
        .classes
        .iter()
        .zip(proposals)
        .map(|(class, proposal)| match chosen.get(&class.value) {
            Some(to) => Proposal { to: *to, how: How::Said },
            None => *proposal,
        })
        .collect();
    if let Some(unknown) = settled.iter().filter_map(|one| one.to).find(|code| legend.class(*code).is_none())
    {
        return Err(format!("the legend has no class with the code {unknown}"));
    }
    let open: Vec<_> =
        found.classes.iter().zip(&settled).filter(|(_, one)| one.how == How::Nothing).collect();
    if !open.is_empty() {
        if let Some(question) = found.question {
            return Err(format!("{}: {}", found.path.display(), question.sentence()));
        }
        let listed = |(class, _): &(&FoundClass, &Proposal)| {
            let name = class.name.as_ref().map_or(String::new(), |name| format!(" “{name}”"));
            format!("{}{name} ({} pixels)", class.label(found.form), class.pixels)
        };
        let words = open.iter().take(6).map(listed).collect::<Vec<_>>().join(", ");
        let more = if open.len() > 6 { format!(" and {} more", open.len() - 6) } else { String::new() };
        return Err(format!(
            "{}: nothing tells which class of the legend this is: {words}{more}. Match it (--map VALUE=CLASS) or leave it out \
             (--skip VALUE)",
            found.path.display()
        ));
    }
    if settled.iter().all(|one| one.to.is_none()) {
        return Err(format!(
            "all of {} would be left out: match at least one of its values with a class",
            found.path.display()
        ));
    }
    Ok(settled)
}
