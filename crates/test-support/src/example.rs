//! Programs in a crate's folder `examples`, run as a reader would run them.

use std::env::consts::EXE_SUFFIX;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// Returns the names of the examples of a crate, given the value of `CARGO_MANIFEST_DIR`.
///
/// # Panics
/// The crate has no folder `examples`, or it cannot be read.
pub fn examples(crate_dir: &str) -> Vec<String> {
    let folder = Path::new(crate_dir).join("examples");
    let entries =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("an entry of a folder").path());
    let mut names: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    names
}

/// Runs an example of the crate whose test calls this, and returns its output.
///
/// # Panics
/// The example does not build, fails, writes to its standard error output, or leaves files behind.
pub fn run_example(name: &str) -> String {
    let program = program(name);
    let folder = Folder::create(name).expect("a folder for temporary files");
    let output = Command::new(&program)
        .current_dir(&folder.0)
        .envs(["TMPDIR", "TEMP", "TMP"].map(|variable| (variable, &folder.0)))
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{name}: {}\n{errors}",
        output.status
    );
    assert_eq!(errors, "", "{name} writes to its standard error output");
    let left = fs::read_dir(&folder.0).expect("the folder").count();
    assert_eq!(left, 0, "{name} leaves files behind");
    String::from_utf8(output.stdout).expect("the output is UTF-8")
}

/// Returns the path of the built example, in the folder beside that of the test programs.
///
/// Cargo builds examples together with tests. A command that names some targets only, such as `--test` or
/// `--all-targets`, does not; then the example is built here.
fn program(name: &str) -> PathBuf {
    let test = env::current_exe().expect("a test program has a path");
    let profile_dir = test.ancestors().nth(2).expect("a folder for the profile");
    let program = profile_dir
        .join("examples")
        .join(format!("{name}{EXE_SUFFIX}"));
    if !program.exists() {
        let profile = profile_dir.file_name().expect("the name of the profile");
        let profile = if profile == "debug" {
            "dev".as_ref()
        } else {
            profile
        };
        let variable = |name| env::var_os(name).unwrap_or_else(|| panic!("{name} is not set"));
        let status = Command::new(variable("CARGO"))
            .args(["build", "--quiet", "--all-features", "--example", name])
            .arg("--package")
            .arg(variable("CARGO_PKG_NAME"))
            .arg("--profile")
            .arg(profile)
            .arg("--target-dir")
            .arg(profile_dir.parent().expect("a folder for the target"))
            .status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "{name} does not build"
        );
    }
    program
}

/// An empty folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn create(name: &str) -> io::Result<Self> {
        let folder = env::temp_dir().join(format!("example-{name}-{}", std::process::id()));
        fs::create_dir(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays is found by the test of the next process with this id.
        let _ = fs::remove_dir_all(&self.0);
    }
}
