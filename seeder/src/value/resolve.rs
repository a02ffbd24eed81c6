//! From `format_type`'s text to a type.

use rules::schema::{Name, Schema};

use super::Type;

/// Domains over domains, arrays of composites of arrays …: deeper than any schema in use.
const DEPTH_MAX: u8 = 32;

impl Type {
    /// The type that `format_type` writes so, read with an empty search path.
    ///
    /// What is not understood is `Other`.
    pub fn resolve(data_type: &str, schema: &Schema) -> Self {
        resolve(data_type.trim(), schema, 0)
    }
}

fn resolve(text: &str, schema: &Schema, depth: u8) -> Type {
    if depth > DEPTH_MAX {
        return Type::Other(text.to_owned());
    }
    if let Some(element) = text.strip_suffix("[]") {
        return Type::Array(Box::new(resolve(element, schema, depth + 1)));
    }
    let (name, modifiers) = split_modifiers(text);
    builtin(&name, &modifiers)
        .or_else(|| user_defined(&name, schema, depth + 1))
        .unwrap_or_else(|| Type::Other(text.to_owned()))
}

/// `numeric(10,2)` → `numeric`, `[10, 2]`; `timestamp(3) with time zone` keeps its tail.
fn split_modifiers(text: &str) -> (String, Vec<i64>) {
    let bare = || (text.to_owned(), Vec::new());
    let (Some(open), Some(close)) = (text.find('('), text.find(')')) else {
        return bare();
    };
    if text.contains('"') || close < open {
        return bare();
    }
    let modifiers = text[open + 1..close]
        .split(',')
        .filter_map(|modifier| modifier.trim().parse().ok())
        .collect();
    let name = format!("{}{}", &text[..open], &text[close + 1..]);
    (name, modifiers)
}

fn builtin(name: &str, modifiers: &[i64]) -> Option<Type> {
    let first = modifiers.first().copied();
    let length = first.and_then(|n| u32::try_from(n).ok());
    let precision = first.map_or(6, |digits| u8::try_from(digits).unwrap_or(6).min(6));
    let integer = |min, max| Type::Int { min, max };
    let text = |max, padded| Type::Text {
        max,
        padded,
        caseless: false,
    };
    Some(match name {
        "boolean" => Type::Bool,
        "smallint" => integer(i16::MIN.into(), i16::MAX.into()),
        "integer" => integer(i32::MIN.into(), i32::MAX.into()),
        "bigint" => integer(i64::MIN, i64::MAX),
        "oid" => integer(0, u32::MAX.into()),
        "numeric" => Type::Decimal {
            precision: first.and_then(|digits| u16::try_from(digits).ok()),
            scale: modifiers
                .get(1)
                .and_then(|&digits| i16::try_from(digits).ok()),
        },
        "money" => Type::Money,
        "real" => Type::Float { bits: 32 },
        "double precision" => Type::Float { bits: 64 },
        "text" => text(None, false),
        "name" => text(Some(63), false),
        "character varying" => text(length, false),
        "character" => text(length.or(Some(1)), true),
        "bpchar" => text(None, true),
        "\"char\"" => text(Some(1), false),
        "bytea" => Type::Bytes,
        "date" => Type::Date,
        "time without time zone" => Type::Time {
            zone: false,
            precision,
        },
        "time with time zone" => Type::Time {
            zone: true,
            precision,
        },
        "timestamp without time zone" => Type::Timestamp {
            zone: false,
            precision,
        },
        "timestamp with time zone" => Type::Timestamp {
            zone: true,
            precision,
        },
        "uuid" => Type::Uuid,
        "json" => Type::Json { binary: false },
        "jsonb" => Type::Json { binary: true },
        "bit" => Type::Bits {
            length: length.or(Some(1)),
            varying: false,
        },
        "bit varying" => Type::Bits {
            length,
            varying: true,
        },
        "inet" => Type::Inet,
        "cidr" => Type::Cidr,
        "macaddr" => Type::MacAddress { bytes: 6 },
        "macaddr8" => Type::MacAddress { bytes: 8 },
        "xml" => Type::Xml,
        "tsvector" => Type::SearchVector,
        name if name.starts_with("interval") => Type::Interval,
        _ => return builtin_geometry(name).or_else(|| builtin_range(name)),
    })
}

fn builtin_geometry(name: &str) -> Option<Type> {
    const KINDS: [&str; 7] = ["point", "line", "lseg", "box", "path", "polygon", "circle"];
    KINDS
        .contains(&name)
        .then(|| Type::Geometry(name.to_owned()))
}

