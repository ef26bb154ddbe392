//! The window in Spanish.

use crate::desk::Desk;
use crate::small::Made;
use egui::Key;
use ritmo::app::{Command, Page};

#[test]
fn the_window_speaks_spanish_once_it_is_chosen_and_on_other_days_too() {
    let mut desk = Desk::open(Made::Cube);
    desk.click("Project");
    desk.click("Language");
    desk.click("Español");
    for words in ["Proyecto", "Capas", "Explorar", "Guardado"] {
        desk.assert_sees(words);
    }
    let mut desk = desk.reopened();
    desk.click("Etiquetar");
    assert_eq!(desk.project().page, Page::Label);
    desk.ctrl(Key::P);
    desk.letter("idioma english");
    desk.key(Key::Enter);
    desk.settle();
    desk.assert_sees("Layers");
    assert!(!desk.sees("Capas"));
}

#[test]
fn what_is_refused_and_what_fails_is_told_in_spanish() {
    let mut desk = Desk::open(Made::Cube);
    desk.click("Project");
    desk.click("Language");
    desk.click("Español");
    desk.send(Command::Train { name: None, then_map: false });
    desk.settle();
    desk.assert_sees("odavía no hay nada de qué aprender");
    desk.send(Command::OpenProject("/nowhere/at all".into()));
    let told = "/nowhere/at all no es un proyecto de Ritmo: no tiene ritmo.json.";
    desk.until("why it cannot be opened", |desk| desk.sees(told));
}

#[test]
fn the_start_screen_offers_both_languages() {
    let mut desk = Desk::start();
    desk.click("Español");
    assert!(desk.can("Probar la demostración"));
    desk.click("English");
    assert!(desk.can("Try the demo"));
}

#[test]
fn the_theme_is_remembered() {
    let mut desk = Desk::open(Made::Nothing);
    desk.click("Light");
    let mut desk = desk.reopened();
    assert_eq!(desk.harness().ctx.theme(), egui::Theme::Light);
    assert!(desk.can("Dark"));
}
