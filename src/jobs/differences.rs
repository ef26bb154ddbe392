//! How much two class maps differ, for the window: counted on a thread of its own while one looks around.

use super::Newest;
use crate::assess::{Agreement, agreement};
use crate::geo::Window;
use std::sync::Arc;

/// Which maps, and where one looks.
#[derive(Debug, Clone)]
pub struct DifferenceRequest {
    /// Class codes of both maps, y x x.
    pub maps: [Arc<Vec<u8>>; 2],
    /// For each, what its codes are today.
    pub today: Box<[[u8; 256]; 2]>,
    /// Columns of both.
    pub width: u32,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Differences {
    /// In view.
    pub view: Agreement,
    /// In the whole site.
    pub site: Agreement,
}

/// Starts the thread that counts. The whole site is counted once for two maps.
pub fn differences(wake: Arc<dyn Fn() + Send + Sync>) -> Newest<DifferenceRequest, Differences> {
    let mut whole: Option<(DifferenceRequest, Agreement)> = None;
    Newest::start("ritmo-differences", wake, move |request: DifferenceRequest, cancel| {
        let count = |window| {
            let [a, b] = &request.maps;
            agreement([a, b], &request.today, request.width, window, cancel)
        };
        let known = whole.as_ref().filter(|(of, _)| of.same_maps(&request)).map(|(_, site)| *site);
        let site = match known {
            Some(site) => site,
            None => {
                let height = (request.maps[0].len() / request.width.max(1) as usize) as u32;
                count(Window { col: 0, row: 0, width: request.width, height })?
            }
        };
        let view = count(request.view)?;
        whole = Some((request, site));
        Some(Differences { view, site })
    })
}
