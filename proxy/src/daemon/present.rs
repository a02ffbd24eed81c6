//! What the configuration names and must be there: secrets, migrations, directories.
//!
//! `rules` reads no file, so it is looked at here; what is missing is told with its line and column.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use masker::key::{MaskKey, check_mode};
use rules::config::{Finding, Migrations, Password, Problem, Secret, Source};

use super::address;
use super::load::{LoadError, Loaded};

/// Bytes of a file that a secret may be read from: a certificate chain is the longest.
const SECRET_BYTES_MAX: u64 = 1 << 20;

/// The permission that lets everybody on the machine read a file.
const READABLE_BY_OTHERS: u32 = 0o004;

impl Loaded {
    /// Looks at everything that a start will need, and names all that is missing.
    ///
    /// # Errors
    /// For each secret, directory or file that is not there or cannot be used.
    pub fn verify(&self) -> Result<(), LoadError> {
        let secrets = self.secrets();
        let read = secrets.iter().filter_map(|(key, secret)| {
            let text = match self.secret(key, secret) {
                Ok(text) => text,
                Err(finding) => return Some(finding),
            };
            let is_upstream = key.last().is_some_and(|key| key == "upstream");
            let parsed = is_upstream.then(|| address::parse(&text));
            let error = parsed?.err()?;
            Some(finding(key, format!("\"{secret}\": {error}"), None))
        });
        let mut findings: Vec<Finding> = read.collect();
        if let Some(masking) = &self.config.masking {
            findings.extend(self.masking_key(&masking.key).err());
        }
        findings.extend(self.migrations());
        findings.extend(self.socket_directory());
        if findings.is_empty() {
            return Ok(());
        }
        Err(self.wrong(findings))
    }

    /// Files with secrets that every user of the machine can read.
    pub fn open_secrets(&self) -> Vec<Problem> {
        let mut findings = Vec::new();
        for (key, secret) in self.secrets() {
            let Secret::File(path) = secret else { continue };
            let path = self.directory.join(path);
            let mode = std::fs::metadata(&path).map(|file| file.permissions().mode());
            let is_certificate = key.last().is_some_and(|key| key == "cert");
            if !is_certificate && mode.is_ok_and(|mode| mode & READABLE_BY_OTHERS != 0) {
                let message = format!("every user of this machine can read \"{secret}\"");
                let hint = format!("chmod 600 {}", path.display());
                findings.push(finding(&key, message, Some(hint)));
            }
        }
        self.places.problems(findings)
    }

    /// Each secret that the configuration names, with its key.
    fn secrets(&self) -> Vec<(Vec<String>, &Secret)> {
        let key = |parts: &[&str]| parts.iter().map(|&part| part.to_owned()).collect();
        let mut secrets = Vec::new();
        for (name, user) in &self.config.users {
            if let Password::Secret(secret) = &user.password {
                secrets.push((key(&["users", name.as_str(), "password"]), secret));
            }
        }
        if let Some(production) = &self.config.production {
            secrets.push((key(&["production", "url"]), &production.url));
        }
        for environment in &self.config.environments {
            if let Source::Upstream(secret) = &environment.source {
                let name = environment.pattern.to_string();
                let path = ["environments", &name, "source", "upstream"];
                secrets.push((key(&path), secret));
            }
        }
        if let Some(tls) = &self.config.listen.tls {
            secrets.push((key(&["listen", "tls", "cert"]), &tls.cert));
            secrets.push((key(&["listen", "tls", "key"]), &tls.key));
        }
        secrets
    }

    /// Reads one secret.
    ///
    /// # Errors
    /// When it is missing, empty or too long; the finding names the reference, never the value.
    pub(super) fn secret(&self, key: &[String], secret: &Secret) -> Result<String, Finding> {
        let refused = |reason: String, hint: Option<String>| {
            finding(key, format!("\"{secret}\" {reason}"), hint)
        };
        let text = String::from_utf8(self.secret_bytes(key, secret)?);
        let text = text.map_err(|_| refused("is no text in UTF-8".to_owned(), None))?;
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.is_empty() {
            return Err(refused("is empty".to_owned(), None));
        }
        Ok(text.to_owned())
    }

    /// What stands where a secret is, as it is.
    fn secret_bytes(&self, key: &[String], secret: &Secret) -> Result<Vec<u8>, Finding> {
        let refused = |reason: String, hint: Option<String>| {
            finding(key, format!("\"{secret}\" {reason}"), hint)
        };
        match secret {
            Secret::Env(name) => std::env::var_os(name)
                .map(OsString::into_vec)
                .ok_or_else(|| {
                    let hint = format!("export {name}=… before Standin is started");
                    let reason = "is not set in the environment of this process".to_owned();
                    refused(reason, Some(hint))
                }),
            Secret::File(path) => {
                let path = self.directory.join(path);
                let unread = |error: io::Error| {
                    let hint = format!("the file is {}", path.display());
                    refused(format!("cannot be read: {error}"), Some(hint))
                };
                let bytes = std::fs::metadata(&path).map_err(unread)?.len();
                if bytes > SECRET_BYTES_MAX {
                    return Err(refused(
                        format!("has {bytes} bytes, too many for a secret"),
                        None,
                    ));
                }
                std::fs::read(&path).map_err(unread)
            }
        }
    }

