//! What files beside the images say: the products of Sentinel-2 (`MTD_MSIL2A.xml`) and Landsat (`…_MTL.txt`), and the
//! items of metadata in the images themselves.

use super::dates::dates_in;
use crate::geo::raster::RasterReader;
use chrono::{NaiveDate, NaiveTime};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A day, and the time where it is known.
pub(super) type When = (NaiveDate, Option<NaiveTime>);

/// What is read of an image's own items.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Items {
    pub when: Option<When>,
    pub baseline: Option<(u32, u32)>,
    pub origin: Option<String>,
}

/// Reads the items of an open file. The tag of TIFF comes last: many programs put there when they wrote the file.
pub(super) fn items(reader: &RasterReader) -> Items {
    const DATES: [&str; 8] = [
        "ACQUISITIONDATETIME",
        "SENSING_TIME",
        "DATE_ACQUIRED",
        "ACQUISITION_DATE",
        "PRODUCT_START_TIME",
        "RANGEBEGINNINGDATE",
        "datetime",
        "TIFFTAG_DATETIME",
    ];
    let item = |keys: &[&str]| keys.iter().find_map(|key| reader.metadata_item(key));
    Items {
        when: DATES.iter().find_map(|key| when(&reader.metadata_item(key)?)),
        baseline: item(&["PROCESSING_BASELINE", "s2:processing_baseline"])
            .and_then(|text| baseline(&text))
            // What had its offset taken away has the values of the baselines before.
            .map(
                |stated| if item(&["RITMO_OFFSET_REMOVED"]).is_some() { stated.min((3, 99)) } else { stated },
            ),
        origin: reader.metadata_item("RITMO_ORIGIN"),
    }
}

fn when(text: &str) -> Option<When> {
    dates_in(text).into_iter().next().map(|found| (found.date, found.time))
}

/// `04.00`.
fn baseline(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.trim().split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// What the metadata of a product of Sentinel-2 say.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Product {
    pub when: Option<When>,
    baseline: Option<(u32, u32)>,
    /// Whether its values are shifted, as it says by itself.
    is_shifted: bool,
}

impl Product {
    fn read(xml: &str) -> Self {
        let offsets = [texts(xml, "BOA_ADD_OFFSET"), texts(xml, "RADIO_ADD_OFFSET")].concat();
        Self {
            when: texts(xml, "PRODUCT_START_TIME").first().and_then(|text| when(text)),
            baseline: texts(xml, "PROCESSING_BASELINE").first().and_then(|text| baseline(text)),
            is_shifted: offsets.iter().any(|text| text.parse::<f64>().is_ok_and(|offset| offset != 0.0)),
        }
    }

    /// The baseline, `named` where the metadata have none; `None` where the offsets that the metadata state are not those
    /// of the baseline: then nothing is known, and people are asked.
    pub fn baseline(&self, named: Option<(u32, u32)>) -> Option<(u32, u32)> {
        self.baseline.or(named).filter(|baseline| (*baseline >= (4, 0)) == self.is_shifted)
    }
}

/// The texts of all elements of this name; their attributes are passed over.
fn texts<'a>(xml: &'a str, element: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{element}"), format!("</{element}>"));
    let mut texts = Vec::new();
    for (at, _) in xml.match_indices(&open) {
        let rest = &xml[at + open.len()..];
        // Not the beginning of a longer name.
        if !rest.starts_with(['>', ' ', '\n', '\r', '\t']) {
            continue;
        }
        if let Some((_, inside)) = rest.split_once('>')
            && let Some((text, _)) = inside.split_once(close.as_str())
        {
            texts.push(text.trim());
        }
    }
    texts
}

/// The metadata of products, each read once.
#[derive(Debug, Default)]
pub(super) struct Products {
    by_folder: HashMap<PathBuf, Option<Product>>,
}

impl Products {
    /// The product that an image of this day belongs to: its metadata lie beside or above it.
    pub fn of(&mut self, image: &Path, date: NaiveDate) -> Option<Product> {
        const UP: usize = 6;
        for folder in image.ancestors().skip(1).take(UP) {
            if !self.by_folder.contains_key(folder) {
                self.by_folder.insert(folder.to_owned(), read_product(folder));
            }
            if let Some(product) = self.by_folder.get(folder).and_then(Option::as_ref) {
                // Metadata that lie among the images of many days are about one of them only.
                let is_its = product.when.is_none_or(|(day, _)| day == date);
                return is_its.then(|| product.clone());
            }
        }
        None
    }
}

