//! `standin mask key new`.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use masker::key::{KEY_BYTES_MIN, MaskKey};
use rand::rand_core::TryRng;
use serde::Serialize;

use super::super::failure::Failure;
use super::super::output::Output;
use super::arguments::NewKey;

#[derive(Serialize)]
struct Made {
    file: String,
    key_id: String,
}

/// The text of a new key.
pub(in super::super) fn drawn() -> Result<String, Failure> {
    let mut bytes = [0; KEY_BYTES_MIN];
    // The system's own generator: nothing of the process goes into a key.
    rand::rngs::SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| Failure::failed(format!("draw a key: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

pub(super) fn new(asked: &NewKey, output: &Output) -> Result<(), Failure> {
    let shown = asked.file.display().to_string();
    let text = drawn()? + "\n";
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&asked.file);
    let mut file = file.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::failed(format!("{shown} is there already"))
            .hint(
                "a key is never replaced, because values of earlier copies follow from it; name \
                 another file",
            ),
        _ => Failure::failed(format!("write {shown}: {error}")),
    })?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(|error| Failure::failed(format!("write {shown}: {error}")))?;
    let key = MaskKey::read(text.as_bytes());
    let key = key.map_err(|error| Failure::failed(format!("read {shown} back: {error}")))?;
    let made = Made {
        file: shown,
        key_id: key.id(),
    };
    output.show(&made, |made| {
        format!(
            "key {} in {}, readable by you alone\n\nWrite into the configuration:\n\n  \
             [masking]\n  key = \"file:{}\"",
            made.key_id, made.file, made.file
        )
    });
    Ok(())
}
