//! What the annotator drew, and all of it together.

use super::{ClassCode, Legend};
use chrono::NaiveDate;
use imbl::OrdMap;
use imbl::ordmap::DiffItem;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Identifies an annotation within its project; never used twice.
pub type AnnotationId = u64;

/// How sure the annotator was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Beyond doubt: training takes it.
    #[default]
    Sure,
    /// Likely: training leaves it unless told otherwise.
    Likely,
}

/// The dates an annotation holds for, both inclusive; open where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Holds {
    /// The first date; from ever where `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The last date; for ever where `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
}

impl Holds {
    /// At any date.
    pub const ALWAYS: Self = Self { from: None, to: None };

    /// Whether it holds at a date.
    pub fn at(self, date: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= date) && self.to.is_none_or(|to| date <= to)
    }

    /// Whether there is a date at which both hold.
    pub fn meets(self, other: Self) -> bool {
        let before =
            |to: Option<NaiveDate>, from: Option<NaiveDate>| to.zip(from).is_some_and(|(to, from)| to < from);
        !before(self.to, other.from) && !before(other.to, self.from)
    }

    /// Whether it holds at all of these dates.
    pub fn at_all(self, dates: &[NaiveDate]) -> bool {
        self == Self::ALWAYS || dates.iter().all(|date| self.at(*date))
    }
}

/// A polygon (or point) with a class.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    /// Unique in the project.
    pub id: AnnotationId,
    /// Polygon, multipolygon or point; WGS 84 longitude and latitude (RFC 7946).
    pub geometry: geo::Geometry<f64>,
    /// Its class.
    pub class: ClassCode,
    /// How sure.
    pub confidence: Confidence,
    /// Its own inward buffer in metres; its class's or the project's where `None`. Points have none.
    pub buffer_m: Option<f64>,
    /// The dates it holds for.
    pub holds: Holds,
    /// Who drew it, where that is known.
    pub author: Option<String>,
    /// When it was drawn or imported, RFC 3339.
    pub created: Option<String>,
    /// Where it came from or what the annotator thought.
    pub note: Option<String>,
    /// Longitude and latitude of places whose pixels are not taken, though they are pure: their series stand apart.
    pub dropped: Vec<[f64; 2]>,
}

impl Annotation {
    /// An annotation beyond doubt that holds always, with nothing said of it.
    pub fn new(id: AnnotationId, geometry: geo::Geometry<f64>, class: ClassCode) -> Self {
        Self {
            id,
            geometry,
            class,
            confidence: Confidence::Sure,
            buffer_m: None,
            holds: Holds::ALWAYS,
            author: None,
            created: None,
            note: None,
            dropped: Vec::new(),
        }
    }
}

/// All annotations of a project, in the order of their ids. Cheap to clone and to change: clones share what is the same, so
/// that a snapshot of tens of thousands costs nothing.
#[derive(Clone, Default)]
pub struct Annotations {
    by_id: OrdMap<AnnotationId, Arc<Annotation>>,
}

impl Annotations {
    /// How many.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// In the order of their ids.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Annotation>> {
        self.by_id.values()
    }

    /// The one of this id.
    pub fn get(&self, id: AnnotationId) -> Option<&Arc<Annotation>> {
        self.by_id.get(&id)
    }

    /// The first, by id.
    pub fn first(&self) -> Option<&Arc<Annotation>> {
        self.by_id.get_min().map(|(_, annotation)| annotation)
    }

    /// The last, by id.
    pub fn last(&self) -> Option<&Arc<Annotation>> {
        self.by_id.get_max().map(|(_, annotation)| annotation)
    }

    /// Adds one, or puts it in the place of that with its id.
    pub fn insert(&mut self, annotation: impl Into<Arc<Annotation>>) {
        let annotation = annotation.into();
        self.by_id.insert(annotation.id, annotation);
    }

    /// Takes one away.
    pub fn remove(&mut self, id: AnnotationId) -> Option<Arc<Annotation>> {
        self.by_id.remove(&id)
    }

    /// All of them, to be worked on in parallel.
    pub fn to_vec(&self) -> Vec<Arc<Annotation>> {
        self.by_id.values().cloned().collect()
    }

    /// What was different `before`: each annotation that is not the same any more, as it was and as it is. What both share is
    /// passed over.
    pub fn changes_since(&self, before: &Self) -> Vec<Change> {
        let changes = before.by_id.diff(&self.by_id).map(|item| match item {
            DiffItem::Add(_, now) => Change { was: None, is: Some(Arc::clone(now)) },
            DiffItem::Update { old: (_, was), new: (_, now) } => {
                Change { was: Some(Arc::clone(was)), is: Some(Arc::clone(now)) }
            }
            DiffItem::Remove(_, was) => Change { was: Some(Arc::clone(was)), is: None },
        });
        changes.collect()
    }

    /// Whether both are the very same, without looking at what they hold.
    pub fn is_same(&self, other: &Self) -> bool {
        self.by_id.ptr_eq(&other.by_id)
    }
}

