//! The limits of descriptors, and the memory of a process.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Limits the descriptors of this process, and of programs that it starts from now on.
pub(crate) fn limit_to(descriptors: u64) {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = Some(descriptors);
    setrlimit(Resource::Nofile, limit).expect("a lower limit is allowed");
}

/// Raises the limit of this process as far as it goes.
pub(crate) fn raise() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).expect("the limit may be raised to its maximum");
}

/// Returns the largest resident memory that a process has had, in kilobytes.
pub(crate) fn memory_peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kilobytes
        .and_then(|text| text.parse().ok())
        .expect("a number")
}
