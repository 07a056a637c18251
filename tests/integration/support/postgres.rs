//! A PostgreSQL server of a test's own, of Debian's programs, which refuse root. Without them the test says that it was
//! skipped; in CI that is a failure.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A server, until it is dropped.
pub(crate) struct LocalPostgres {
    folder: TempDir,
    programs: PathBuf,
    options: String,
    pub(crate) port: u16,
}

impl LocalPostgres {
    /// Starts one that listens at the socket alone.
    pub(crate) fn start() -> Option<Self> {
        Self::with("-c listen_addresses=''", |_| {})
    }

    /// Starts one with these options, once its folder of data is as it should be.
    #[allow(clippy::print_stdout, reason = "a test that is skipped says so")]
    pub(crate) fn with(options: &str, prepare: impl FnOnce(&Path)) -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(std::env::var_os("CI").is_none(), "PostgreSQL is not installed");
            println!("skipped: PostgreSQL is not installed");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        // Also the name of the socket. Between being found free and being taken it may be lost to another.
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.expect("a free port").port();
        let options = format!("-p {port} -c unix_socket_directories={} {options}", folder.path().display());
        let server = Self { folder, programs, options, port };
        if is_root() {
            assert!(Command::new("chown").arg("postgres").arg(server.socket()).status().expect("it runs").success());
        }
        // In another language than ours, so that a column that sorts by the cluster's shows.
        let language = ["-E", "UTF8", "--locale-provider=icu", "--icu-locale=de", "--locale=C.UTF-8"];
        server.run("initdb", &[&language[..], &["-U", "postgres", "-A", "trust", "--no-sync"]].concat());
        prepare(&server.data());
        server.begin();
        Some(server)
    }

    /// The folder of its socket.
    pub(crate) fn socket(&self) -> &Path {
        self.folder.path()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts it anew.
    pub(crate) fn begin(&self) {
        let log = self.folder.path().join("log").display().to_string();
        self.run("pg_ctl", &["start", "-s", "-w", "-l", &log, "-o", &self.options]);
    }

    /// Stops it: `fast` sends everybody away, `immediate` is a crash.
    pub(crate) fn end(&self, how: &str) {
        self.run("pg_ctl", &["stop", "-s", "-w", "-m", how]);
    }

    /// What a statement of somebody else's answers.
    pub(crate) fn ask(&self, statement: &str) -> String {
        let port = self.port.to_string();
        let mut psql = Command::new(self.programs.join("psql"));
        psql.arg("-h").arg(self.socket()).args(["-p", &port, "-U", "postgres", "-XAtqc", statement]);
        let run = psql.output().expect("psql runs");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8_lossy(&run.stdout).trim().to_owned()
    }

    /// A program, run as the server is.
    pub(crate) fn as_its_user(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(if is_root() { "setpriv" } else { "env" });
        if is_root() {
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
        }
        command.current_dir("/").arg(program.as_ref());
        command
    }

    fn run(&self, program: &str, args: &[&str]) {
        let mut command = self.as_its_user(self.programs.join(program));
        command.arg("-D").arg(self.data()).args(args);
        // Into a file, for what it starts would hold a pipe open.
        let said = tempfile::tempfile().expect("a file");
        let status = command.stdout(said.try_clone().expect("a file")).stderr(said).status();
        assert!(status.expect("it runs").success(), "{program} {args:?}");
    }
}

impl Drop for LocalPostgres {
    fn drop(&mut self) {
        if self.data().join("postmaster.pid").exists() {
            self.end("immediate");
        }
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0)
}

/// The folder of the newest programs.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(Result::ok);
    let folders = versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").exists());
    folders.max()
}
