//! The list of annotations: sorted and filtered, away from the window.

use super::flags::{AllFacts, Mark};
use super::{JobContext, Outcome};
use crate::labels::{Annotation, AnnotationId, Annotations, ClassCode, Confidence, Legend, area_ha};
use crate::progress::Cancel;
use geo::{BoundingRect, Intersects};
use std::cmp::Ordering;
use std::sync::Arc;

/// What the list can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The annotation's id.
    Id,
    /// The name of its class.
    Class,
    /// The sites that it lies in.
    Site,
    /// The area that was drawn.
    Area,
    /// Its pure pixels.
    PurePixels,
    /// How sure one is.
    Confidence,
    /// Who drew it.
    Author,
    /// When it was drawn.
    Created,
    /// What is wrong with it, the gravest first.
    Flags,
    /// Its note.
    Note,
}

/// Which annotations to list by their marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marked {
    /// With any mark.
    Any,
    /// With none.
    None,
    /// With this one.
    With(Mark),
}

/// Which annotations to list, and in which order.
#[derive(Debug, Clone, PartialEq)]
pub struct ListSpec {
    /// The column they are sorted by; ids decide between equals.
    pub by: Column,
    /// From great to small.
    pub descending: bool,
    /// Each of these words must be in the class, the sites, the author, the date, the note or be the id.
    pub text: String,
    /// Only this class.
    pub class: Option<ClassCode>,
    /// Only the sure or the likely ones.
    pub confidence: Option<Confidence>,
    /// Only those with such marks.
    pub marked: Option<Marked>,
}

impl Default for ListSpec {
    fn default() -> Self {
        Self {
            by: Column::Id,
            descending: false,
            text: String::new(),
            class: None,
            confidence: None,
            marked: None,
        }
    }
}

impl ListSpec {
    /// Whether all annotations are listed.
    pub fn lists_all(&self) -> bool {
        self.text.trim().is_empty()
            && self.class.is_none()
            && self.confidence.is_none()
            && self.marked.is_none()
    }
}

/// Where a site lies.
#[derive(Debug, Clone, PartialEq)]
pub struct SitePlace {
    /// Its name.
    pub name: String,
    /// Longitude and latitude of its corners, in turn.
    pub corners: [[f64; 2]; 4],
}

impl SitePlace {
    fn bounds(&self) -> [f64; 4] {
        self.corners.iter().fold(
            [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY],
            |[left, bottom, right, top], [lon, lat]| {
                [left.min(*lon), bottom.min(*lat), right.max(*lon), top.max(*lat)]
            },
        )
    }
}

/// The names of the sites that an annotation touches, in the order of the sites.
pub fn sites_of<'a>(annotation: &Annotation, sites: &'a [SitePlace]) -> Vec<&'a str> {
    let Some(of) = annotation.geometry.bounding_rect() else { return Vec::new() };
    let touches = |site: &&SitePlace| {
        let [left, bottom, right, top] = site.bounds();
        let near = left <= of.max().x && of.min().x <= right && bottom <= of.max().y && of.min().y <= top;
        let corners: Vec<(f64, f64)> = site.corners.iter().map(|[lon, lat]| (*lon, *lat)).collect();
        near && geo::Polygon::new(corners.into(), vec![]).intersects(&annotation.geometry)
    };
    sites.iter().filter(touches).map(|site| site.name.as_str()).collect()
}

/// What to list from.
#[derive(Clone)]
pub struct ListInput {
    /// Annotations.
    pub annotations: Annotations,
    /// What is known of them.
    pub facts: AllFacts,
    /// The legend.
    pub legend: Legend,
    /// Where the sites lie.
    pub sites: Vec<SitePlace>,
    /// Which, and in which order.
    pub spec: ListSpec,
}

/// Lists annotations.
///
/// # Errors
/// Only when cancelled.
pub fn listing(input: &ListInput, context: &JobContext) -> anyhow::Result<Outcome> {
    Ok(Outcome::Listed(list(input, &context.cancel)?))
}

