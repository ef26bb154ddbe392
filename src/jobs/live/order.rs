//! What the live map does next: pieces of the view in an order, without threads.
//!
//! A piece is a chunk of the cube. Of a view that shows nothing of the training yet every fourth pixel comes first, from its
//! centre outwards, then all pixels. Newer weights take over with the next piece. What is coarse still is swept with them
//! again, but not before an eighth of the view was refined, so that a view becomes whole however often newer weights come;
//! what is fine stays until it is refined anew, each chunk once before any twice.

use crate::cube::CHUNK;
use crate::geo::Window;

/// Blocks of the first look at a view, in pixels of it along a side.
const COARSE: u32 = 4;
/// Between two sweeps of coarse blocks, one of so many chunks of the view is refined.
const REFINED: usize = 8;
/// A view of more chunks than this is first shown by one pixel of several chunks together.
const CHUNKS: usize = 1024;
/// Among what is wanted, the place of what is coarse and becomes fine.
const REFINING: u8 = 3;

/// What is on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The pixels of the grid.
    pub window: Window,
    /// Every how many pixels of the grid a pixel of the screen shows; 1, 2, 4 …
    pub step: u32,
}

impl Seen {
    /// Pixels along a block where it is as fine as the screen.
    fn fine(&self) -> u32 {
        self.step.clamp(1, CHUNK)
    }

    fn coarse(&self) -> u32 {
        (COARSE * self.fine()).min(CHUNK)
    }

    /// First and last chunk, across and down.
    fn chunks(&self) -> [(u32, u32); 2] {
        let last = |start: u32, size: u32| (start + size.max(1) - 1) / CHUNK;
        let w = self.window;
        [(w.col / CHUNK, w.row / CHUNK), (last(w.col, w.width), last(w.row, w.height))]
    }
}

/// A piece of work: a window, in blocks of so many pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Whole chunks, cut to the grid.
    pub window: Window,
    /// Pixels along a block.
    pub stride: u32,
    /// Whether it makes what was coarse as fine as the screen.
    pub refines: bool,
}

/// How fresh the view is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Freshness {
    /// The epoch of the newest weights.
    pub newest: usize,
    /// The epoch of the oldest weights that something in view is of; 0 where nothing is there yet.
    pub oldest: usize,
    /// Whether something of the training is there for the whole view, be it coarse.
    pub covers: bool,
    /// The share of the view that is as fine as the screen, from 0 to 1.
    pub fine: f32,
    /// The share of the view that is as fine as the screen, with the newest weights.
    pub current: f32,
}

#[derive(Debug, Clone, Copy)]
struct Shown {
    weights: Weights,
    stride: u32,
}

/// Which weights: a number that grows, and their epoch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Weights {
    number: u64,
    epoch: usize,
}

/// What each chunk of a grid shows, and what comes next.
pub struct Order {
    grid: Window,
    across: u32,
    shown: Vec<Option<Shown>>,
    newest: Weights,
    /// The weights that the last sweep of coarse blocks began with.
    sweep: u64,
    /// Chunks refined since.
    refined: usize,
    /// Every fine chunk is brought to these weights at least.
    round: u64,
}

impl Order {
    /// Of a grid that shows nothing.
    pub fn new(width: u32, height: u32) -> Self {
        let (across, down) = (width.div_ceil(CHUNK), height.div_ceil(CHUNK));
        Self {
            grid: Window { col: 0, row: 0, width, height },
            across,
            shown: vec![None; across as usize * down as usize],
            newest: Weights::default(),
            sweep: 0,
            refined: 0,
            round: 0,
        }
    }

    /// Another training begins: everything is to be looked at anew.
    pub fn begin(&mut self) {
        self.shown.fill(None);
        (self.sweep, self.round, self.refined) = (self.newest.number, self.newest.number, 0);
    }

    /// From now on there are newer weights, of this epoch.
    pub fn newer(&mut self, epoch: usize) {
        self.newest = Weights { number: self.newest.number + 1, epoch };
    }

    /// What comes next for what is on screen; nothing where the newest weights are shown, as finely as the screen does.
    pub fn next(&mut self, seen: Seen) -> Option<Piece> {
        if self.newest.number == 0 {
            return None;
        }
        let (chunks, lacking) = self
            .in_view(seen)
            .fold((0, 0), |(all, lacking), (_, shown)| (all + 1, lacking + usize::from(shown.is_none())));
        if lacking > CHUNKS {
            return self.sparse(seen);
        }
        if self.newest.number > self.sweep && self.refined >= (chunks / REFINED).max(1) {
            (self.sweep, self.refined) = (self.newest.number, 0);
        }
        let found = self.most_wanted(seen);
        if found.is_none() && self.newest.number > self.round {
            self.round = self.newest.number;
            return self.most_wanted(seen);
        }
        found
    }

    /// A piece was done with the newest weights as they are now.
    pub fn done(&mut self, piece: Piece) {
        let [first, last] = Seen { window: piece.window, step: 1 }.chunks();
        self.refined += usize::from(piece.refines);
        for y in first.1..=last.1 {
            for x in first.0..=last.0 {
                let shown = Some(Shown { weights: self.newest, stride: piece.stride });
                if let Some(chunk) = self.shown.get_mut((y * self.across + x) as usize) {
                    *chunk = shown;
                }
            }
        }
    }

