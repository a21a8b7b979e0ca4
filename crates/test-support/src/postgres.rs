//! A PostgreSQL server for tests: the one that [`URL`] names, or one that is started in a temporary folder,
//! shared by all tests of a run and removed after it.
//!
//! Only for Unix. It uses nothing but the standard library, since `cargo xtask test` starts a server as well.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::{CommandExt, parent_id};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The variable that names a running server to use instead.
pub const URL: &str = "TEST_DATABASE_URL";

/// The message without PostgreSQL: what is missing, and how to install it.
const MISSING: &str = "!!! no PostgreSQL, which these tests need: install it (Debian: apt-get install \
                       postgresql), or name a server with TEST_DATABASE_URL";

/// Returns the address of the server for this run of tests. The first call starts it; it ends with the
/// process that runs the tests, however that ends.
///
/// # Panics
/// There is no PostgreSQL on this machine.
pub fn url() -> String {
    named().unwrap_or_else(|| shared().unwrap_or_else(|problem| panic!("{problem}")))
}

fn named() -> Option<String> {
    std::env::var(URL).ok().filter(|url| !url.is_empty())
}

/// Returns true if the environment names a running server.
pub fn is_named() -> bool {
    named().is_some()
}

/// One server for all processes with the same parent, which is what runs the tests.
fn shared() -> Result<String, String> {
    let owner = parent_id();
    let folder = std::env::temp_dir().join(format!("payments-pg-{owner}-{}", began(owner)));
    let lock = folder.with_extension("lock");
    let lock = File::create(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
    // The first process starts it, the others wait for that.
    lock.lock().map_err(|error| error.to_string())?;
    if !folder.join("ready").exists() {
        start(&folder, owner, None)?;
    }
    Ok(address(&folder))
}

/// A server that is stopped when this is dropped, and at the latest with this process.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
}

impl Server {
    /// Starts a server that this process owns.
    ///
    /// # Errors
    /// PostgreSQL is not installed, or does not start.
    pub fn start() -> Result<Self, String> {
        Self::start_for(std::process::id())
    }

    /// Starts a server that another process owns: it ends with that process at the latest.
    ///
    /// # Errors
    /// PostgreSQL is not installed, or does not start.
    pub fn start_for(owner: u32) -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("payments-pg-{owner}"));
        start(&folder, owner, None)?;
        Ok(Self { folder })
    }

    /// Starts a server that this process owns and that accepts TCP connections with TLS only, at a port of this
    /// machine. `certificate` and `key` are PEM texts.
    ///
    /// # Errors
    /// PostgreSQL is not installed, or does not start.
    pub fn start_with_tls(certificate: &str, key: &str, port: u16) -> Result<Self, String> {
        let owner = std::process::id();
        let folder = std::env::temp_dir().join(format!("payments-pg-{owner}-tls-{port}"));
        let tls = Tls {
            certificate,
            key,
            port,
        };
        start(&folder, owner, Some(&tls))?;
        Ok(Self { folder })
    }

    /// Returns the address of the server.
    pub fn url(&self) -> String {
        address(&self.folder)
    }

    /// Ends all processes of the server at once, as a crash does, and starts it again on the files they left.
    ///
    /// # Errors
    /// The server does not start again.
    pub fn crash_and_restart(&self) -> Result<(), String> {
        let mut restart = as_server_user(&programs().ok_or(MISSING)?.join("pg_ctl"));
        restart
            .args(["restart", "-m", "immediate", "--wait", "--timeout=60"])
            .arg("--log")
            .arg(self.folder.join("log"))
            .arg("--pgdata")
            .arg(self.folder.join("data"));
        let restarted = quietly(&mut restart).status();
        if restarted.map_err(|error| error.to_string())?.success() {
            return Ok(());
        }
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        Err(format!("PostgreSQL does not start again: {log}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(programs) = programs() {
            let mut stop = as_server_user(&programs.join("pg_ctl"));
            stop.args(["stop", "-m", "immediate", "-D"]);
            let _ = quietly(stop.arg(self.folder.join("data"))).status();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Returns true if PostgreSQL's programs are on this machine.
pub fn is_installed() -> bool {
    programs().is_some()
}

fn address(folder: &Path) -> String {
    format!(
        "postgres://postgres@localhost/postgres?host={}",
        folder.display()
    )
}

/// The folder of `initdb` and `pg_ctl`.
fn programs() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok();
    let reported =
        output.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut versions: Vec<(u32, PathBuf)> = debian
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let version = path.file_name()?.to_str()?.parse().ok()?;
            Some((version, path.join("bin")))
        })
        .collect();
    versions.sort();
    let searched = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = versions.into_iter().rev().map(|(_, path)| path).collect();
    folders.extend(reported);
    folders.extend(std::env::split_paths(&searched));
    folders
        .into_iter()
        .find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
}

/// TCP connections with TLS.
struct Tls<'a> {
    certificate: &'a str,
    key: &'a str,
    port: u16,
}

