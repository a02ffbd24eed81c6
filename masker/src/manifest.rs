//! What a copy is and what was proved of it, signed, so that a copy that was changed by hand or a
//! proof of another one is told apart.

use std::collections::BTreeMap;

use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use rules::mask::MaskRules;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::run::{Done, Looked};
use crate::shown::{self, ShownTable};
use crate::step::step;
use crate::verify::Report;

/// Rows of a table that are told by number; fewer could tell that somebody is in it.
const ROWS_MIN: u64 = 10;

/// What every copy tells, whatever the rules.
const ALWAYS: [&str; 4] = [
    "how many rows there are",
    "which values are NULL, unless a rule puts one",
    "which texts are empty",
    "roughly the order in which rows were written",
];

/// What a copy is and what was proved of it. Holds names and numbers, no value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this program.
    pub version: String,
    /// The moment when it was made, as RFC 3339 has it.
    pub made_at: String,
    /// The masking key's id.
    pub key_id: String,
    /// SHA-256 of the rules, in hexadecimal.
    pub rules: String,
    /// SHA-256 of which rows are copied, in hexadecimal; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subset: Option<String>,
    /// SHA-256 of production's schema, in hexadecimal.
    pub schema: String,
    /// SHA-256 of what tells production's cluster and database from others, in hexadecimal.
    pub production: String,
    /// Rows by table; `None` below ten.
    pub rows: BTreeMap<String, Option<u64>>,
    /// Tables that have no rows in the copy.
    pub without_rows: Vec<String>,
    /// What the copy still tells, by column.
    pub preserved: BTreeMap<String, String>,
    /// What every copy tells, whatever the rules.
    #[serde(default)]
    pub always_preserved: Vec<String>,
    /// Reasons that rules give, by column.
    pub reasons: BTreeMap<String, String>,
    /// Parts of the schema that are not in the copy.
    pub left_out: Vec<String>,
    /// What was looked at to prove it, and found.
    pub verified: Report,
}

/// A manifest's text with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// The manifest as JSON: what is signed are these bytes.
    pub manifest: String,
    /// Ed25519 (RFC 8032), in hexadecimal.
    pub signature: String,
    /// The public key of the instance that signed, in hexadecimal.
    pub public_key: String,
}

/// Why a manifest is not to be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// The instance's key cannot be used.
    #[error("the key that manifests are signed with cannot be read")]
    Key,
    /// It was signed by another instance.
    #[error("the manifest was signed by another instance")]
    Stranger,
    /// It was changed after it was signed.
    #[error("the manifest was changed after it was signed")]
    Changed,
    /// It is no manifest.
    #[error("the manifest cannot be read")]
    Form,
}

/// A new key for an instance, in PKCS #8 (RFC 8410).
pub fn new_key() -> Result<Vec<u8>, ManifestError> {
    let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
    Ok(key.map_err(|_| ManifestError::Key)?.as_ref().to_vec())
}

impl Manifest {
    /// What a copy is and what was proved of it.
    pub fn new(looked: &Looked, done: &Done, rules: &MaskRules, about: About) -> Self {
        let shown = shown::shown(looked, about.key_id.clone());
        let rows = done.copy.tables.iter().map(|table| {
            let rows = Some(table.rows).filter(|rows| *rows >= ROWS_MIN);
            (table.table.to_string(), rows)
        });
        let without = shown.tables.iter().filter(|table| !table.has_rows());
        let of = |pick: fn(&shown::ShownColumn) -> Option<&String>| {
            let tables = shown.tables.iter().filter(|table| table.has_rows());
            tables
                .flat_map(|table: &ShownTable| {
                    let columns = table.columns.iter();
                    columns.filter_map(|column| {
                        let text = pick(column)?;
                        Some((format!("{}.{}", table.name, column.name), text.clone()))
                    })
                })
                .collect()
        };
        let facts = &looked.facts;
        let production = format!("{:?}/{}", facts.server.system, facts.database.name);
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: about.made_at,
            key_id: about.key_id,
            rules: rules_hash(rules),
            subset: rules.subset.as_ref().map(|subset| hash(&json(subset))),
            schema: hash(&serde_json::to_vec(&looked.schema).unwrap_or_default()),
            production: hash(production.as_bytes()),
            rows: rows.collect(),
            without_rows: without.map(|table| table.name.clone()).collect(),
            preserved: of(|column| column.preserves.as_ref()),
            always_preserved: ALWAYS.map(str::to_owned).to_vec(),
            reasons: of(|column| column.reason.as_ref()),
            left_out: done.copy.left_out.clone(),
            verified: done.verified.clone(),
        }
    }

    /// Signs it with the instance's key.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub fn sign(&self, pkcs8: &[u8]) -> Result<Signed, ManifestError> {
        let key = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| ManifestError::Key)?;
        let manifest = serde_json::to_string_pretty(self).map_err(|_| ManifestError::Form)?;
        step("mask.signed");
        Ok(Signed {
            signature: hex(key.sign(manifest.as_bytes()).as_ref()),
            public_key: hex(key.public_key().as_ref()),
            manifest,
        })
    }
}

