//! A site as labels see it: where its pixels lie, and at which dates.

use super::{Annotation, AnnotationIndex};
use crate::geo::Grid;
use chrono::NaiveDate;
use std::sync::Arc;

/// The grid and the dates of a site's cube.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelSite {
    /// Its name.
    pub name: String,
    /// Its pixels.
    pub grid: Grid,
    /// The dates of its cube.
    pub dates: Vec<NaiveDate>,
}

impl LabelSite {
    /// Annotations whose bounds touch those of the site, in the order of their ids.
    pub(super) fn near(&self, index: &AnnotationIndex) -> Vec<Arc<Annotation>> {
        let mut near: Vec<_> = index.within(self.lonlat_bounds()).map(Arc::clone).collect();
        near.sort_unstable_by_key(|annotation| annotation.id);
        near
    }

    /// Whether the bounds of an annotation touch those of the site.
    pub fn has_some(&self, index: &AnnotationIndex) -> bool {
        index.within(self.lonlat_bounds()).next().is_some()
    }

    /// Left, bottom, right, top in longitude and latitude; the whole Earth where an edge cannot be projected.
    fn lonlat_bounds(&self) -> [f64; 4] {
        /// Places looked at on each edge, since a straight edge need not stay straight.
        const PLACES: u32 = 32;
        let (w, h) = (f64::from(self.grid.width), f64::from(self.grid.height));
        let along = (0..=PLACES).map(|i| f64::from(i) / f64::from(PLACES));
        let pixels = along.flat_map(|t| [(t * w, 0.0), (t * w, h), (0.0, t * h), (w, t * h)]);
        let mut places: Vec<[f64; 2]> = pixels.map(|(col, row)| self.grid.xy_from_pixel(col, row)).collect();
        if self.grid.crs.lonlat_from_xy(&mut places).is_err() {
            return [-180.0, -90.0, 180.0, 90.0];
        }
        let nowhere = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        let [left, bottom, right, top] = places
            .into_iter()
            .fold(nowhere, |b, [lon, lat]| [b[0].min(lon), b[1].min(lat), b[2].max(lon), b[3].max(lat)]);
        // What bulges between two of the places looked at is less than this.
        let (x, y) = ((right - left) * 1e-2, (top - bottom) * 1e-2);
        [left - x, bottom - y, right + x, top + y]
    }
}
