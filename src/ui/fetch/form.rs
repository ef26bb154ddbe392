//! What is typed of imagery by area, and what it asks for.

use crate::app::OpenProject;
use crate::cube::{BuildSettings, GridSetting, Period};
use crate::jobs::{AreaGiven, ImageryRequest};
use crate::source::stac;
use crate::ui::words::tr;
use chrono::NaiveDate;
use geo::BoundingRect;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Metres around masked pixels that are masked too, as the verb has it.
const DILATE_M: f64 = 60.0;

/// Which catalogue is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum From {
    /// Microsoft's Planetary Computer.
    #[default]
    PlanetaryComputer,
    /// Element 84's Earth Search.
    EarthSearch,
    /// Any STAC API, by its address.
    Url,
    /// A static catalogue on the disk.
    Disk,
}

impl From {
    pub(super) const ALL: [Self; 4] = [Self::PlanetaryComputer, Self::EarthSearch, Self::Url, Self::Disk];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::PlanetaryComputer => "Planetary Computer",
            Self::EarthSearch => "Earth Search",
            Self::Url => tr!("Address"),
            Self::Disk => tr!("On disk"),
        }
    }
}

/// Of what imagery is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Of {
    /// An area, for a site of its own.
    #[default]
    Area,
    /// All sites that chips made.
    Chips,
    /// These sites.
    Sites(BTreeSet<String>),
}

/// What is typed so far. Values of headers may be secret: it is forgotten with the window.
#[derive(Clone)]
pub struct AreaForm {
    pub(super) of: Of,
    pub(super) site: String,
    pub(super) west: String,
    pub(super) south: String,
    pub(super) east: String,
    pub(super) north: String,
    pub(super) file: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) period: String,
    pub(super) catalogue: From,
    pub(super) address: String,
    pub(super) folder: String,
    /// Name and value of each.
    pub(super) headers: Vec<(String, String)>,
    pub(super) collection: String,
    pub(super) bands: String,
    pub(super) cloud: String,
    pub(super) crs: String,
    pub(super) resolution: String,
}

impl Default for AreaForm {
    fn default() -> Self {
        let empty = String::new;
        Self {
            of: Of::default(),
            site: empty(),
            west: empty(),
            south: empty(),
            east: empty(),
            north: empty(),
            file: empty(),
            from: empty(),
            to: empty(),
            period: "month".into(),
            catalogue: From::default(),
            address: empty(),
            folder: empty(),
            headers: Vec::new(),
            collection: empty(),
            bands: empty(),
            cloud: empty(),
            crs: empty(),
            resolution: empty(),
        }
    }
}

