//! Reference samples on the Assess page: designed before any unit is drawn, labelled with keys and without the map, by two.

use crate::desk::Desk;
use crate::map_files::write_map;
use crate::small::{Made, SIDE, grid};
use egui::Key;
use ritmo::app::{Command, DesignRequest, LabelOrder, ReferenceOrder};
use ritmo::assess::Allocation;
use ritmo::project::reference::{ReferenceSample, Size, Wanted, read_reference};

/// On the Assess page, with a map whose right third is another class than the rest.
pub fn with_map(mut desk: Desk) -> Desk {
    let classes = desk.project().document.legend.classes.clone();
    let pixels = grid().pixels();
    let mut planes = vec![0; 3 * pixels];
    for at in 0..pixels {
        let right = at as u32 % SIDE >= 2 * SIDE / 3;
        planes[at] = if right { 20 } else { 230 };
        planes[2 * pixels + at] = 250 - planes[at];
    }
    write_map(&desk.folder().join("maps/field"), "raw", &grid(), &classes, &planes, &[]);
    desk.send(Command::ShowSite("field".into()));
    desk.until("the map is known", |d| d.project().map().is_some());
    desk.key(Key::F4);
    desk.settle();
    desk
}

fn send(desk: &mut Desk, order: ReferenceOrder) {
    desk.send(Command::Reference(order));
    desk.until_idle();
}

/// With six units, three of each class, that nobody has labelled.
pub fn with_sample(desk: Desk) -> Desk {
    let mut desk = with_map(desk);
    let wanted = Wanted { size: Size::Units(6), allocation: Allocation::Equal, ..Wanted::default() };
    send(&mut desk, ReferenceOrder::Design(DesignRequest { wanted, ..DesignRequest::default() }));
    desk
}

fn sample(desk: &Desk) -> &ReferenceSample {
    &desk.project().references().open.as_ref().unwrap().sample
}

fn unit(desk: &Desk) -> u32 {
    desk.project().labelling().unwrap().0.unit().unwrap().number
}

#[test]
fn what_a_sample_comes_to_is_seen_before_it_is_drawn() {
    let mut desk = with_map(Desk::open(Made::Cube));
    desk.click("Design a sample…");
    desk.until("the map is counted", |d| d.sees("is expected"));
    desk.assert_sees("500 units, from which a standard error");
    desk.assert_sees("Expected user's accuracy of Forest");
    let before = desk.words().into_iter().find(|words| words.contains("is expected")).unwrap();
    desk.pick("How units are shared out", "The same number each");
    let after = desk.words().into_iter().find(|words| words.contains("is expected")).unwrap();
    assert_ne!(before, after, "it is reckoned anew at once");
    desk.click("Standard error of overall accuracy");
    desk.assert_sees("Ask for more units");
    desk.click("Draw the sample");
    desk.until_idle();
    let units = sample(&desk).units.len();
    assert!(units > 1000, "one point takes {units} units");
    desk.assert_sees("Drawn of field/raw");
    assert!(desk.folder().join("reference/reference-1.geojson").exists());
    // Its name is free no more, and the next one is offered; one that exists is asked.
    desk.click("Design a sample…");
    desk.until("the map is counted", |d| d.sees("is expected"));
    assert!(desk.can("Draw the sample"));
    desk.replace("Name", "reference-1");
    assert!(!desk.can("Draw the sample"));
    desk.click("Replace the sample of this name, with its answers");
    assert!(desk.can("Draw the sample"));
    desk.click("Not now");
    assert_eq!(sample(&desk).units.len(), units);
}

