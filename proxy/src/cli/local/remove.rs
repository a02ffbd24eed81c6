//! `standin setup --unmount` and `--remove`: takes away what `standin setup` made.

use super::super::args::Setup;
use super::super::failure::Failure;
use super::super::output::Output;
use super::setup;
use crate::branches::holder;
use crate::branches::setup::PoolImage;
use crate::daemon::Loaded;

pub(super) fn run(loaded: &Loaded, order: &Setup, output: &Output) -> Result<(), Failure> {
    let pool = loaded.pool_path();
    let shown = pool.display();
    if let Some(pid) = holder(&pool) {
        let who = pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
        return Err(
            Failure::failed(format!("a daemon{who} holds the pool {shown}"))
                .hint("`standin down` stops it"),
        );
    }
    let image = PoolImage::file_of(&pool);
    if !image.exists() {
        return Err(Failure::failed(format!(
            "{shown} is not mounted from an image of `standin setup`"
        ))
        .hint(
            "what is in it lies on the file system around it; removing the directory removes it",
        ));
    }
    let image = image.display();
    if !order.remove {
        let said = match PoolImage::unmount(&pool).map_err(|error| setup::failure(&error))? {
            true => format!("unmounted {shown}; {image} keeps what is in it"),
            false => format!("{shown} is not mounted"),
        };
        output.done(said);
        return Ok(());
    }
    if !order.yes {
        return Err(Failure::usage(format!(
            "this removes {image} with every branch and snapshot in it"
        ))
        .hint("`standin setup --remove --yes` does it; `--unmount` keeps the image"));
    }
    PoolImage::remove(&pool).map_err(|error| setup::failure(&error))?;
    output.done(format!("removed {image}"));
    Ok(())
}
