use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use test_support::PATIENCE;
use tokio::sync::oneshot;

/// The text that the driver prints before its port number.
const PORT: &str = "started successfully on port ";

/// The script that starts the driver. The shell leads a process group, and kills the whole group once its input ends.
/// That input is a pipe from this process: it ends when the driver is dropped, and also when this process is killed and
/// can drop nothing. The browser stays in the group.
const SCRIPT: &str = r#""$0" --port=0 & read -r _; kill -KILL 0"#;

/// The program that speaks `WebDriver` and starts the browser; both end when it is dropped.
#[derive(Debug)]
pub(super) struct Driver {
    group: Child,
    output: Option<JoinHandle<()>>,
    url: String,
}

impl Driver {
    pub(super) async fn start(program: &Path) -> Self {
        let mut command = Command::new("sh");
        command
            .args(["-c", SCRIPT])
            .arg(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut group = command.spawn().expect("a shell starts");
        let stdout = group.stdout.take().expect("a pipe");
        let (found, port) = oneshot::channel();
        let output = std::thread::spawn(move || {
            let mut found = Some(found);
            // Reads to the end, so that the pipe never fills.
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some((_, port)) = line.split_once(PORT)
                    && let Some(found) = found.take()
                {
                    // The receiver may have given up.
                    let _ = found.send(port.trim_end_matches('.').to_owned());
                }
            }
        });
        let mut driver = Self {
            group,
            output: Some(output),
            url: String::new(),
        };
        let Ok(Ok(port)) = tokio::time::timeout(PATIENCE, port).await else {
            panic!("{} does not say where it listens", program.display());
        };
        driver.url = format!("http://127.0.0.1:{port}");
        driver
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.group.stdin.take());
        // The group has ended already or is ending; nothing remains to do in either case.
        let _ = self.group.wait();
        // The browser holds the other end of this pipe, so that its end is the end of all processes.
        if let Some(output) = self.output.take() {
            let _ = output.join();
        }
    }
}