fn builtin_range(name: &str) -> Option<Type> {
    let (subtype, several) = match name {
        "int4range" => ("integer", false),
        "int4multirange" => ("integer", true),
        "int8range" => ("bigint", false),
        "int8multirange" => ("bigint", true),
        "numrange" => ("numeric", false),
        "nummultirange" => ("numeric", true),
        "daterange" => ("date", false),
        "datemultirange" => ("date", true),
        "tsrange" => ("timestamp without time zone", false),
        "tsmultirange" => ("timestamp without time zone", true),
        "tstzrange" => ("timestamp with time zone", false),
        "tstzmultirange" => ("timestamp with time zone", true),
        _ => return None,
    };
    let subtype = Box::new(builtin(subtype, &[])?);
    Some(if several {
        Type::Multirange(subtype)
    } else {
        Type::Range(subtype)
    })
}

fn user_defined(text: &str, schema: &Schema, depth: u8) -> Option<Type> {
    let name: Name = text.parse().ok()?;
    if let Some(domain) = schema.domains.get(&name) {
        return Some(Type::Domain {
            base: Box::new(resolve(&domain.base, schema, depth)),
            not_null: domain.not_null,
            checks: domain
                .checks
                .iter()
                .map(|check| (check.name.clone(), check_expression(&check.definition)))
                .collect(),
            name,
        });
    }
    if let Some(labels) = schema.enums.get(&name) {
        return Some(Type::Enum(labels.clone()));
    }
    if let Some(fields) = schema.composites.get(&name) {
        let fields = fields
            .iter()
            .map(|field| (field.name.clone(), resolve(&field.data_type, schema, depth)));
        return Some(Type::Record(fields.collect()));
    }
    if let Some(range) = schema.ranges.get(&name) {
        return Some(Type::Range(Box::new(resolve(
            &range.subtype,
            schema,
            depth,
        ))));
    }
    let multirange = schema
        .ranges
        .values()
        .find(|range| range.multirange.as_deref() == Some(text));
    if let Some(range) = multirange {
        let subtype = resolve(&range.subtype, schema, depth);
        return Some(Type::Multirange(Box::new(subtype)));
    }
    // Members of extensions are not in the model: what is left of a name is the extension's type.
    Some(match name.name.as_str() {
        "citext" => Type::Text {
            max: None,
            padded: false,
            caseless: true,
        },
        "hstore" => Type::HStore,
        "ltree" => Type::LTree,
        _ => return None,
    })
}

/// The expression within `CHECK (…)`, with or without `NOT VALID` behind it.
fn check_expression(definition: &str) -> String {
    let inner = definition
        .strip_prefix("CHECK (")
        .and_then(|rest| rest.rfind(')').map(|end| &rest[..end]));
    inner.unwrap_or(definition).to_owned()
}

#[cfg(test)]
mod tests {
    use rules::schema::Domain;

    use super::*;

    #[test]
    fn modifiers_are_read_wherever_they_stand() {
        let schema = Schema::default();
        let resolve = |text| Type::resolve(text, &schema);
        assert_eq!(
            resolve("numeric(10,2)"),
            Type::Decimal {
                precision: Some(10),
                scale: Some(2)
            }
        );
        assert_eq!(
            resolve("timestamp(3) with time zone"),
            Type::Timestamp {
                zone: true,
                precision: 3
            }
        );
        assert_eq!(
            resolve("character varying(20)[]"),
            Type::Array(Box::new(Type::Text {
                max: Some(20),
                padded: false,
                caseless: false
            }))
        );
        assert_eq!(
            resolve("public.nobody"),
            Type::Other("public.nobody".to_owned())
        );
    }

    #[test]
    fn a_domain_carries_its_checks_as_expressions() {
        let mut schema = Schema::default();
        let check = rules::schema::DomainCheck {
            name: "positive".to_owned(),
            definition: "CHECK ((VALUE > 0)) NOT VALID".to_owned(),
        };
        schema.domains.insert(
            Name::new("public", "amount"),
            Domain {
                base: "integer".to_owned(),
                not_null: true,
                default: None,
                collation: None,
                checks: vec![check],
            },
        );
        let Type::Domain {
            base,
            not_null,
            checks,
            ..
        } = Type::resolve("public.amount", &schema)
        else {
            panic!("not a domain");
        };
        assert!(not_null);
        assert_eq!(
            *base,
            Type::Int {
                min: i32::MIN.into(),
                max: i32::MAX.into()
            }
        );
        assert_eq!(checks, [("positive".to_owned(), "(VALUE > 0)".to_owned())]);
    }
}
