//! The folder that cargo builds into, and the folder below it for tools of this workspace.

use std::env;
use std::path::{Path, PathBuf};

/// The folder of tools that are installed for this workspace only.
pub(crate) fn tools() -> PathBuf {
    target().join("tools")
}

/// The folder that cargo builds into. It holds this program as `<profile>/xtask`, and its tests in `<profile>/deps`.
pub(crate) fn target() -> PathBuf {
    let program = env::current_exe().unwrap_or_default();
    let mut above = program.ancestors().skip(1);
    let profile = above.find(|folder| !folder.ends_with("deps"));
    let target = profile.and_then(Path::parent);
    target.map_or_else(|| "target".into(), Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{target, tools};

    #[test]
    fn the_folder_of_tools_is_below_target() {
        let target = target();
        assert!(
            target.is_absolute() && target.join("debug/deps").exists(),
            "{}",
            target.display()
        );
        assert_eq!(tools().parent(), Some(target.as_path()));
    }
}
