//! How much two class maps differ, for the window: counted on a thread of its own while one looks around.

use super::Newest;
use crate::assess::{Agreement, agreement, transitions};
use crate::classify::Extent;
use crate::geo::{Grid, Window};
use crate::labels::ClassCode;
use std::sync::Arc;

/// Which maps, and where one looks.
#[derive(Debug, Clone)]
pub struct DifferenceRequest {
    /// Class codes of both maps, y x x.
    pub maps: [Arc<Vec<u8>>; 2],
    /// For each, what its codes are today.
    pub today: Box<[[u8; 256]; 2]>,
    /// The grid of both.
    pub grid: Grid,
    /// The part that is in view.
    pub view: Window,
}

impl DifferenceRequest {
    /// Whether both ask for the same maps under the same codes, wherever one looks.
    pub fn same_maps(&self, other: &Self) -> bool {
        let same = |i: usize| Arc::ptr_eq(&self.maps[i], &other.maps[i]);
        same(0) && same(1) && self.today == other.today
    }
}

/// What was counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Differences {
    /// In view.
    pub view: Agreement,
    /// In the whole site.
    pub site: Agreement,
    /// Which class of the first map is which other class on the second, codes as they are today, in the whole site, the most
    /// first.
    pub table: Arc<Vec<((ClassCode, ClassCode), Extent)>>,
}

/// Starts the thread that counts. The whole site is counted once for two maps.
pub fn differences(wake: Arc<dyn Fn() + Send + Sync>) -> Newest<DifferenceRequest, Differences> {
    let mut whole: Option<(DifferenceRequest, Agreement, Arc<Vec<_>>)> = None;
    Newest::start("ritmo-differences", wake, move |request: DifferenceRequest, cancel| {
        let count = |window| {
            let [a, b] = &request.maps;
            agreement([a, b], &request.today, request.grid.width, window, cancel)
        };
        let known = whole.as_ref().filter(|(of, ..)| of.same_maps(&request));
        let (site, table) = match known {
            Some((_, site, table)) => (*site, Arc::clone(table)),
            None => {
                let [a, b] = &request.maps;
                let table = transitions([a, b], &request.today, &request.grid, cancel)?;
                (count(request.grid.window())?, Arc::new(table))
            }
        };
        let view = count(request.view)?;
        whole = Some((request, site, Arc::clone(&table)));
        Some(Differences { view, site, table })
    })
}
