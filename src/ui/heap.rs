//! The heap of the C library, from which OpenGL in software takes what it needs for each frame.

/// From now on it keeps what a frame gave back for the next one. By its own measure it would hand that to the system each time,
/// and get it back as empty pages: a fifth of what the window's thread does where there is no graphics card.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn keep_for_the_next_frame() {
    use std::ffi::c_int;
    #[expect(unsafe_code, reason = "the C library has no other way to be told, and takes any number")]
    unsafe extern "C" {
        safe fn mallopt(parameter: c_int, value: c_int) -> c_int;
    }
    /// `M_TRIM_THRESHOLD` and `M_MMAP_THRESHOLD` of malloc.h, and the most that it would come to by itself in the end.
    const THRESHOLDS: [(c_int, c_int); 2] = [(-1, 64 << 20), (-3, 32 << 20)];
    for (parameter, bytes) in THRESHOLDS {
        // What it does not take it leaves as it was.
        mallopt(parameter, bytes);
    }
}

/// Elsewhere there is nothing to be told.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn keep_for_the_next_frame() {}
