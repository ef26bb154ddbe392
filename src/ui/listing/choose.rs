//! Which annotations a click or a key in the list selects.

use crate::labels::AnnotationId;
use egui::Modifiers;
use std::collections::BTreeSet;

/// What is selected after a click on a row.
pub fn clicked(
    selection: &BTreeSet<AnnotationId>,
    rows: &[AnnotationId],
    anchor: Option<AnnotationId>,
    id: AnnotationId,
    modifiers: Modifiers,
) -> Vec<AnnotationId> {
    match (modifiers.shift, modifiers.command, anchor) {
        (true, _, Some(anchor)) => {
            let before = selection.iter().copied().filter(|_| modifiers.command);
            let chosen: BTreeSet<_> = from_to(rows, anchor, id).into_iter().chain(before).collect();
            chosen.into_iter().collect()
        }
        (_, true, _) => {
            let mut chosen = selection.clone();
            if !chosen.remove(&id) {
                chosen.insert(id);
            }
            chosen.into_iter().collect()
        }
        // Clicked again, a row that is selected alone is left.
        _ if selection.len() == 1 && selection.contains(&id) => Vec::new(),
        _ => vec![id],
    }
}

/// All rows from one to another, in either direction; the other alone where one is not listed.
pub fn from_to(rows: &[AnnotationId], from: AnnotationId, to: AnnotationId) -> Vec<AnnotationId> {
    let at = |id| rows.iter().position(|row| *row == id);
    match (at(from), at(to)) {
        (Some(from), Some(to)) => rows[from.min(to)..=from.max(to)].to_vec(),
        _ => vec![to],
    }
}

/// The row so many steps from the last one; the first or the last row where there is none. Stays within the list.
pub fn stepped(rows: &[AnnotationId], lead: Option<AnnotationId>, step: isize) -> Option<AnnotationId> {
    let at = lead.and_then(|id| rows.iter().position(|row| *row == id));
    let last = rows.len().checked_sub(1)?;
    let next = match at {
        Some(at) => at.saturating_add_signed(step).min(last),
        None if step < 0 => last,
        None => 0,
    };
    rows.get(next).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [AnnotationId; 5] = [9, 3, 7, 1, 5];

    fn click(
        selected: &[AnnotationId],
        anchor: Option<u64>,
        id: u64,
        modifiers: Modifiers,
    ) -> Vec<AnnotationId> {
        let mut chosen = clicked(&selected.iter().copied().collect(), &ROWS, anchor, id, modifiers);
        chosen.sort_unstable();
        chosen
    }

    #[test]
    fn a_click_selects_one_and_again_none() {
        assert_eq!(click(&[3, 7], Some(3), 1, Modifiers::NONE), [1]);
        assert_eq!(click(&[3, 7], Some(3), 3, Modifiers::NONE), [3]);
        assert!(click(&[3], Some(3), 3, Modifiers::NONE).is_empty());
    }

    #[test]
    fn ctrl_adds_and_takes_away_and_shift_takes_all_between_in_the_order_of_the_list() {
        assert_eq!(click(&[3], Some(3), 1, Modifiers::COMMAND), [1, 3]);
        assert_eq!(click(&[1, 3], Some(3), 1, Modifiers::COMMAND), [3]);
        assert_eq!(click(&[9], Some(9), 7, Modifiers::SHIFT), [3, 7, 9]);
        assert_eq!(click(&[1], Some(1), 3, Modifiers::SHIFT), [1, 3, 7]);
        assert_eq!(click(&[5, 9], Some(9), 3, Modifiers::SHIFT | Modifiers::COMMAND), [3, 5, 9]);
        assert_eq!(click(&[], None, 3, Modifiers::SHIFT), [3]);
    }

    #[test]
    fn steps_stay_within_the_list() {
        assert_eq!(stepped(&ROWS, Some(3), 1), Some(7));
        assert_eq!(stepped(&ROWS, Some(9), -1), Some(9));
        assert_eq!(stepped(&ROWS, Some(5), 1), Some(5));
        assert_eq!(stepped(&ROWS, None, 1), Some(9));
        assert_eq!(stepped(&ROWS, Some(42), -1), Some(5));
        assert_eq!(stepped(&[], None, 1), None);
    }
}
