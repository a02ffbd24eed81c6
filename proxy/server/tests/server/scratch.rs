//! Directories and servers that vanish with the test.

use std::path::{Path, PathBuf};

use server::{
    Account, Home, Installation, Installations, Server, Settings, adopt, clear_runtime, initialise,
    start,
};

/// A world-traversable place: servers of root's tests run as another user.
const SCRATCH: &str = "/var/tmp";

/// An installation, an account and a directory for one test.
pub(crate) struct Scratch {
    pub(crate) installation: Installation,
    pub(crate) account: Account,
    directory: tempfile::TempDir,
}

/// The installations that tests run on: the system's, and those of `STANDIN_TEST_BIN`.
pub(crate) fn installations() -> Installations {
    let extra = std::env::var_os("STANDIN_TEST_BIN");
    let extra: Vec<PathBuf> = extra.iter().flat_map(std::env::split_paths).collect();
    let account = Account::choose(None).expect("an account");
    Installations::find(&extra).usable_by(&account)
}

impl Scratch {
    pub(crate) fn new() -> Self {
        let installations = installations();
        let installation = installations
            .of_major(15)
            .or_else(|_| installations.newest());
        Self::on(installation.expect("an installation"))
    }

    pub(crate) fn on(installation: &Installation) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("standin-server-")
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .tempdir_in(SCRATCH)
            .expect("a directory");
        Self {
            installation: installation.clone(),
            account: Account::choose(None).expect("an account"),
            directory,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn home(&self, name: &str) -> Home {
        Home::new(self.path().join(name)).expect("an absolute path")
    }

    pub(crate) async fn fresh(&self, name: &str) -> Home {
        let home = self.home(name);
        let made = initialise(&self.installation, &self.account, &home).await;
        made.expect("a fresh cluster");
        home
    }

    pub(crate) async fn start(&self, home: &Home) -> Server {
        self.start_with(home, &Settings::default()).await
    }

    pub(crate) async fn start_with(&self, home: &Home, settings: &Settings) -> Server {
        let server = start(&self.installation, &self.account, home, settings).await;
        server.expect("a server that starts")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Whatever a failing test left running must not outlive its directory.
        let account = self.account.clone();
        let entries = self.path().read_dir().into_iter().flatten().flatten();
        let homes: Vec<Home> = entries
            .filter_map(|entry| Home::new(entry.path()).ok())
            .collect();
        let cleaning = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let runtime = runtime.expect("a runtime");
            for home in homes {
                runtime.block_on(async {
                    if let Ok(Some(server)) = adopt(&account, &home).await {
                        server.stop().await.expect("a server that stops");
                    }
                });
                clear_runtime(&home).expect("nothing left over");
            }
        });
        cleaning.join().expect("cleaned up");
    }
}