/// What an annotation is sorted by.
#[derive(PartialEq, PartialOrd)]
enum Key {
    Number(f64),
    Text(String),
}

/// The ids of the annotations to list, in order.
///
/// # Errors
/// Only when cancelled.
pub fn list(input: &ListInput, cancel: &Cancel) -> anyhow::Result<Arc<Vec<AnnotationId>>> {
    let spec = &input.spec;
    let words: Vec<String> = spec.text.split_whitespace().map(str::to_lowercase).collect();
    let mut rows = Vec::new();
    for (i, annotation) in input.annotations.iter().enumerate() {
        if i.is_multiple_of(1024) {
            cancel.check()?;
        }
        if listed(input, annotation) && says(input, annotation, &words) {
            rows.push((key(input, annotation), annotation.id));
        }
    }
    cancel.check()?;
    rows.sort_unstable_by(|a, b| {
        let order = a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal);
        if spec.descending { order.reverse() } else { order }.then(a.1.cmp(&b.1))
    });
    Ok(Arc::new(rows.into_iter().map(|(_, id)| id).collect()))
}

fn listed(input: &ListInput, annotation: &Annotation) -> bool {
    let spec = &input.spec;
    let marks = || input.facts.get(&annotation.id).map(|facts| facts.marks).unwrap_or_default();
    spec.class.is_none_or(|class| class == annotation.class)
        && spec.confidence.is_none_or(|confidence| confidence == annotation.confidence)
        && match spec.marked {
            None => true,
            Some(Marked::Any) => !marks().is_empty(),
            Some(Marked::None) => marks().is_empty(),
            Some(Marked::With(mark)) => marks().contains(mark),
        }
}

/// Whether it says all of these words.
fn says(input: &ListInput, annotation: &Annotation, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let id = annotation.id.to_string();
    let class = input.legend.class(annotation.class).map_or("", |class| class.name.as_str());
    let said = [
        Some(class),
        annotation.author.as_deref(),
        annotation.created.as_deref(),
        annotation.note.as_deref(),
    ];
    let sites = sites_of(annotation, &input.sites);
    let said: Vec<String> = said.into_iter().flatten().chain(sites).map(str::to_lowercase).collect();
    words.iter().all(|word| id == *word || said.iter().any(|text| text.contains(word.as_str())))
}

