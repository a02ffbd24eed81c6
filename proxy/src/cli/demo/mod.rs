//! `standin demo`: a pool, a small production of its own, four environments, and things to try.

mod check;
mod hold;
mod production;
mod proof;
mod settings;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use super::args::Demo;
use super::failure::Failure;
use super::local::{check as configuration, setup, up};
use super::output::Output;
use crate::branches::setup::PoolImage;
use crate::branches::{Account, Installation, Installations};
use crate::daemon::{self, Loaded, Served};
use crate::environments::Progress;

use production::Production;
use settings::Prepared;

/// Where the demo lives when root runs it: the servers' user can get there, a home directory it
/// often cannot.
const ROOT_DIRECTORY: &str = "/var/lib/standin/demo";

/// What the daemon's last tasks get to let go of the pool, and between two looks at it.
const UNMOUNT_MAX: Duration = Duration::from_secs(10);
const UNMOUNT_LOOK: Duration = Duration::from_millis(50);

pub(super) fn run(demo: &Demo, output: &Output) -> Result<(), Failure> {
    daemon::log_to_stderr(output.is_json(), daemon::LOG_QUIET);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime =
        runtime.map_err(|error| Failure::failed(format!("start the runtime: {error}")))?;
    runtime.block_on(demonstrate(demo, output))
}

/// Everything that is on while the demo is, and off behind it: what it mounted, too.
async fn demonstrate(demo: &Demo, output: &Output) -> Result<(), Failure> {
    let directory = directory(demo)?;
    // Before anything is touched: another demo or daemon may be at work there.
    let _hold = hold::take(&directory, demo.port)?;
    let pool = directory.join("pool");
    let was_mounted = PoolImage::is_mounted(&pool).map_err(|error| setup::failure(&error))?;
    let outcome = prepare_and_serve(demo, &directory, output).await;
    if was_mounted {
        return outcome;
    }
    outcome.and(unmount(&pool).await)
}

async fn prepare_and_serve(demo: &Demo, directory: &Path, output: &Output) -> Result<(), Failure> {
    let began = Instant::now();
    // Heard from here on, also while an image is made and nobody listens; later the daemon listens.
    let failed = |error| Failure::failed(format!("watch signals: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let made = tokio::select! {
        made = prepare(demo, directory, output) => made?,
        _ = interrupt.recv() => return Err(Failure::failed("interrupted")),
        _ = terminate.recv() => return Err(Failure::failed("terminated")),
    };
    let (production, prepared) = made;
    let outcome = match daemon::load(&prepared.config) {
        Ok(loaded) => serve((demo, began), &prepared, loaded, output).await,
        Err(error) => Err(configuration::failure(error)),
    };
    production.stop().await;
    outcome
}

async fn prepare(
    demo: &Demo,
    directory: &Path,
    output: &Output,
) -> Result<(Production, Prepared), Failure> {
    let mut bar = output.progress();
    bar.line(&Progress::step("find PostgreSQL"));
    let account = Account::choose(None).map_err(setup::account_failure)?;
    let installation = installation(&mut bar, &account)?;
    bar.line(&Progress::step("make the pool"));
    let pool = settings::pool(directory, &account, demo)?;
    bar.line(&Progress::step("start the demo's production"));
    let production = Production::start(directory, &installation, &account).await?;
    let prepared = settings::write(directory, &pool, &production, demo)?;
    Ok((production, prepared))
}

/// Serves until the daemon is stopped, or until the demonstration is over.
async fn serve(
    (demo, began): (&Demo, Instant),
    prepared: &Prepared,
    loaded: Loaded,
    output: &Output,
) -> Result<(), Failure> {
    let (stop, stopped) = oneshot::channel();
    let (served, serving) = oneshot::channel::<Served>();
    let daemon = daemon::run(
        loaded,
        |endpoints| drop(served.send(endpoints.clone())),
        Some(stopped),
    );
    let demonstration = async {
        let Ok(served) = serving.await else {
            return Ok(());
        };
        let shown = show((demo, began), prepared, &served, output).await;
        if demo.check || shown.is_err() {
            drop(stop);
        } else {
            // Kept until the daemon stops by itself.
            std::future::pending::<()>().await;
            drop(stop);
        }
        shown
    };
    tokio::pin!(demonstration);
    tokio::pin!(daemon);
    tokio::select! {
        ended = &mut daemon => ended.map_err(up::failure),
        shown = &mut demonstration => {
            let ended = daemon.await.map_err(up::failure);
            shown.and(ended)
        }
    }
}

/// Unmounts the demo's pool; its image keeps what is in it for the next start.
async fn unmount(pool: &Path) -> Result<(), Failure> {
    let began = Instant::now();
    loop {
        match PoolImage::unmount(pool) {
            Ok(_) => return Ok(()),
            Err(error) if began.elapsed() > UNMOUNT_MAX => return Err(setup::failure(&error)),
            // The daemon's last tasks let go of their files.
            Err(_) => tokio::time::sleep(UNMOUNT_LOOK).await,
        }
    }
}

/// Builds the environments and prints what to do with them.
async fn show(
    (demo, began): (&Demo, Instant),
    prepared: &Prepared,
    served: &Served,
    output: &Output,
) -> Result<(), Failure> {
    let client = super::client::Client::at(prepared.pool.clone());
    for environment in settings::ENVIRONMENTS {
        let path = format!("/v1/environments/{environment}/build");
        let order = crate::admin::api::Order::default();
        client
            .follow::<serde_json::Value>(&path, &order, output.progress_at(environment))
            .await?;
    }
    let up = began.elapsed();
    if !demo.check {
        output.say(settings::welcome(prepared, served, up));
        return Ok(());
    }
    output.say(format!("up after {:.1} s", up.as_secs_f64()));
    check::run(&client, prepared, output).await
}

fn directory(demo: &Demo) -> Result<PathBuf, Failure> {
    if let Some(directory) = &demo.directory {
        return std::path::absolute(directory).map_err(|error| Failure::usage(error.to_string()));
    }
    if rustix::process::geteuid().is_root() {
        return Ok(PathBuf::from(ROOT_DIRECTORY));
    }
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".local/share"));
    let data = data.or_else(home).ok_or_else(|| {
        Failure::usage("neither HOME nor XDG_DATA_HOME is set").hint("`--directory DIRECTORY`")
    })?;
    Ok(data.join("standin/demo"))
}

/// The newest PostgreSQL that the servers' user can run; installed where there is none.
fn installation(bar: &mut super::output::Bar, account: &Account) -> Result<Installation, Failure> {
    let find = || Installations::find(&[]).usable_by(account);
    if let Ok(found) = find().newest() {
        return Ok(found.clone());
    }
    setup::install(None, bar)?;
    let found = find().newest().cloned();
    found.map_err(|error| Failure::failed(error.to_string()).hint(error.hint()))
}
