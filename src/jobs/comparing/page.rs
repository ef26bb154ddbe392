//! What a comparison found, as a page to read and to print.

use super::sides::{MadeBy, Sides};
use super::{CompareSpec, ComparedMaps};
use crate::assess::{Comparison, Fact, MapComparison, Report};
use crate::classify::TRAINING;
use crate::geo::raster::RasterReader;
use crate::jobs::reporting::{facts_of_map, facts_of_model, map_picture};
use crate::model::Model;

/// The page: the answer first, then both maps, the figures on all that they were held against, and what they are of.
pub(super) fn page(spec: &CompareSpec, sides: &Sides, compared: &ComparedMaps) -> String {
    let names = [0, 1].map(|side| sides.told[side].phrase());
    let comparisons = compared.bases.iter().map(|on| Comparison {
        title: on.basis.title().into(),
        maps: names.clone(),
        short: [0, 1].map(|side| spec.maps[side].0.clone()),
        compared: MapComparison {
            obtained: format!("{} {}.", on.obtained, capital(&on.comparison.obtained)),
            ..on.comparison.clone()
        },
    });
    let agree = compared.agreement.share().map_or(0.0, |differ| (1.0 - differ) * 100.0);
    let differ_ha = compared.differ_ha();
    let mut method = vec![Fact::new(
        "land on which both maps agree",
        format!("{agree:.1} % of what both map; they differ on {differ_ha:.2} ha"),
    )];
    for (side, (_, file)) in spec.maps.iter().enumerate() {
        let of = |fact: Fact| Fact::new(format!("{}: {}", names[side], fact.name), fact.value);
        let training = RasterReader::open(file).ok().and_then(|file| file.metadata_item(TRAINING));
        method.extend(facts_of_map(file, &sides.grid, training.as_deref()).into_iter().map(of));
        let (MadeBy::Series(name) | MadeBy::UNet(name)) = &sides.told[side].made_by else { continue };
        let folder = spec.models.iter().find(|(model, _)| model == name).map(|(_, folder)| folder);
        if let Some(model) = folder.and_then(|folder| Model::load(folder).ok()) {
            method.extend(facts_of_model(name, &model.card).into_iter().map(of));
        }
    }
    let picture = |side: usize| {
        let codes = &sides.codes[side];
        let today: Vec<u8> = codes.iter().map(|code| sides.today[side][usize::from(*code)]).collect();
        map_picture(names[side].clone(), &sides.grid, &today, &sides.classes)
    };
    let report = Report {
        version: Report::VERSION,
        project: spec.project.clone(),
        site: spec.site.clone(),
        map: format!("{} and {}", spec.maps[0].0, spec.maps[1].0),
        created: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        comparisons: comparisons.collect(),
        method,
        notes: compared.notes.clone(),
        ..Report::default()
    };
    let pictures: Vec<_> = [0, 1].into_iter().filter_map(picture).collect();
    report.html(&pictures, spec.language)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