fn key(input: &ListInput, annotation: &Annotation) -> Key {
    let text = |text: &str| Key::Text(text.to_lowercase());
    let facts = input.facts.get(&annotation.id);
    match input.spec.by {
        Column::Id => Key::Number(annotation.id as f64),
        Column::Class => text(input.legend.class(annotation.class).map_or("", |class| class.name.as_str())),
        Column::Site => text(&sites_of(annotation, &input.sites).join(", ")),
        Column::Area => {
            Key::Number(facts.map_or_else(|| area_ha(&annotation.geometry), |facts| facts.drawn_ha))
        }
        Column::PurePixels => {
            // What is not known yet comes before nothing.
            Key::Number(facts.and_then(super::flags::Facts::pure_pixels).map_or(-1.0, |pixels| pixels as f64))
        }
        Column::Confidence => Key::Number(f64::from(u8::from(annotation.confidence != Confidence::Sure))),
        Column::Author => text(annotation.author.as_deref().unwrap_or("")),
        Column::Created => text(annotation.created.as_deref().unwrap_or("")),
        Column::Flags => {
            let marks = facts.map(|facts| facts.marks).unwrap_or_default();
            let gravest = marks.iter().next();
            // The gravest first, and among them those with most to say.
            let place = gravest.map_or(Mark::ALL.len() as f64, |mark| mark as u8 as f64);
            Key::Number(place - marks.iter().count() as f64 / 100.0)
        }
        Column::Note => text(annotation.note.as_deref().unwrap_or("")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::flags::{FlagSpec, flag_all};
    use crate::labels::Class;
    use geo::Rect;

    fn square(id: AnnotationId, class: ClassCode, x: f64, side: f64) -> Annotation {
        Annotation::new(id, Rect::new((x, 0.0), (x + side, side)).to_polygon().into(), class)
    }

    fn input() -> ListInput {
        let mut all = vec![
            square(1, 2, 0.0, 0.01),
            square(2, 1, 1.0, 0.03),
            square(3, 1, 1.01, 0.02),
            square(4, 2, 1.02, 0.02),
        ];
        all[1].author = Some("Zoë".into());
        all[2].author = Some("ana".into());
        all[2].confidence = Confidence::Likely;
        all[3].note = Some("Beside the RIVER".into());
        let annotations: Annotations = all.into_iter().collect();
        let spec = FlagSpec { annotations, cores: Default::default() };
        let flagged = flag_all(&spec, &|_, _| Ok(())).unwrap();
        let class = |code, name: &str| Class::new(code, name, [0; 3]);
        let corners = |x: f64| [[x, 0.1], [x + 0.5, 0.1], [x + 0.5, 0.0], [x, 0.0]];
        ListInput {
            annotations: spec.annotations,
            facts: flagged.facts,
            legend: Legend { classes: vec![class(1, "Water"), class(2, "forest")] },
            sites: vec![
                SitePlace { name: "west".into(), corners: corners(0.0) },
                SitePlace { name: "east".into(), corners: corners(0.9) },
            ],
            spec: ListSpec::default(),
        }
    }

    fn ids(change: impl FnOnce(&mut ListSpec)) -> Vec<AnnotationId> {
        let mut input = input();
        change(&mut input.spec);
        list(&input, &Cancel::new()).unwrap().to_vec()
    }

    #[test]
    fn a_column_sorts_and_the_other_way_round_ids_decide_between_equals() {
        let by = |by, descending| ids(|spec| (spec.by, spec.descending) = (by, descending));
        assert_eq!(by(Column::Id, true), [4, 3, 2, 1]);
        assert_eq!(by(Column::Class, false), [1, 4, 2, 3], "forest comes before Water");
        assert_eq!(by(Column::Class, true), [2, 3, 1, 4]);
        assert_eq!(by(Column::Area, false), [1, 3, 4, 2]);
        assert_eq!(by(Column::Author, true), [2, 3, 1, 4]);
        assert_eq!(by(Column::Confidence, false), [1, 2, 4, 3]);
        assert_eq!(by(Column::Site, false), [2, 3, 4, 1]);
        assert_eq!(by(Column::Flags, false), [2, 3, 4, 1], "1 has nothing wrong with it");
    }

    #[test]
    fn words_filter_by_all_that_is_said_whatever_their_case() {
        let text = |text: &str| ids(|spec| spec.text = text.into());
        assert_eq!(text("river"), [4]);
        assert_eq!(text("WATER zoë"), [2]);
        assert_eq!(text("west"), [1]);
        assert_eq!(text("3"), [3], "an id, not a part of one");
        assert!(text("nowhere").is_empty());
        assert_eq!(text("  "), [1, 2, 3, 4]);
    }

    #[test]
    fn class_confidence_and_marks_filter_together() {
        assert_eq!(ids(|spec| spec.class = Some(1)), [2, 3]);
        assert_eq!(ids(|spec| spec.confidence = Some(Confidence::Likely)), [3]);
        assert_eq!(ids(|spec| spec.marked = Some(Marked::With(Mark::Overlaps))), [2, 3, 4]);
        assert_eq!(ids(|spec| spec.marked = Some(Marked::None)), [1]);
        let both = ids(|spec| (spec.class, spec.marked) = (Some(1), Some(Marked::Any)));
        assert_eq!(both, [2, 3]);
    }

    #[test]
    fn an_annotation_lies_in_every_site_that_it_touches() {
        let sites = input().sites;
        assert_eq!(sites_of(&square(1, 1, 0.45, 0.5), &sites), ["west", "east"]);
        assert_eq!(sites_of(&square(1, 1, 3.0, 0.5), &sites), [] as [&str; 0]);
    }
}
