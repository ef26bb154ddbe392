//! ui
/// Opens the window.
pub fn open(_w: crate::cli::Window) -> anyhow::Result<()> {
    todo!()
}
