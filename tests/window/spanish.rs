//! The pages of the window in Spanish.

use crate::desk::Desk;
use crate::small::Made;
use egui::accesskit::Role;
use egui_kittest::kittest::NodeT;
use ritmo::app::{Command, Page};
use ritmo::project::Language;

/// Has the window speak Spanish.
fn spanish(desk: &mut Desk) {
    desk.send(Command::SetLanguage(Language::Spanish));
    desk.settle();
}

/// Words and controls on screen that reach past the right edge of the window.
fn past_the_edge(desk: &mut Desk) -> Vec<String> {
    let harness = desk.harness();
    let edge = harness.ctx.content_rect().right() + 1.0;
    let nodes = harness.root().children_recursive();
    let past = nodes.filter(|node| {
        let role = node.accesskit_node().role();
        let reads = matches!(
            role,
            Role::Label
                | Role::Button
                | Role::CheckBox
                | Role::RadioButton
                | Role::ComboBox
                | Role::SpinButton
        );
        reads && node.rect().right() > edge
    });
    past.filter_map(|node| node.accesskit_node().label()).collect()
}

#[test]
fn the_main_pages_are_told_in_spanish() {
    let mut desk = Desk::open(Made::Labels);
    spanish(&mut desk);
    for (page, told) in [
        (Page::Look, ["Píxeles fijados", "Valores del 15 ene 2022", "ratón"]),
        (Page::Label, ["Leyenda", "12 anotaciones", "Margen interior"]),
        (Page::Map, ["Entrenar y mapear", "Modelos", "Máximo de épocas"]),
        (Page::Assess, ["Evaluación", "Evaluar el mapa", "Todavía no hay mapa"]),
    ] {
        desk.send(Command::ShowPage(page));
        told.iter().for_each(|words| desk.assert_sees(words));
        assert_eq!(past_the_edge(&mut desk), Vec::<String>::new(), "{page:?}");
    }
}

#[test]
fn what_is_selected_and_the_table_are_told_in_spanish() {
    let mut desk = Desk::open(Made::Labels);
    spanish(&mut desk);
    desk.send(Command::ShowPage(Page::Label));
    desk.click("Abrir tabla");
    for words in ["Cerrar tabla", "Acercar a lo seleccionado", "Filtrar por marca"] {
        desk.assert_sees(words);
    }
    desk.click("Cerrar tabla");
    assert!(desk.can("Abrir tabla"));
    let first = desk.project().annotations.iter().next().unwrap().id;
    desk.send(Command::Select(vec![first]));
    for words in [format!("Anotación {first}").as_str(), "Vale", "Píxeles puros", "Núcleo"] {
        desk.assert_sees(words);
    }
    assert_eq!(past_the_edge(&mut desk), Vec::<String>::new());
}

#[test]
fn the_pages_that_take_files_in_are_told_in_spanish() {
    let mut desk = Desk::open(Made::Cube);
    spanish(&mut desk);
    let empty = desk.home().join("empty");
    std::fs::create_dir_all(&empty).unwrap();
    desk.drop_paths(&[&empty]);
    for words in ["Añadir imágenes", "Pasos en el tiempo", "Máscara", "Ahora no"] {
        desk.assert_sees(words);
    }
    assert_eq!(past_the_edge(&mut desk), Vec::<String>::new());
    desk.click("Ahora no");
    let labels = desk.home().join("none.geojson");
    std::fs::write(&labels, r#"{ "type": "FeatureCollection", "features": [] }"#).unwrap();
    desk.drop_paths(&[&labels]);
    for words in ["Importar etiquetas", "Campo de clase", "Confianza", "Ahora no"] {
        desk.assert_sees(words);
    }
    assert_eq!(past_the_edge(&mut desk), Vec::<String>::new());
}
