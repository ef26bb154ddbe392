//! The program itself in a window of its own, used from outside: by the names that assistive technology sees, and by the mouse.
//!
//! Needs Xvfb, openbox, xdotool, ImageMagick, a message bus and Python with AT-SPI (`./run test` installs them); where one of
//! them is missing a line says so.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly, as tests do")]

#[expect(dead_code, reason = "another test uses the rest")]
mod small;

use std::path::Path;
use std::process::{Command, Stdio};

/// A Python that has the AT-SPI bindings; Debian's, where another one comes first.
fn python() -> Option<&'static str> {
    let has_atspi = |python: &&str| {
        Command::new(python)
            .args(["-c", "import gi; gi.require_version('Atspi', '2.0'); from gi.repository import Atspi"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|s| s.success())
    };
    ["python3", "/usr/bin/python3"].into_iter().find(has_atspi)
}

fn missing() -> Option<&'static str> {
    let found = |program: &str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(program).exists())
    };
    ["Xvfb", "openbox", "xdotool", "import", "dbus-run-session"].into_iter().find(|program| !found(program))
}

#[test]
fn a_place_is_labelled_learned_mapped_and_assessed_in_a_real_window_and_is_there_again_later() {
    if let Some(program) = missing() {
        println!("skipped: {program} is not installed; ./run test installs it");
        return;
    }
    let Some(python) = python() else {
        println!("skipped: no Python with AT-SPI here; ./run test installs it");
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let project = small::make(home.path(), small::Made::Labels);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("dbus-run-session")
        .args(["--", python])
        .arg(root.join("tests/atspi/drive.py"))
        .args([Path::new(env!("CARGO_BIN_EXE_ritmo")), &project, home.path()])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("atspi.png"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    println!("{told}");
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    let accuracy = told.lines().find_map(|line| line.strip_prefix("accuracy ")?.parse::<f64>().ok());
    assert!(accuracy.is_some_and(|percent| percent > 90.0), "{accuracy:?}");
}
