//! Log output, at every level.

use std::io::{self, Write};
use std::sync::{Mutex, Once};
use std::thread::{self, ThreadId};

use tracing_subscriber::filter::LevelFilter;

static WRITTEN: Mutex<Vec<(ThreadId, String)>> = Mutex::new(Vec::new());
static CAPTURE: Once = Once::new();

/// Captures the log output of this thread from now on. A test and all it calls run on one thread.
pub(crate) struct Log(ThreadId);

pub(crate) fn capture() -> Log {
    CAPTURE.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(|| Written)
            .init();
    });
    Log(thread::current().id())
}

impl Log {
    pub(crate) fn text(&self) -> String {
        let written = WRITTEN.lock().unwrap();
        let own = written.iter().filter(|(thread, _)| *thread == self.0);
        own.map(|(_, text)| text.as_str()).collect()
    }

    pub(crate) fn lines(&self, message: &str) -> Vec<String> {
        let text = self.text();
        let lines = text.lines().filter(|line| line.contains(message));
        lines.map(str::to_owned).collect()
    }
}

struct Written;

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let mut written = WRITTEN.lock().unwrap();
        written.push((thread::current().id(), text));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