fn read_product(folder: &Path) -> Option<Product> {
    ["MTD_MSIL2A.xml", "MTD_MSIL1C.xml"].iter().find_map(|name| {
        let bytes = std::fs::read(folder.join(name)).ok()?;
        Some(Product::read(&String::from_utf8_lossy(&bytes)))
    })
}

/// When a scene of Landsat was taken, by the `MTL.txt` beside the file.
pub(super) fn landsat_when(image: &Path, product: &str) -> Option<When> {
    let bytes = std::fs::read(image.with_file_name(format!("{product}_MTL.txt"))).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let value = |key: &str| {
        text.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            (name.trim() == key).then(|| value.trim().trim_matches('"').to_owned())
        })
    };
    let date = value("DATE_ACQUIRED")?;
    when(&format!("{date}T{}", value("SCENE_CENTER_TIME").unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(baseline: &str, offsets: &str) -> Product {
        Product::read(&format!(
            "<n1:x><PRODUCT_START_TIME>2021-12-03T17:07:01.024Z</PRODUCT_START_TIME>
            <PROCESSING_BASELINE>{baseline}</PROCESSING_BASELINE><BOA_ADD_OFFSET_VALUES_LIST>{offsets}
            </BOA_ADD_OFFSET_VALUES_LIST></n1:x>"
        ))
    }

    #[test]
    fn the_baseline_is_that_of_the_metadata_where_the_offsets_agree() {
        let shifted = "<BOA_ADD_OFFSET band_id=\"0\">-1000</BOA_ADD_OFFSET>";
        assert_eq!(product("04.00", shifted).baseline(None), Some((4, 0)));
        assert_eq!(product("05.11", shifted).baseline(Some((4, 0))), Some((5, 11)));
        assert_eq!(product("02.09", "").baseline(None), Some((2, 9)));
        assert_eq!(product("04.00", "").baseline(None), None);
        assert_eq!(product("02.09", shifted).baseline(Some((2, 9))), None);
        assert_eq!(product("?", shifted).baseline(Some((4, 0))), Some((4, 0)));
        assert_eq!(product("04.00", shifted).when.unwrap().1, NaiveTime::from_hms_opt(17, 7, 1));
    }

    #[test]
    fn metadata_of_another_day_say_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let xml = "<PRODUCT_START_TIME>2021-12-03T17:07:01Z</PRODUCT_START_TIME><PROCESSING_BASELINE>02.09</PROCESSING_BASELINE>";
        std::fs::write(folder.path().join("MTD_MSIL2A.xml"), xml).unwrap();
        let image = folder.path().join("IMG_DATA/a.jp2");
        let mut products = Products::default();
        let day = |day| NaiveDate::from_ymd_opt(2021, 12, day).unwrap();
        assert!(products.of(&image, day(3)).is_some());
        assert!(products.of(&image, day(4)).is_none());
    }

    #[test]
    fn landsat_tells_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let text =
            "GROUP = X\n    DATE_ACQUIRED = 2018-01-31\n    SCENE_CENTER_TIME = \"15:40:12.0250000Z\"\nEND\n";
        std::fs::write(folder.path().join("LC08_X_MTL.txt"), text).unwrap();
        let found = landsat_when(&folder.path().join("LC08_X_B4.TIF"), "LC08_X").unwrap();
        assert_eq!(found.1, NaiveTime::from_hms_opt(15, 40, 12));
        assert_eq!(landsat_when(&folder.path().join("LC08_Y_B4.TIF"), "LC08_Y"), None);
    }

    #[test]
    fn odd_xml_does_no_harm() {
        for xml in [
            "",
            "<PROCESSING_BASELINE>",
            "<PROCESSING_BASELINE",
            "</PROCESSING_BASELINE>",
            "<PROCESSING_BASELINEX>1</",
        ] {
            assert_eq!(Product::read(xml).baseline, None);
        }
    }
}