    /// How fresh what is on screen is.
    pub fn freshness(&self, seen: Seen) -> Freshness {
        let (mut all, mut there, mut fine, mut current) = (0u32, 0u32, 0u32, 0u32);
        let mut oldest: Option<Weights> = None;
        for (_, shown) in self.in_view(seen) {
            all += 1;
            let Some(shown) = shown else { continue };
            there += 1;
            oldest = Some(oldest.map_or(shown.weights, |oldest| oldest.min(shown.weights)));
            if shown.stride <= seen.fine() {
                fine += 1;
                current += u32::from(shown.weights == self.newest);
            }
        }
        let share = |n: u32| n as f32 / all.max(1) as f32;
        Freshness {
            newest: self.newest.epoch,
            oldest: oldest.map_or(0, |weights| weights.epoch),
            covers: all > 0 && there == all,
            fine: share(fine),
            current: share(current),
        }
    }

    /// The chunks in view, row by row, and what they show.
    fn in_view(&self, seen: Seen) -> impl Iterator<Item = ((u32, u32), Option<Shown>)> {
        let seen = Seen { window: seen.window.cut_to(self.grid), ..seen };
        let [first, last] = seen.chunks();
        let any = seen.window.pixels() > 0;
        (first.1..=last.1)
            .filter(move |_| any)
            .flat_map(move |y| (first.0..=last.0).map(move |x| (x, y)))
            .map(|(x, y)| ((x, y), self.shown.get((y * self.across + x) as usize).copied().flatten()))
    }

    fn window(&self, (x, y): (u32, u32), side: u32) -> Window {
        Window { col: x * CHUNK, row: y * CHUNK, width: side, height: side }.cut_to(self.grid)
    }

    /// How far the middle of a square of so many pixels is from that of the view, squared.
    fn distance(seen: Seen, (x, y): (u32, u32), side: u32) -> f64 {
        let [col, row] = seen.window.middle();
        let middle = |at: u32| f64::from(at * CHUNK) + f64::from(side) / 2.0;
        (middle(x) - col).powi(2) + (middle(y) - row).powi(2)
    }