/// An annotation that is not as it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// As it was; `None` where it is new.
    pub was: Option<Arc<Annotation>>,
    /// As it is; `None` where it is gone.
    pub is: Option<Arc<Annotation>>,
}

impl PartialEq for Annotations {
    fn eq(&self, other: &Self) -> bool {
        // What both share is passed over, so that comparing with a snapshot costs as little as what has changed.
        self.is_same(other) || self.len() == other.len() && self.by_id.diff(&other.by_id).next().is_none()
    }
}

impl std::fmt::Debug for Annotations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl FromIterator<Annotation> for Annotations {
    fn from_iter<I: IntoIterator<Item = Annotation>>(annotations: I) -> Self {
        annotations.into_iter().map(Arc::new).collect()
    }
}

impl FromIterator<Arc<Annotation>> for Annotations {
    fn from_iter<I: IntoIterator<Item = Arc<Annotation>>>(annotations: I) -> Self {
        Self { by_id: annotations.into_iter().map(|annotation| (annotation.id, annotation)).collect() }
    }
}

/// The inward buffers of a project, in metres: an annotation's own, else its class's, else the project's.
#[derive(Debug, Clone, PartialEq)]
pub struct Buffers {
    project_m: f64,
    of_classes: BTreeMap<ClassCode, f64>,
}

impl Buffers {
    /// Those of a project and its legend.
    pub fn new(project_m: f64, legend: &Legend) -> Self {
        let own = |class: &super::Class| Some((class.code, class.buffer_m?));
        Self { project_m, of_classes: legend.classes.iter().filter_map(own).collect() }
    }

    /// The same for every class.
    pub fn all(project_m: f64) -> Self {
        Self { project_m, of_classes: BTreeMap::new() }
    }

    /// What an annotation of a class gets that has none of its own.
    pub fn of_class(&self, class: ClassCode) -> f64 {
        self.of_classes.get(&class).copied().unwrap_or(self.project_m)
    }

    /// That of an annotation.
    pub fn of(&self, annotation: &Annotation) -> f64 {
        annotation.buffer_m.unwrap_or_else(|| self.of_class(annotation.class))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn annotation(id: AnnotationId, class: ClassCode) -> Annotation {
        Annotation::new(id, geo::Point::new(id as f64, 1.0).into(), class)
    }

    #[test]
    fn annotations_stand_in_the_order_of_their_ids_and_replace_one_another() {
        let mut all: Annotations = [3, 1, 2].map(|id| annotation(id, 1)).into_iter().collect();
        all.insert(annotation(2, 9));
        let listed: Vec<_> = all.iter().map(|a| (a.id, a.class)).collect();
        assert_eq!(listed, [(1, 1), (2, 9), (3, 1)]);
        assert_eq!((all.first().unwrap().id, all.last().unwrap().id), (1, 3));
    }

    #[test]
    fn what_changed_is_told_and_nothing_else() {
        let before: Annotations = (0..5000).map(|id| annotation(id, 1)).collect();
        let mut now = before.clone();
        assert!(now.is_same(&before) && now == before);
        now.remove(7);
        now.insert(annotation(4000, 2));
        now.insert(annotation(9000, 1));
        assert!(now != before);
        let changes = now.changes_since(&before);
        let ids = |change: &Change| (change.was.as_ref().map(|a| a.id), change.is.as_ref().map(|a| a.id));
        let mut told: Vec<_> = changes.iter().map(ids).collect();
        told.sort_unstable();
        assert_eq!(told, [(None, Some(9000)), (Some(7), None), (Some(4000), Some(4000))]);
        assert!(before.changes_since(&before).is_empty());
    }

    #[test]
    fn the_nearest_buffer_counts() {
        let mut legend = Legend::reforestamos();
        legend.classes[1].buffer_m = Some(5.0);
        let buffers = Buffers::new(20.0, &legend);
        assert_eq!(buffers.of(&annotation(1, legend.classes[0].code)), 20.0);
        let mut own = annotation(1, legend.classes[1].code);
        assert_eq!(buffers.of(&own), 5.0);
        own.buffer_m = Some(0.0);
        assert_eq!(buffers.of(&own), 0.0);
    }

    #[test]
    fn an_annotation_holds_from_its_first_to_its_last_date() {
        let day = |d| NaiveDate::from_ymd_opt(2022, 3, d).unwrap();
        let holds = Holds { from: Some(day(5)), to: Some(day(9)) };
        assert!(holds.at_all(&[day(5), day(9)]) && !holds.at(day(4)) && !holds.at_all(&[day(9), day(10)]));
        assert!(holds.meets(Holds { from: Some(day(9)), to: None }) && holds.meets(Holds::ALWAYS));
        assert!(!holds.meets(Holds { from: Some(day(10)), to: None }));
        assert!(!Holds { from: Some(day(10)), to: None }.meets(holds));
        assert!(Holds::ALWAYS.at_all(&[day(1)]) && Holds { to: None, ..holds }.at(day(30)));
    }
}
