//! GDAL's errors: kept off standard error, and turned into words.

use gdal::errors::{CplErrType, GdalError};
use std::cell::RefCell;
use std::sync::Once;

thread_local! {
    /// The last failure GDAL told of on this thread. Needed because closing a file, where a full disk
    /// shows, gives no result before GDAL 3.7.
    static LAST_FAILURE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Makes GDAL silent; call before any use of it. Costs nothing after the first time.
pub(crate) fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // A twentieth of the machine's memory is GDAL's own choice: more than a cube build may take in all. An invalid
        // setting would only leave it at that.
        let _ = gdal::config::set_config_option("GDAL_CACHEMAX", "160");
        gdal::config::set_error_handler(|kind, _number, text| {
            if matches!(kind, CplErrType::Warning) {
                super::remote::note_wait(text);
            }
            if matches!(kind, CplErrType::Failure | CplErrType::Fatal) {
                // A thread that is ending may have lost its slot already: then nobody asks for it either.
                let _ = LAST_FAILURE.try_with(|last| last.replace(Some(text.to_owned())));
            }
        });
    });
}

/// Forgets earlier failures of this thread.
pub(super) fn forget_failures() {
    LAST_FAILURE.with(|last| last.take());
}

/// The last failure on this thread since [`forget_failures`].
pub(super) fn take_failure() -> Option<String> {
    LAST_FAILURE.with(RefCell::take)
}

/// What [`words`] gives where GDAL says nothing.
pub(super) const NO_REASON: &str = "GDAL gives no reason";

/// What GDAL says, without the wrapping.
pub(crate) fn words(error: GdalError) -> String {
    let said = match error {
        GdalError::CplError { msg, .. } | GdalError::NullPointer { msg, .. } => msg,
        GdalError::InvalidCoordinateRange { msg, .. } => msg.unwrap_or_default(),
        other => other.to_string(),
    };
    match said.trim().trim_end_matches('.') {
        "" => NO_REASON.into(),
        said => said.to_owned(),
    }
}