fn given(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

impl AreaForm {
    /// Takes west, south, east and north, to a ten-thousandth of a degree: ten metres.
    pub fn take(&mut self, bbox: [f64; 4]) {
        let [west, south, east, north] = bbox.map(|degrees| format!("{degrees:.4}"));
        (self.west, self.south, self.east, self.north) = (west, south, east, north);
        self.file.clear();
    }

    /// Takes a file of polygons.
    pub fn take_file(&mut self, file: &Path) {
        self.file = file.display().to_string();
    }

    /// Takes a folder or file of a catalogue.
    pub fn take_catalogue(&mut self, path: &Path) {
        self.folder = path.display().to_string();
    }

    /// The corners that are typed, where they make an area.
    pub(super) fn corners(&self) -> Option<[f64; 4]> {
        if given(&self.file).is_some() {
            return None;
        }
        let [west, south, east, north] =
            [&self.west, &self.south, &self.east, &self.north].map(|text| text.trim().parse::<f64>().ok());
        let corners = [west?, south?, east?, north?];
        let sound = corners.iter().all(|degrees| degrees.is_finite());
        (sound && corners[0] < corners[2] && corners[1] < corners[3]).then_some(corners)
    }

    /// What it asks for of an area.
    ///
    /// # Errors
    /// What is missing or cannot be read.
    pub fn request(&self) -> Result<ImageryRequest, String> {
        let site = given(&self.site).ok_or_else(|| tr!("The site needs a name").to_owned())?;
        let area = match given(&self.file) {
            Some(file) => AreaGiven::File(PathBuf::from(file)),
            None => {
                let corners = [&self.west, &self.south, &self.east, &self.north];
                let mut bbox = [0.0; 4];
                for (number, text) in bbox.iter_mut().zip(corners) {
                    *number = text.trim().parse().map_err(|_| {
                        tr!("Draw the area, type its corners in degrees, or give a file").to_owned()
                    })?;
                }
                AreaGiven::Bbox(bbox)
            }
        };
        Ok(ImageryRequest { site, area, ..self.of_any()? })
    }

    /// What it asks for, whatever the area is.
    ///
    /// # Errors
    /// What is missing or cannot be read.
    pub fn of_any(&self) -> Result<ImageryRequest, String> {
        let day = |text: &str| {
            let day = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d");
            day.map_err(|_| tr!("Give the first and the last day, such as 2022-01-31").to_owned())
        };
        let (from, to) = (day(&self.from)?, day(&self.to)?);
        if from > to {
            return Err(tr!("The first day is after the last one").to_owned());
        }
        let period = given(&self.period).unwrap_or_else(|| "none".into());
        let cloud = match given(&self.cloud) {
            None => None,
            Some(text) => {
                let percent = text.trim_end_matches('%').trim().parse::<f64>().ok();
                let percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
                Some(percent.ok_or_else(|| tr!("Clouds are a share from 0 to 100 %").to_owned())? / 100.0)
            }
        };
        let resolution = match given(&self.resolution) {
            None => None,
            Some(text) => {
                let side = text.parse::<f64>().ok().filter(|side| side.is_finite() && *side > 0.0);
                Some(side.ok_or_else(|| tr!("The side of a pixel is a number above 0").to_owned())?)
            }
        };
        let bands = given(&self.bands).map(|text| {
            text.split([',', ' ']).map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
        });
        let catalogue = match self.catalogue {
            From::PlanetaryComputer => "planetary-computer".to_owned(),
            From::EarthSearch => "earth-search".to_owned(),
            From::Url => given(&self.address)
                .filter(|address| address.starts_with("http://") || address.starts_with("https://"))
                .ok_or_else(|| tr!("Give the address of a STAC API: https://…").to_owned())?,
            From::Disk => given(&self.folder)
                .ok_or_else(|| tr!("Give the catalogue's folder, or its file").to_owned())?,
        };
        Ok(ImageryRequest {
            site: String::new(),
            area: AreaGiven::Bbox([0.0; 4]),
            from,
            to,
            catalogue,
            headers: self.headers()?,
            collection: given(&self.collection),
            cloud,
            settings: BuildSettings {
                bands,
                period: period.parse::<Period>()?,
                dilate_m: DILATE_M,
                grid: GridSetting { crs: given(&self.crs), resolution, ..GridSetting::default() },
                ..BuildSettings::default()
            },
        })
    }

    /// The headers, of a server that is asked by its address.
    fn headers(&self) -> Result<Vec<(String, String)>, String> {
        if self.catalogue != From::Url {
            return Ok(Vec::new());
        }
        let typed = self.headers.iter().filter(|(name, value)| given(name).or(given(value)).is_some());
        // What is wrong with a value is not told with it: it may be a secret.
        typed
            .map(|(name, value)| {
                stac::header(name, value)
                    .ok_or_else(|| tr!("A header is a name and a value, in plain letters").to_owned())
            })
            .collect()
    }
}

/// West, south, east and north of the selected annotations.
pub fn around(project: &OpenProject) -> Option<[f64; 4]> {
    let selected = project.annotations.iter().filter(|a| project.selection.contains(&a.id));
    let rects = selected.filter_map(|a| a.geometry.bounding_rect());
    let all = rects.map(|rect| [rect.min().x, rect.min().y, rect.max().x, rect.max().y]);
    let wider = |a: [f64; 4], b: [f64; 4]| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])];
    all.reduce(wider).filter(|[west, south, east, north]| west < east && south < north)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dated() -> AreaForm {
        AreaForm { from: "2022-01-01".into(), to: "2022-12-31".into(), ..AreaForm::default() }
    }

    #[test]
    fn what_is_typed_becomes_a_request_and_what_is_missing_is_told() {
        let mut form = AreaForm { site: " s ".into(), ..AreaForm::default() };
        assert!(form.request().unwrap_err().contains("corners"));
        form.take([-93.721_64, 16.531, -93.71, 16.542]);
        assert_eq!(form.corners(), Some([-93.7216, 16.531, -93.71, 16.542]));
        assert!(form.request().unwrap_err().contains("2022-01-31"));
        (form.from, form.to) = ("2022-01-01".into(), "2022-12-31".into());
        (form.bands, form.cloud) = ("B04, B08".into(), "40 %".into());
        (form.crs, form.resolution) = ("EPSG:6362".into(), "20".into());
        let request = form.request().unwrap();
        assert_eq!(request.area, AreaGiven::Bbox([-93.7216, 16.531, -93.71, 16.542]));
        assert_eq!(request.settings.bands, Some(vec!["B04".into(), "B08".into()]));
        assert_eq!((request.site.as_str(), request.cloud), ("s", Some(0.4)));
        assert_eq!(request.settings.grid.crs.as_deref(), Some("EPSG:6362"));
        assert_eq!(request.settings.grid.resolution, Some(20.0));
        form.cloud = "140".into();
        assert!(form.request().unwrap_err().contains("100 %"));
        (form.cloud, form.period) = (String::new(), "week".into());
        assert!(form.request().unwrap_err().contains("14d"));
        (form.period, form.resolution) = ("month".into(), "-1".into());
        assert!(form.request().unwrap_err().contains("above 0"));
        (form.resolution, form.to) = (String::new(), "2021-12-31".into());
        assert!(form.request().unwrap_err().contains("after the last"));
        form.to = "2022-12-31".into();
        form.take_file(Path::new("/a.geojson"));
        assert_eq!(form.request().unwrap().area, AreaGiven::File("/a.geojson".into()));
        assert_eq!(form.corners(), None);
    }

    #[test]
    fn catalogues_are_chosen_and_headers_go_only_to_one_that_is_asked_by_its_address() {
        let mut form = AreaForm { headers: vec![("X-Key".into(), " top secret ".into())], ..dated() };
        let request = form.of_any().unwrap();
        assert_eq!((request.catalogue.as_str(), request.headers.len()), ("planetary-computer", 0));
        form.catalogue = From::Url;
        assert!(form.of_any().unwrap_err().contains("https://"));
        form.address = "https://stac.example.org".into();
        assert_eq!(form.of_any().unwrap().headers, [("X-Key".to_owned(), "top secret".to_owned())]);
        form.headers.push((String::new(), String::new()));
        assert_eq!(form.of_any().unwrap().headers.len(), 1, "an empty row is none");
        form.headers.push(("no name:".into(), "hush".into()));
        let why = form.of_any().unwrap_err();
        assert!(why.contains("header") && !why.contains("hush"), "{why}");
        (form.catalogue, form.folder) = (From::Disk, "/data/catalogue".into());
        assert_eq!(form.of_any().unwrap().catalogue, "/data/catalogue");
    }
}
