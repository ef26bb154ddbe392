//! Names of classes in files beside a raster: GDAL's side file (category names, or a table of attributes) and a QGIS style.

use crate::labels::{colour_of, parse_xml};
use roxmltree::{Document, Node};
use std::io::Read;
use std::path::Path;

/// No side file of a class map is as large as this.
const MOST_BYTES: u64 = 16 << 20;

/// A value that is named.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NamedValue {
    pub(super) value: i64,
    pub(super) name: String,
    pub(super) colour: Option<[u8; 3]>,
}

/// What the files beside a raster name, and where: GDAL's own first. A file that cannot be read names nothing, and is told.
pub(super) fn named_beside(raster: &Path) -> (Option<(String, Vec<NamedValue>)>, Vec<String>) {
    let mut own = raster.as_os_str().to_owned();
    own.push(".aux.xml");
    let mut notes = Vec::new();
    for (file, read) in [(own.into(), of_gdal as Reader), (raster.with_extension("qml"), of_qgis as Reader)] {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match text_of(&file) {
            Ok(None) => {}
            Err(why) => notes.push(format!("{name} was passed over: {why}")),
            Ok(Some(text)) => match parse_xml(&text).map(|document| read(&document)) {
                Ok(found) if !found.is_empty() => return (Some((name, found)), notes),
                Ok(_) => {}
                Err(why) => notes.push(format!("{name} was passed over: {why}")),
            },
        }
    }
    (None, notes)
}

type Reader = fn(&Document) -> Vec<NamedValue>;

fn text_of(file: &Path) -> Result<Option<String>, String> {
    let Ok(open) = std::fs::File::open(file) else { return Ok(None) };
    let mut bytes = Vec::new();
    open.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err("it is larger than 16 MiB".into());
    }
    String::from_utf8(bytes).map(Some).map_err(|_| "it is no UTF-8 text".into())
}

fn of_gdal(document: &Document) -> Vec<NamedValue> {
    let first = document.descendants().find(|node| {
        node.has_tag_name("PAMRasterBand") && node.attribute("band").is_none_or(|band| band == "1")
    });
    let Some(band) = first else { return Vec::new() };
    let table = attributes(&band);
    if !table.is_empty() {
        return table;
    }
    let categories = band.descendants().filter(|node| node.has_tag_name("Category"));
    let named = categories.enumerate().filter_map(|(value, node)| {
        let name = node.text().unwrap_or_default().trim();
        (!name.is_empty()).then(|| NamedValue { value: value as i64, name: name.into(), colour: None })
    });
    named.collect()
}

/// GDAL's table of attributes: of its columns those of the value, the name and the colour, by what they are used for
/// (`GDALRATFieldUsage`), else by their titles.
fn attributes(band: &Node) -> Vec<NamedValue> {
    const NAME: &str = "2";
    const VALUES: [&str; 2] = ["5", "3"];
    const COLOURS: [&str; 3] = ["6", "7", "8"];
    let Some(table) = band.descendants().find(|node| node.has_tag_name("GDALRasterAttributeTable")) else {
        return Vec::new();
    };
    let inner = |node: &Node, tag: &str| {
        let found = node.children().find(|child| child.has_tag_name(tag));
        found.and_then(|child| child.text()).unwrap_or_default().trim().to_owned()
    };
    let fields: Vec<(String, String)> = table
        .children()
        .filter(|node| node.has_tag_name("FieldDefn"))
        .map(|node| (inner(&node, "Usage"), inner(&node, "Name").to_lowercase()))
        .collect();
    let used = |usages: &[&str], titles: &[&str]| {
        let by_use = fields.iter().position(|(usage, _)| usages.contains(&usage.as_str()));
        by_use.or_else(|| fields.iter().position(|(_, title)| titles.contains(&title.as_str())))
    };
    let value = used(&VALUES, &["value", "valor", "code", "class"]);
    let name = used(&[NAME], &["class_name", "classname", "name", "category", "label", "nombre", "clase"]);
    let (Some(value), Some(name)) = (value, name) else { return Vec::new() };
    let colour = [0, 1, 2].map(|i| used(&COLOURS[i..=i], &[["red"], ["green"], ["blue"]][i]));
    let rows = table.children().filter(|node| node.has_tag_name("Row"));
    let named = rows.filter_map(|row| {
        let cells: Vec<&str> = row
            .children()
            .filter(|node| node.has_tag_name("F"))
            .map(|node| node.text().unwrap_or_default().trim())
            .collect();
        let number: f64 = cells.get(value)?.parse().ok()?;
        let text = cells.get(name).filter(|text| !text.is_empty())?;
        let part = |i: usize| cells.get(colour[i]?)?.parse::<u8>().ok();
        let colour = part(0).zip(part(1)).zip(part(2)).map(|((r, g), b)| [r, g, b]);
        (number.fract() == 0.0).then(|| NamedValue { value: number as i64, name: (*text).into(), colour })
    });
    named.collect()
}