    /// Reads the masking key, which nobody but its owner may be able to read.
    pub(super) fn masking_key(&self, secret: &Secret) -> Result<MaskKey, Finding> {
        let key = ["masking", "key"].map(str::to_owned);
        let bytes = self.secret_bytes(&key, secret)?;
        if let Secret::File(path) = secret {
            let path = self.directory.join(path);
            // A file that vanished since is refused too.
            let mode = std::fs::metadata(&path).map_or(0o777, |file| file.permissions().mode());
            if let Err(error) = check_mode(mode) {
                let message = format!("\"{secret}\" {error}");
                let hint = format!("chmod 600 {}", path.display());
                return Err(finding(&key, message, Some(hint)));
            }
        }
        MaskKey::read(&bytes).map_err(|error| {
            let hint = "`standin mask key new FILE` makes one".to_owned();
            finding(&key, format!("\"{secret}\": {error}"), Some(hint))
        })
    }

    fn migrations(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for environment in &self.config.environments {
            let Source::Migrations { migrations, .. } = &environment.source else {
                continue;
            };
            let name = environment.pattern.to_string();
            let mut missing = |word: &str, named: &Path, reason: &str| {
                let key = ["environments", &name, "source", word].map(str::to_owned);
                let message = format!("\"{}\" {reason}", named.display());
                let place = self.directory.join(named);
                let hint = format!("the place is {}", place.display());
                findings.push(finding(&key, message, Some(hint)));
            };
            match migrations {
                Migrations::Directory(named) => {
                    if let Err(reason) = list(&self.directory.join(named)) {
                        missing("migrations", named, &reason);
                    }
                }
                Migrations::Command { files, .. } => {
                    for named in files {
                        if !self.directory.join(named).exists() {
                            missing("files", named, "does not exist, and the migrations read it");
                        }
                    }
                }
            }
        }
        findings
    }

    /// Environments whose migrations change without being noticed.
    pub fn unseen_migrations(&self) -> Vec<Problem> {
        let mut findings = Vec::new();
        for environment in &self.config.environments {
            if let Source::Migrations { migrations, .. } = &environment.source
                && migrations.are_unseen()
            {
                let name = environment.pattern.to_string();
                let key = ["environments", &name, "source", "migrations"].map(str::to_owned);
                let message =
                    "nobody knows what files this command reads, so that a change of them \
                               is not noticed"
                        .to_owned();
                let hint = "name them: files = \"db/migrate\"".to_owned();
                findings.push(finding(&key, message, Some(hint)));
            }
        }
        self.places.problems(findings)
    }

    /// The directory of the unix socket is made at a start, its parent is not.
    fn socket_directory(&self) -> Option<Finding> {
        let named = self.config.listen.unix.as_ref()?;
        let directory = self.directory.join(named);
        if directory.is_dir() {
            return None;
        }
        let key = ["listen", "unix"].map(str::to_owned);
        if directory.symlink_metadata().is_ok() {
            let message = format!("\"{}\" is no directory", named.display());
            return Some(finding(&key, message, None));
        }
        let parent = directory.parent().unwrap_or(Path::new("/"));
        if parent.is_dir() {
            return None;
        }
        let message = format!("\"{}\" cannot be made", named.display());
        let hint = format!("make {} first", parent.display());
        Some(finding(&key, message, Some(hint)))
    }

    /// Where the unix socket is, if there is one; its directory is made where it is missing.
    pub(super) fn make_socket_directory(&self) -> io::Result<Option<PathBuf>> {
        let Some(named) = &self.config.listen.unix else {
            return Ok(None);
        };
        let directory = self.directory.join(named);
        match std::fs::create_dir(&directory) {
            // Whoever may connect must get there, whatever the umask.
            Ok(()) => std::fs::set_permissions(&directory, PermissionsExt::from_mode(0o755))?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        Ok(Some(directory))
    }
}

fn list(directory: &Path) -> Result<(), String> {
    match std::fs::read_dir(directory) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err("does not exist, and the migrations are read from there".to_owned())
        }
        Err(error) => Err(format!("cannot be read: {error}")),
    }
}

fn finding(key: &[String], message: String, hint: Option<String>) -> Finding {
    Finding {
        key: key.to_owned(),
        message,
        hint,
    }
}
