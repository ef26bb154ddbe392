//! Legends as QGIS styles (`.qml`): paletted rasters are read and written, categorised vectors are read.

use super::entries::{Entry, colour_of, hex, legend_of, no_colour};
use super::{Class, Legend};
use crate::xml::escaped;
use roxmltree::{Document, Node, ParsingOptions};
use std::fmt::Write;

/// Nodes of a style at most: those of styles with labels and forms have some thousands.
const NODES: u32 = 2_000_000;

/// Elements within one another at most: those of QGIS go some ten deep. Deeper ones could use up the stack of the parser.
const DEPTH: usize = 200;

/// Whether the parser can take this on: no entities of its own, nothing that goes deeper than any style does.
fn check_depth(text: &str) -> Result<(), String> {
    if text.contains("<!ENTITY") {
        return Err("it defines entities, which no style of QGIS does. Save the style again in QGIS".into());
    }
    let mut depth = 0usize;
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let (skipped, length) = match rest {
            comment if comment.starts_with("<!--") => (true, comment.find("-->").map(|at| at + 3)),
            data if data.starts_with("<![CDATA[") => (true, data.find("]]>").map(|at| at + 3)),
            tag => (false, end_of_tag(tag)),
        };
        let length = length.unwrap_or(rest.len());
        let tag = &rest[..length];
        if tag.starts_with("</") {
            depth = depth.saturating_sub(1);
        } else if !skipped && !tag.starts_with("<!") && !tag.starts_with("<?") && !tag.ends_with("/>") {
            depth += 1;
        }
        if depth > DEPTH {
            return Err("its elements go deeper than those of any style. Save the style again in QGIS".into());
        }
        rest = &rest[length..];
    }
    Ok(())
}

/// Behind the `>` that ends a tag; one within quotes does not.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (byte, quote) {
            (b'"' | b'\'', None) => quote = Some(byte),
            (b'>', None) => return Some(at + 1),
            (byte, Some(open)) if byte == open => quote = None,
            _ => {}
        }
    }
    None
}

/// Parses XML of a style, or of another file beside a raster, where the parser can take it on; else a sentence without the
/// file's name.
pub(crate) fn parse_xml(text: &str) -> Result<Document<'_>, String> {
    check_depth(text)?;
    let options = ParsingOptions { allow_dtd: true, nodes_limit: NODES };
    Document::parse_with_options(text, options)
        .map_err(|e| format!("it is no whole XML ({e}). Save the style again in QGIS"))
}

/// The legend in this text; a sentence without the file's name where there is none.
pub(super) fn read(text: &str) -> Result<Legend, String> {
    let document = parse_xml(text)?;
    let named = |name: &'static str| document.descendants().filter(move |node| node.has_tag_name(name));
    let palette: Vec<_> = named("paletteEntry").collect();
    if !palette.is_empty() {
        let entries: Result<Vec<_>, _> = palette.iter().map(|node| palette_entry(&document, node)).collect();
        return legend_of(entries?);
    }
    let categories: Vec<_> = named("category").filter(|node| node.attribute("symbol").is_some()).collect();
    if categories.is_empty() {
        return Err("it holds neither a paletted raster nor a categorised vector style. In QGIS, choose \
                    Paletted/Unique values or Categorized as the symbology and save the style again"
            .into());
    }
    legend_of(categorised(&document, &categories)?)
}

fn line_of(document: &Document, node: &Node) -> String {
    format!("line {}", document.text_pos_at(node.range().start).row)
}

fn palette_entry(document: &Document, node: &Node) -> Result<Entry, String> {
    let at = line_of(document, node);
    let code = node.attribute("value").unwrap_or_default();
    let label = node.attribute("label").unwrap_or_default();
    // QGIS leaves a label empty, or takes the value for it, where nobody gave one.
    let name = if label.trim().is_empty() { code } else { label }.to_owned();
    let colour =
        node.attribute("color").map(|text| colour_of(text).ok_or_else(|| no_colour(&at, &name, text)));
    // Without a value it is no class of a raster; the code is told as missing.
    if code.trim().is_empty() {
        return Err(format!(
            "{at}: the entry “{name}” has no value. Give it one of 1 to 254, or take it out"
        ));
    }
    Ok(Entry { at, code: Some(code.to_owned()), name, colour: colour.transpose()?, ..Entry::default() })
}

fn categorised(document: &Document, categories: &[Node]) -> Result<Vec<Entry>, String> {
    // The category without a value stands for all that have none of the others.
    let with_value = |node: &&Node| node.attribute("value").is_none_or(|value| !value.trim().is_empty());
    let categories: Vec<_> = categories.iter().filter(with_value).collect();
    let is_code = |node: &&Node| node.attribute("value").is_some_and(|v| v.trim().parse::<f64>().is_ok());
    // Values are codes where all of them are numbers, otherwise names.
    let coded = categories.iter().all(is_code);
    let mut entries = Vec::with_capacity(categories.len());
    for node in categories {
        let at = line_of(document, node);
        let value = node.attribute("value").unwrap_or_default();
        let label = node.attribute("label").unwrap_or_default();
        let name = if label.trim().is_empty() { value } else { label }.to_owned();
        let colour = node.attribute("symbol").and_then(|symbol| symbol_colour(document, symbol));
        let colour = colour.map(|text| colour_of(text).ok_or_else(|| no_colour(&at, &name, text)));
        let code = coded.then(|| value.to_owned());
        entries.push(Entry { at, code, name, colour: colour.transpose()?, ..Entry::default() });
    }
    Ok(entries)
}

/// The fill colour of the symbol of this name, as QGIS 3 (`Option`) and QGIS 2 (`prop`) write it.
fn symbol_colour<'a>(document: &'a Document, symbol: &str) -> Option<&'a str> {
    let mut symbols = document.descendants().filter(|node| node.has_tag_name("symbol"));
    let symbol = symbols.find(|node| node.attribute("name") == Some(symbol))?;
    symbol.descendants().find_map(|node| match node.tag_name().name() {
        "prop" if node.attribute("k") == Some("color") => node.attribute("v"),
        "Option" if node.attribute("name") == Some("color") => node.attribute("value"),
        _ => None,
    })
}

/// A QGIS style: a paletted raster with the names and colours of these classes.
pub fn qgis_style(classes: &[Class]) -> String {
    let mut entries = String::new();
    for Class { code, name, colour, .. } in classes {
        // Writing to a String cannot fail.
        let _ = writeln!(
            entries,
            "        <paletteEntry value=\"{code}\" color=\"{}\" alpha=\"255\" label=\"{}\"/>",
            hex(*colour),
            escaped(name)
        );
    }
    format!(
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n\
         <qgis version=\"3.22\" styleCategories=\"Symbology\">\n\
         \x20 <pipe>\n\
         \x20   <rasterrenderer type=\"paletted\" band=\"1\" opacity=\"1\" alphaBand=\"-1\" nodataColor=\"\">\n\
         \x20     <colorPalette>\n{entries}\
         \x20     </colorPalette>\n\
         \x20   </rasterrenderer>\n\
         \x20 </pipe>\n\
         </qgis>\n"
    )
}
