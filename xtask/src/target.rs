//! Where cargo builds to, and where tools that belong to this workspace alone are kept.

use std::env;
use std::path::{Path, PathBuf};

/// The folder of tools that are installed for this workspace alone.
pub(crate) fn tools() -> PathBuf {
    target().join("tools")
}

/// The folder that holds `<profile>/xtask`, this program; its tests lie one deeper.
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
    fn tools_lie_below_target() {
        let target = target();
        assert!(
            target.is_absolute() && target.join("debug/deps").exists(),
            "{}",
            target.display()
        );
        assert_eq!(tools().parent(), Some(target.as_path()));
    }
}