#[test]
fn units_are_labelled_with_keys_and_nothing_tells_what_the_map_says() {
    let mut desk = with_sample(Desk::open(Made::Cube));
    desk.point(10.0, 10.0);
    desk.settle();
    desk.assert_sees("1 Forest");
    desk.replace("Interpreter", "Ana");
    desk.click("Label the units");
    desk.assert_sees("Ana labels; the map is hidden.");
    desk.assert_sees("0 of 6 answered");
    desk.point(10.0, 10.0);
    desk.settle();
    assert!(!desk.sees("1 Forest") && !desk.sees("3 Water") && !desk.sees("Scores of"), "{:?}", desk.words());
    for page in [Key::F1, Key::F2, Key::F3] {
        desk.key(page);
        desk.point(12.0, 12.0);
        desk.settle();
        let tells = |words: &String| {
            ["1 Forest", "3 Water", "thinks", "entropy", "Clean raw"].iter().any(|told| words.contains(told))
        };
        assert_eq!(desk.words().into_iter().find(tells), None, "{page:?}");
    }
    desk.key(Key::F4);
    desk.settle();
    assert_eq!(unit(&desk), 1);
    desk.key(Key::L);
    desk.key(Key::Num1);
    desk.settle();
    desk.assert_sees("1 of 6 answered");
    assert_eq!(unit(&desk), 2);
    desk.key(Key::Num3);
    desk.key(Key::X);
    desk.settle();
    assert_eq!(unit(&desk), 4);
    desk.key(Key::Backspace);
    desk.settle();
    assert_eq!(unit(&desk), 3);
    desk.ctrl(Key::Z);
    desk.settle();
    desk.assert_sees("2 of 6 answered");
    desk.key(Key::Enter);
    desk.settle();
    assert_eq!(unit(&desk), 4);
    desk.key(Key::N);
    desk.settle();
    assert_eq!(unit(&desk), 5);
    desk.click("Maize");
    let pin = desk.project().document.view.pins.clone();
    assert_eq!(pin.len(), 1, "its series is in the plot");
    desk.click("Stop labelling");
    desk.assert_sees("Label the units");
    desk.point(10.0, 10.0);
    desk.settle();
    desk.assert_sees("1 Forest");
    desk.project().flush();
    let file = desk.folder().join("reference/reference-1.geojson");
    let (saved, _) = read_reference(&file, &desk.project().document.legend).unwrap();
    let codes = desk.project().document.legend.classes.iter().map(|class| class.code).collect::<Vec<_>>();
    let classes: Vec<_> = saved.units.iter().map(ReferenceSample::class_of).collect();
    let expected = [Some(codes[0]), Some(codes[2]), None, None, Some(codes[1]), None];
    assert_eq!(classes, expected);
    assert_eq!(saved.units[0].answers[0].confidence, ritmo::labels::Confidence::Likely);
}

#[test]
fn a_second_interpreter_sees_no_answer_of_the_first_and_differences_are_settled() {
    let mut desk = with_sample(Desk::open(Made::Cube));
    desk.replace("Interpreter", "Ana");
    desk.click("Label the units");
    (0..6).for_each(|_| desk.key(Key::Num1));
    desk.settle();
    desk.assert_sees("6 of 6 answered");
    desk.click("Stop labelling");
    desk.replace("Interpreter", "Ben");
    desk.click("Label the units");
    desk.assert_sees("0 of 6 answered");
    assert!(!desk.sees("Ana"), "{:?}", desk.words());
    for key in [Key::Num1, Key::Num2, Key::Num1, Key::Num1, Key::Num1, Key::Num3] {
        desk.key(key);
    }
    desk.settle();
    desk.click("Stop labelling");
    desk.assert_sees("Ana and Ben agree on 4 of 6 units");
    desk.click("Settle 2 differences");
    desk.assert_sees("Ana: Forest");
    desk.assert_sees("Ben: Maize");
    desk.key(Key::Num2);
    desk.settle();
    desk.assert_sees("Ben: Water");
    desk.key(Key::X);
    desk.settle();
    desk.click("Stop labelling");
    assert!(sample(&desk).disputed().is_empty());
    assert!(!desk.sees("Settle 1 difference"));
}

#[test]
fn a_note_is_kept_with_the_answer_and_typing_it_answers_nothing() {
    let mut desk = with_sample(Desk::open(Made::Cube));
    send(&mut desk, ReferenceOrder::Label(LabelOrder::Start { interpreter: "Ana".into() }));
    desk.type_into("Note", "burnt 123 xs");
    desk.settle();
    desk.assert_sees("0 of 6 answered");
    desk.click("Skip");
    let answer = sample(&desk).units[0].answers[0].clone();
    assert_eq!((answer.class, answer.note.as_deref()), (None, Some("burnt 123 xs")));
}