/// What a manifest says beside what was looked at and done.
pub struct About {
    /// The masking key's id.
    pub key_id: String,
    /// The moment, as RFC 3339 has it.
    pub made_at: String,
}

impl Signed {
    /// The manifest, if this instance signed these very bytes.
    ///
    /// # Errors
    /// When another instance did, or they were changed.
    pub fn open(&self, pkcs8: &[u8]) -> Result<Manifest, ManifestError> {
        let key = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| ManifestError::Key)?;
        let own = key.public_key();
        if self.public_key != hex(own.as_ref()) {
            return Err(ManifestError::Stranger);
        }
        let signature = unhex(&self.signature).ok_or(ManifestError::Changed)?;
        UnparsedPublicKey::new(&ED25519, own.as_ref())
            .verify(self.manifest.as_bytes(), &signature)
            .map_err(|_| ManifestError::Changed)?;
        serde_json::from_str(&self.manifest).map_err(|_| ManifestError::Form)
    }
}

/// What tells rules apart, in hexadecimal; where the key is does not count.
pub fn rules_hash(rules: &MaskRules) -> String {
    let of = (&rules.unlisted, &rules.locales, &rules.tables);
    let mut text = serde_json::to_vec(&of).unwrap_or_default();
    text.extend(format!("{:?}", rules.references).into_bytes());
    text.extend(rules.subset.iter().flat_map(json));
    hash(&text)
}

fn json(value: &impl Serialize) -> Vec<u8> {
    // Names, texts and numbers only.
    serde_json::to_vec(value).unwrap_or_default()
}

fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            version: "1".to_owned(),
            made_at: "2026-01-01T00:00:00Z".to_owned(),
            key_id: "0123".to_owned(),
            rules: String::new(),
            subset: None,
            schema: String::new(),
            production: String::new(),
            rows: BTreeMap::from([("public.a".to_owned(), Some(12))]),
            without_rows: Vec::new(),
            preserved: BTreeMap::new(),
            always_preserved: Vec::new(),
            reasons: BTreeMap::new(),
            left_out: Vec::new(),
            verified: Report::default(),
        }
    }

    #[test]
    fn a_manifest_that_was_changed_or_is_anothers_is_refused() {
        let (own, other) = (new_key().expect("a key"), new_key().expect("a key"));
        let signed = manifest().sign(&own).expect("signs");
        assert_eq!(signed.open(&own), Ok(manifest()));
        assert_eq!(signed.open(&other), Err(ManifestError::Stranger));
        let mut changed = signed.clone();
        changed.manifest = changed.manifest.replace("12", "13");
        assert_eq!(changed.open(&own), Err(ManifestError::Changed));
        let mut resigned = signed.clone();
        resigned.signature = manifest().sign(&other).expect("signs").signature;
        assert_eq!(resigned.open(&own), Err(ManifestError::Changed));
        assert_eq!(signed.open(b"no key"), Err(ManifestError::Key));
    }
}