fn of_qgis(document: &Document) -> Vec<NamedValue> {
    let entries = document.descendants().filter(|node| node.has_tag_name("paletteEntry"));
    let named = entries.filter_map(|node| {
        let value: f64 = node.attribute("value")?.trim().parse().ok()?;
        let label = node.attribute("label").unwrap_or_default().trim();
        let colour = node.attribute("color").and_then(colour_of);
        // QGIS takes the value for a label that nobody gave.
        let is_name = !label.is_empty() && label.parse::<f64>() != Ok(value);
        (is_name && value.fract() == 0.0).then(|| NamedValue {
            value: value as i64,
            name: label.into(),
            colour,
        })
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beside(ending: &str, text: &str) -> (Option<(String, Vec<NamedValue>)>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(format!("m{ending}")), text).unwrap();
        named_beside(&folder.path().join("m.tif"))
    }

    fn named(value: i64, name: &str, colour: Option<[u8; 3]>) -> NamedValue {
        NamedValue { value, name: name.into(), colour }
    }

    #[test]
    fn category_names_attributes_and_styles_name_values() {
        let categories = "<PAMDataset><PAMRasterBand band=\"1\"><CategoryNames><Category>Bosque &amp; selva</Category>\
                          <Category/><Category>Agua</Category></CategoryNames></PAMRasterBand></PAMDataset>";
        let (found, _) = beside(".tif.aux.xml", categories);
        let expected = vec![named(0, "Bosque & selva", None), named(2, "Agua", None)];
        assert_eq!(found, Some(("m.tif.aux.xml".into(), expected)));
        let field = |name: &str, usage: u32| {
            format!("<FieldDefn><Name>{name}</Name><Type>0</Type><Usage>{usage}</Usage></FieldDefn>")
        };
        let fields = [("VALUE", 5), ("COUNT", 1), ("CLASS_NAME", 2), ("R", 6), ("G", 7), ("B", 8)];
        let fields: String = fields.map(|(name, usage)| field(name, usage)).concat();
        let row = "<Row index=\"0\"><F>211</F><F>9</F><F>Riego</F><F>1</F><F>2</F><F>3</F></Row>\
                   <Row index=\"1\"><F>x</F><F>9</F><F>none</F></Row><Row/>";
        let table = format!(
            "<PAMDataset><PAMRasterBand band=\"1\"><GDALRasterAttributeTable>{fields}{row}</GDALRasterAttributeTable></PAMRasterBand></PAMDataset>"
        );
        assert_eq!(beside(".tif.aux.xml", &table).0.unwrap().1, [named(211, "Riego", Some([1, 2, 3]))]);
        let style = "<!DOCTYPE qgis PUBLIC 'a' 'b'><qgis><paletteEntry value=\"0\" label=\"Forest\" color=\"#6ca966\"/>\
                     <paletteEntry value=\"4\" label=\"4\" color=\"#000000\"/></qgis>";
        assert_eq!(beside(".qml", style).0.unwrap().1, [named(0, "Forest", Some([0x6c, 0xa9, 0x66]))]);
    }

    #[test]
    fn a_damaged_side_file_is_passed_over_and_told() {
        let (found, notes) = beside(".tif.aux.xml", "<PAMDataset><PAMRasterBand");
        assert!(found.is_none() && notes[0].contains("m.tif.aux.xml was passed over"), "{notes:?}");
        let deep = "<a>".repeat(5000);
        assert!(beside(".qml", &deep).1[0].contains("deeper"));
        assert_eq!(beside(".txt", "none"), (None, Vec::new()));
    }
}
