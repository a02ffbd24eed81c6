//! The rules of the house, checked on the tree itself; each check is shown to fail on a planted
//! violation.

mod calls;
mod features;
mod layers;
mod modules;
mod shape;
mod source;
mod words;

use std::path::Path;

/// One file of the tree.
struct File {
    /// Its path from the workspace's root, with `/`.
    path: String,
    text: String,
}

/// The workspace's own files: no build output, no version control.
fn tree() -> anyhow::Result<Vec<File>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    walk(&root, "", &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(directory: &Path, prefix: &str, files: &mut Vec<File>) -> anyhow::Result<()> {
    const SKIPPED: [&str; 6] = [
        "target",
        ".git",
        "corpus",
        "artifacts",
        "node_modules",
        ".standin",
    ];
    const KINDS: [&str; 7] = ["rs", "toml", "md", "sql", "py", "js", "java"];
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            if !SKIPPED.contains(&name.as_str()) {
                walk(&entry.path(), &format!("{path}/"), files)?;
            }
        } else if KINDS.iter().any(|kind| name.ends_with(&format!(".{kind}"))) {
            let text = std::fs::read_to_string(entry.path())?;
            files.push(File { path, text });
        }
    }
    Ok(())
}

/// Asserts that a check finds nothing in the tree, and every one of `planted` for itself.
fn stands(check: fn(&[File]) -> Vec<String>, planted: &[(&str, &str)]) -> anyhow::Result<()> {
    let found = check(&tree()?);
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
    for (path, text) in planted {
        let mut files = tree()?;
        files.retain(|file| file.path != *path);
        files.push(File {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        });
        let found = check(&files);
        assert!(
            !found.is_empty(),
            "planted and not found: {path}\n{text:.200}"
        );
    }
    Ok(())
}
