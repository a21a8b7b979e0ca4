use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};

use test_support::{PATIENCE, in_time};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinHandle;

/// A running program of this workspace; killed when dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    lines: tokio::io::Lines<BufReader<ChildStdout>>,
    printed: Vec<String>,
    errors: JoinHandle<Vec<u8>>,
}

impl Program {
    /// Starts `name` with these arguments and environment variables.
    ///
    /// # Panics
    /// Panics if the program is not built or cannot be started.
    pub fn start(name: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let path = path_of(name);
        assert!(
            path.exists(),
            "{} is not there: `cargo build --workspace` makes it",
            path.display()
        );
        let mut child = Command::new(path)
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut stderr = child.stderr.take().expect("a pipe");
        let errors = tokio::spawn(async move {
            let mut bytes = Vec::new();
            // The bytes read so far count, whatever ended the stream.
            let _ = stderr.read_to_end(&mut bytes).await;
            bytes
        });
        Self {
            child,
            lines,
            printed: Vec::new(),
            errors,
        }
    }

    /// Waits for a line with this beginning and returns the rest of the line.
    ///
    /// # Panics
    /// Panics, with the program's standard error, if the program ends or prints no such line.
    pub async fn line_after(&mut self, beginning: &str) -> String {
        let said = |line: &String| line.trim_start().strip_prefix(beginning).map(str::to_owned);
        if let Some(found) = self.printed.iter().find_map(said) {
            return found.trim().to_owned();
        }
        let search = async {
            while let Ok(Some(line)) = self.lines.next_line().await {
                let found = said(&line);
                self.printed.push(line);
                if let Some(found) = found {
                    return Some(found.trim().to_owned());
                }
            }
            None
        };
        if let Ok(Some(found)) = tokio::time::timeout(PATIENCE, search).await {
            return found;
        }
        let errors = self.errors_so_far().await;
        panic!(
            "no line begins with {beginning:?}; printed: {:#?}; standard error: {errors}",
            self.printed
        )
    }

    /// Ends the program and returns what it wrote to its standard error.
    async fn errors_so_far(&mut self) -> String {
        // It may have ended by itself.
        let _ = self.child.start_kill();
        let errors = tokio::time::timeout(PATIENCE, &mut self.errors).await;
        let errors = errors.ok().and_then(Result::ok).unwrap_or_default();
        String::from_utf8_lossy(&errors).into_owned()
    }

    /// Returns the id of its process; `None` once it has ended.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Kills the program at once, as a power failure would (SIGKILL on Unix).
    ///
    /// # Panics
    /// Panics if the program cannot be killed.
    pub async fn kill(mut self) -> Output {
        self.child.kill().await.expect("the program can be killed");
        self.output().await
    }

    /// Waits until the program has ended by itself.
    ///
    /// # Panics
    /// Panics if the program does not end.
    pub async fn ended(mut self) -> (ExitStatus, Output) {
        let status = in_time("the program ends", self.child.wait()).await;
        let status = status.expect("its status");
        (status, self.output().await)
    }

    async fn output(mut self) -> Output {
        while let Ok(Some(line)) = self.lines.next_line().await {
            self.printed.push(line);
        }
        let errors = self.errors.await.unwrap_or_default();
        Output {
            stdout: self.printed.join("\n"),
            stderr: String::from_utf8_lossy(&errors).into_owned(),
        }
    }
}

/// The output of a program.
#[derive(Debug)]
pub struct Output {
    /// The program's standard output.
    pub stdout: String,
    /// The program's standard error.
    pub stderr: String,
}

/// Returns the path of a program. Programs are built into the folder above the one of test programs.
fn path_of(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test program has a path");
    let folder = test
        .ancestors()
        .nth(2)
        .expect("a test program lies in target/<profile>/deps");
    folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}