impl Tls<'_> {
    /// Writes the files that the server reads, and returns its settings.
    fn set_up(&self, data: &Path) -> std::io::Result<[String; 3]> {
        let access = "local all all trust\nhostssl all all 127.0.0.1/32 trust\n";
        for (name, text) in [
            ("server.crt", self.certificate),
            ("server.key", self.key),
            ("pg_hba.conf", access),
        ] {
            let file = data.join(name);
            fs::write(&file, text)?;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
            if let Some((user, group)) = server_user() {
                chown(&file, Some(user), Some(group))?;
            }
        }
        Ok([
            "listen_addresses='127.0.0.1'".to_owned(),
            format!("port={}", self.port),
            "ssl=on".to_owned(),
        ])
    }
}

fn start(folder: &Path, owner: u32, tls: Option<&Tls<'_>>) -> Result<(), String> {
    let programs = programs().ok_or(MISSING)?;
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let _ = fs::remove_dir_all(folder);
    fs::create_dir(folder).map_err(failed)?;
    // Before anything runs in it, so that nothing is left behind.
    stop_with(owner, folder, &programs).map_err(failed)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(failed)?;
    if let Some((user, group)) = server_user() {
        chown(folder, Some(user), Some(group)).map_err(failed)?;
    }
    let data = folder.join("data");
    let mut init = as_server_user(&programs.join("initdb"));
    init.args(["--username=postgres", "--auth=trust", "--encoding=UTF8"])
        .args(["--locale=C", "--no-sync", "--no-instructions", "--pgdata"])
        .arg(&data);
    run(&mut init)?;
    let settings = [
        "listen_addresses=''".to_owned(),
        format!("unix_socket_directories='{}'", folder.display()),
        // Its data is removed after the run.
        "fsync=off".to_owned(),
        "full_page_writes=off".to_owned(),
        "max_connections=300".to_owned(),
        "shared_buffers=64MB".to_owned(),
        "deadlock_timeout=200ms".to_owned(),
    ];
    let mut settings = settings.to_vec();
    if let Some(tls) = tls {
        settings.extend(tls.set_up(&data).map_err(failed)?);
    }
    let settings = settings.iter().map(|setting| format!("-c {setting}"));
    let settings = settings.collect::<Vec<_>>().join(" ");
    let mut server = as_server_user(&programs.join("pg_ctl"));
    server
        .args(["start", "--wait", "--timeout=60", "--options", &settings])
        .arg("--log")
        .arg(folder.join("log"))
        .arg("--pgdata")
        .arg(&data);
    let started = quietly(&mut server).status().map_err(failed)?;
    if !started.success() {
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        return Err(format!("PostgreSQL does not start: {log}"));
    }
    fs::write(folder.join("ready"), "").map_err(failed)
}

/// Starts a process that stops the server when the owner ends: an owner that is killed leaves no server.
fn stop_with(owner: u32, folder: &Path, programs: &Path) -> std::io::Result<()> {
    let script = "
        now() { sed 's/.*) //' \"/proc/$1/stat\" 2>/dev/null | cut -d' ' -f20; }
        while [ -d \"$3\" ]; do
            if [ -d /proc/self ]; then [ \"$(now \"$1\")\" = \"$2\" ] || break
            else kill -0 \"$1\" 2>/dev/null || break; fi
            sleep 1
        done
        [ -d \"$3\" ] || exit 0
        pid=$(head -n 1 \"$3/data/postmaster.pid\" 2>/dev/null) && kill -QUIT \"$pid\"
        rm -rf \"$3\" \"$3.lock\"";
    let mut watch = Command::new("sh");
    watch
        .args(["-c", script, "sh", &owner.to_string(), &began(owner)])
        .arg(folder)
        .arg(programs)
        .current_dir("/")
        // A signal to all processes of the tests does not end this one.
        .process_group(0);
    quietly(&mut watch).spawn().map(drop)
}

/// The start time of a process, which distinguishes it from a later one with the same id; empty where the
/// system does not report it.
fn began(process: u32) -> String {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    after_name.split(' ').nth(19).unwrap_or_default().to_owned()
}

fn is_root() -> bool {
    number(Command::new("id").arg("-u")) == Some(0)
}

/// The user and group of the server where this process is root, as whom PostgreSQL refuses to run.
fn server_user() -> Option<(u32, u32)> {
    if !is_root() {
        return None;
    }
    ["postgres", "nobody"].into_iter().find_map(|name| {
        let user = number(Command::new("id").args(["-u", name]))?;
        let group = number(Command::new("id").args(["-g", name]))?;
        Some((user, group))
    })
}

fn number(command: &mut Command) -> Option<u32> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn as_server_user(program: &Path) -> Command {
    let mut command = match server_user() {
        None => Command::new(program),
        Some((user, group)) => {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid", &user.to_string(), "--regid", &group.to_string()])
                .args(["--clear-groups", "--"].map(OsStr::new))
                .arg(program);
            command
        }
    };
    command.current_dir("/").env("LC_ALL", "C").process_group(0);
    command
}

/// Discards the output of a command, so that no reader waits for its end.
fn quietly(command: &mut Command) -> &mut Command {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