    fn most_wanted(&self, seen: Seen) -> Option<Piece> {
        let (fine, coarse) = (seen.fine(), seen.coarse());
        let wants = |shown: Option<Shown>| match shown {
            None => Some((0, coarse)),
            Some(shown) if shown.stride > coarse => Some((1, coarse)),
            Some(shown) if shown.stride > fine && shown.weights.number < self.sweep => Some((2, coarse)),
            Some(shown) if shown.stride > fine => Some((REFINING, fine)),
            Some(shown) if shown.weights.number < self.round => Some((4, fine)),
            Some(_) => None,
        };
        let all = self.in_view(seen).filter_map(|(chunk, shown)| {
            let (rank, stride) = wants(shown)?;
            Some((rank, Self::distance(seen, chunk, CHUNK), chunk, stride))
        });
        let first = all.min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)))?;
        let (rank, _, chunk, stride) = first;
        Some(Piece { window: self.window(chunk, CHUNK), stride, refines: rank == REFINING })
    }

    /// Of a very large view: squares of several chunks, by one pixel each.
    fn sparse(&self, seen: Seen) -> Option<Piece> {
        let [first, last] = seen.chunks();
        let chunks = |from: u32, to: u32| (to - from + 1) as usize;
        let all = chunks(first.0, last.0) * chunks(first.1, last.1);
        let mut several = 2;
        while all / (several * several) as usize > CHUNKS {
            several *= 2;
        }
        let lacking = self.in_view(seen).filter(|(_, shown)| shown.is_none());
        let squares = lacking.map(|((x, y), _)| (x / several * several, y / several * several));
        let side = several * CHUNK;
        let nearest = squares
            .min_by(|a, b| Self::distance(seen, *a, side).total_cmp(&Self::distance(seen, *b, side)))?;
        Some(Piece { window: self.window(nearest, side), stride: side, refines: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// A view of 4 x 3 chunks of a grid of 10 x 10.
    fn seen() -> Seen {
        Seen { window: Window { col: 130, row: 70, width: 240, height: 170 }, step: 1 }
    }

    fn order() -> Order {
        Order::new(640, 640)
    }

    /// Does all there is to do; the pieces in order.
    fn run(order: &mut Order, seen: Seen) -> Vec<Piece> {
        let mut pieces = Vec::new();
        while let Some(piece) = order.next(seen) {
            order.done(piece);
            pieces.push(piece);
            assert!(pieces.len() < 100_000, "it never ends");
        }
        pieces
    }

    fn strides(pieces: &[Piece]) -> Vec<u32> {
        pieces.iter().map(|piece| piece.stride).collect()
    }

    #[test]
    fn every_fourth_pixel_of_the_view_comes_first_and_then_all_from_the_centre_outwards() {
        let mut order = order();
        assert_eq!(order.next(seen()), None, "there are no weights yet");
        order.newer(1);
        let pieces = run(&mut order, seen());
        assert_eq!(strides(&pieces), [[4; 12], [1; 12]].concat());
        let distance = |piece: &Piece| {
            let ([x, y], [col, row]) = (piece.window.middle(), seen().window.middle());
            (x - col).hypot(y - row)
        };
        for pass in pieces.chunks(12) {
            assert!(pass.is_sorted_by(|a, b| distance(a) <= distance(b)), "{pass:?}");
            assert_eq!(pass.iter().map(|piece| piece.window).collect::<HashSet<_>>().len(), 12);
        }
        let fresh = order.freshness(seen());
        assert_eq!((fresh.covers, fresh.fine, fresh.current, fresh.oldest), (true, 1.0, 1.0, 1));
    }

    #[test]
    fn newer_weights_take_over_with_the_next_piece_and_what_was_shown_stays_until_then() {
        let mut order = order();
        order.newer(1);
        for _ in 0..3 {
            let piece = order.next(seen()).unwrap();
            order.done(piece);
        }
        assert!(!order.freshness(seen()).covers);
        order.newer(2);
        let pieces = run(&mut order, seen());
        assert_eq!(strides(&pieces[..9]), [4; 9], "the first look goes on");
        assert!(pieces[9..].iter().any(|piece| piece.stride == 4), "what is of older weights is swept again");
        let fresh = order.freshness(seen());
        assert_eq!((fresh.oldest, fresh.newest, fresh.current), (2, 2, 1.0));
        // What is fine is never coarse again in this training.
        order.newer(3);
        assert_eq!(strides(&run(&mut order, seen())), [1; 12]);
    }

    #[test]
    fn a_view_becomes_whole_though_newer_weights_come_with_every_piece() {
        let mut order = order();
        order.newer(1);
        let mut pieces = 0;
        while order.freshness(seen()).fine < 1.0 {
            let piece = order.next(seen()).expect("something is lacking");
            order.done(piece);
            order.newer(pieces + 2);
            pieces += 1;
            assert!(pieces < 150, "it starves");
        }
        // Then every chunk is brought up to date, each once before any twice.
        let round: Vec<Window> = (0..12)
            .map(|_| {
                let piece = order.next(seen()).unwrap();
                order.done(piece);
                order.newer(1000);
                assert_eq!(piece.stride, 1);
                piece.window
            })
            .collect();
        assert_eq!(round.iter().collect::<HashSet<_>>().len(), 12);
    }

    #[test]
    fn a_view_that_moves_moves_the_work_and_what_was_done_is_not_done_again() {
        let mut order = order();
        order.newer(1);
        run(&mut order, seen());
        let moved = Seen { window: Window { col: 194, ..seen().window }, ..seen() };
        let pieces = run(&mut order, moved);
        assert_eq!(strides(&pieces), [4, 4, 4, 1, 1, 1], "one column of chunks is new");
        assert!(pieces.iter().all(|piece| piece.window.col == 384));
        assert_eq!(order.next(seen()), None);
    }

    #[test]
    fn a_view_from_afar_is_no_finer_than_the_screen_and_finer_once_one_comes_near() {
        let mut order = order();
        order.newer(1);
        let afar = Seen { window: Window { col: 0, row: 0, width: 640, height: 640 }, step: 4 };
        assert_eq!(strides(&run(&mut order, afar)), [[16; 100], [4; 100]].concat());
        assert_eq!(strides(&run(&mut order, seen())), [1; 12], "it is coarse already");
        assert_eq!(order.next(afar), None, "and finer than needed from afar");
    }

    #[test]
    fn a_large_site_is_covered_by_few_pixels_first() {
        let mut order = Order::new(5_490, 5_490);
        order.newer(1);
        let seen = Seen { window: Window { col: 0, row: 0, width: 5_490, height: 5_490 }, step: 8 };
        let mut pieces = 0;
        while !order.freshness(seen).covers {
            let piece = order.next(seen).unwrap();
            assert!(piece.stride >= 128 || pieces > 0, "{piece:?}");
            order.done(piece);
            pieces += 1;
        }
        assert!(pieces <= 2 * CHUNKS, "{pieces} pieces");
        let piece = order.next(seen).unwrap();
        assert_eq!((piece.stride, piece.window.width), (32, 64), "and then chunk by chunk");
    }

    #[test]
    fn another_training_looks_at_everything_anew() {
        let mut order = order();
        order.newer(7);
        run(&mut order, seen());
        order.begin();
        order.newer(1);
        assert!(!order.freshness(seen()).covers);
        assert_eq!(strides(&run(&mut order, seen())), [[4; 12], [1; 12]].concat());
    }

    #[test]
    fn a_view_beside_the_grid_has_nothing_to_do() {
        let mut order = order();
        order.newer(1);
        let beside = Seen { window: Window { col: 9000, row: 0, width: 100, height: 100 }, step: 1 };
        assert_eq!(order.next(beside), None);
        assert!(!order.freshness(beside).covers);
    }
}
