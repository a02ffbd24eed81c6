//! Functions, and what the grammar writes like no function but is one.

use sqlparser::ast::{
    DateTimeField, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, TrimWhereField,
};

use crate::value::{Type, Value};

use super::super::NotUnderstood;
use super::super::node::{Arithmetic, Field, Function, Node, Op};
use super::super::pattern::Pattern;
use super::{
    Compiled, Compiler, Typed, convert, pattern_node, refuse, timestamp, unbounded_decimal,
    unbounded_text,
};

fn int4() -> Type {
    Type::Int {
        min: i32::MIN.into(),
        max: i32::MAX.into(),
    }
}

impl Compiler<'_> {
    pub(super) fn function_like(&self, expression: &Expr) -> Compiled {
        match expression {
            Expr::Function(function) => {
                let name = function.name.to_string().replace('"', "").to_lowercase();
                let name = name.strip_prefix("pg_catalog.").unwrap_or(&name).to_owned();
                let arguments = self.arguments(&function.args, &name)?;
                self.call(&name, arguments)
            }
            Expr::Extract { field, expr, .. } => {
                let field = field_named(&extract_name(field))?;
                let of = self.expression(expr)?;
                moment_function(Function::Extract(field, false), of, unbounded_decimal())
            }
            Expr::Trim {
                trim_where,
                trim_what,
                expr,
                trim_characters,
            } => {
                let mut arguments = vec![self.expression(expr)?];
                let characters = trim_characters.iter().flatten().chain(trim_what.as_deref());
                for what in characters {
                    arguments.push(self.expression(what)?);
                }
                let name = match trim_where {
                    Some(TrimWhereField::Leading) => "ltrim",
                    Some(TrimWhereField::Trailing) => "rtrim",
                    _ => "btrim",
                };
                self.call(name, arguments)
            }
            Expr::Substring {
                expr,
                substring_from,
                substring_for,
                ..
            } => {
                let mut arguments = vec![self.expression(expr)?];
                for part in [substring_from, substring_for].into_iter().flatten() {
                    arguments.push(self.expression(part)?);
                }
                self.call("substring", arguments)
            }
            Expr::Position { expr, r#in } => {
                let arguments = vec![self.expression(r#in)?, self.expression(expr)?];
                self.call("strpos", arguments)
            }
            Expr::Floor { expr, .. } => self.call("floor", vec![self.expression(expr)?]),
            Expr::Ceil { expr, .. } => self.call("ceil", vec![self.expression(expr)?]),
            other => {
                let text = other.to_string();
                Err(refuse(format!(
                    "\"{}\"",
                    text.chars().take(60).collect::<String>()
                )))
            }
        }
    }

    fn arguments(
        &self,
        arguments: &FunctionArguments,
        name: &str,
    ) -> Result<Vec<Typed>, NotUnderstood> {
        let list = match arguments {
            FunctionArguments::None => return Ok(Vec::new()),
            FunctionArguments::List(list) => list,
            FunctionArguments::Subquery(_) => return Err(refuse(format!("function {name}"))),
        };
        list.args
            .iter()
            .map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => {
                    self.expression(expression)
                }
                _ => Err(refuse(format!("function {name}"))),
            })
            .collect()
    }

    fn call(&self, name: &str, arguments: Vec<Typed>) -> Compiled {
        let data_types: Vec<Type> = arguments
            .iter()
            .map(|a| a.data_type.base().clone())
            .collect();
        match data_types.first() {
            None => return clock(name),
            Some(Type::Range(element) | Type::Multirange(element)) => {
                return range_function(name, arguments, element);
            }
            Some(_) => {}
        }
        if let Some(done) = self.conditional(name, &arguments)? {
            return Ok(done);
        }
        match data_types.as_slice() {
            [Type::Text { .. } | Type::Enum(_), ..] => text_function(name, arguments),
            [Type::Json { .. }, ..] => json_function(name, arguments),
            [Type::Array(_), ..] => array_function(name, arguments),
            [
                Type::Int { .. } | Type::Decimal { .. } | Type::Float { .. },
                ..,
            ] => number_function(name, arguments),
            [Type::Bytes] if matches!(name, "length" | "octet_length") => {
                Ok(of(Function::OctetLength, arguments, int4()))
            }
            [Type::Timestamp { .. } | Type::Date] if name == "date" => {
                let [moment] = <[Typed; 1]>::try_from(arguments).map_err(|_| unknown(name))?;
                convert(moment, Type::Date)
            }
            [Type::Bits { .. }] if matches!(name, "length" | "bit_length") => {
                Ok(of(Function::CharLength, arguments, int4()))
            }
            [Type::Geometry(kind)] if name == "radius" && kind == "circle" => {
                Ok(of(Function::Radius, arguments, Type::Float { bits: 64 }))
            }
            [Type::Inet | Type::Cidr] if name == "family" => {
                Ok(of(Function::Family, arguments, int4()))
            }
            [Type::Inet | Type::Cidr] if name == "masklen" => {
                Ok(of(Function::MaskLength, arguments, int4()))
            }
            _ => Err(unknown(name)),
        }
    }

    /// Functions that look at NULL themselves.
    fn conditional(&self, name: &str, arguments: &[Typed]) -> Result<Option<Typed>, NotUnderstood> {
        let nodes = || arguments.iter().map(|argument| argument.node.clone());
        let data_type = arguments[0].data_type.clone();
        Ok(Some(match name {
            "coalesce" => {
                let null = |kind: &Type| matches!(kind, Type::Other(name) if name == "null");
                let known = arguments.iter().find(|a| !null(&a.data_type));
                let data_type = known.map_or(data_type, |argument| argument.data_type.clone());
                Typed::new(Node::Coalesce(nodes().collect()), data_type)
            }
            "greatest" | "least" => {
                if matches!(data_type.base(), Type::Text { .. } | Type::Enum(_)) {
                    return Err(unknown(name));
                }
                Typed::new(
                    Node::Extreme(name == "greatest", nodes().collect()),
                    data_type,
                )
            }
            "nullif" => {
                let [left, right] = arguments else {
                    return Err(unknown(name));
                };
                let equal = self.comparison(Op::Eq, left.clone(), right.clone())?;
                let arms = vec![(equal.node, Node::Const(Value::Null))];
                Typed::new(Node::Case(arms, Box::new(left.node.clone())), data_type)
            }
            "num_nonnulls" | "num_nulls" => {
                let counted = nodes().map(|node| {
                    let null = Node::is_null(node);
                    let counts = if name == "num_nulls" {
                        null
                    } else {
                        Node::negation(null)
                    };
                    Node::Cast(Box::new(counts), int4())
                });
                let sum = counted.reduce(|sum, one| {
                    Node::Arithmetic(Arithmetic::Add, Box::new(sum), Box::new(one), None)
                });
                Typed::new(sum.ok_or_else(|| unknown(name))?, int4())
            }
            "date_part" | "date_trunc" => return time_function(name, arguments).map(Some),
            _ => return Ok(None),
        }))
    }
}

fn unknown(name: &str) -> NotUnderstood {
    refuse(format!("function {name}"))
}

fn of(function: Function, arguments: Vec<Typed>, data_type: Type) -> Typed {
    let c_collation = arguments.iter().any(|argument| argument.c_collation);
    let nodes = arguments
        .into_iter()
        .map(|argument| argument.node)
        .collect();
    Typed {
        node: Node::Call(function, nodes),
        data_type,
        c_collation,
    }
}

fn clock(name: &str) -> Compiled {
    let data_type = match name {
        "now"
        | "current_timestamp"
        | "transaction_timestamp"
        | "statement_timestamp"
        | "clock_timestamp" => timestamp(true),
        "localtimestamp" => timestamp(false),
        "current_date" => Type::Date,
        _ => return Err(unknown(name)),
    };
    Ok(Typed::new(Node::Now(data_type.clone()), data_type))
}

/// The arguments with a `char(n)` as the function is given it, and with what may be left out.
fn text_arguments(name: &str, mut arguments: Vec<Typed>) -> Result<Vec<Typed>, NotUnderstood> {
    use Function as F;
    let caseless = matches!(
        arguments[0].data_type.base(),
        Type::Text { caseless: true, .. }
    );
    let padded = matches!(
        arguments[0].data_type.base(),
        Type::Text { padded: true, .. }
    );
    if caseless && matches!(name, "replace" | "strpos" | "split_part" | "starts_with") {
        return Err(refuse(format!("function {name} of citext")));
    }
    // A function of `text` that is given a `char(n)` gets it without its blanks; these two have a form
    // of their own, of which `octet_length` counts them.
    if padded {
        let first = arguments.remove(0);
        let node = match (name, first.data_type.base()) {
            (
                "octet_length",
                Type::Text {
                    max: Some(width), ..
                },
            ) => Node::Call(F::Pad(*width), vec![first.node]),
            _ => Node::Call(F::Unpad, vec![first.node]),
        };
        arguments.insert(0, Typed { node, ..first });
    }
    let blank = || Typed::new(Node::Const(Value::Text(" ".to_owned())), unbounded_text());
    if matches!(name, "btrim" | "ltrim" | "rtrim" | "trim") && arguments.len() == 1 {
        arguments.push(blank());
    }
    Ok(arguments)
}

fn text_function(name: &str, arguments: Vec<Typed>) -> Compiled {
    use Function as F;
    let mut arguments = text_arguments(name, arguments)?;
    let count = arguments.len();
    let text = unbounded_text();
    Ok(match (name, count) {
        ("lower", 1) => of(F::Lower, arguments, text),
        ("upper", 1) => of(F::Upper, arguments, text),
        ("initcap", 1) => of(F::Initcap, arguments, text),
        ("similar_to_escape", 1 | 2) => return similar(&arguments),
        ("char_length" | "character_length" | "length", 1) => of(F::CharLength, arguments, int4()),
        ("octet_length", 1) => of(F::OctetLength, arguments, int4()),
        ("btrim" | "trim", 2) => of(
            F::Trim {
                start: true,
                end: true,
            },
            arguments,
            text,
        ),
        ("ltrim", 2) => of(
            F::Trim {
                start: true,
                end: false,
            },
            arguments,
            text,
        ),
        ("rtrim", 2) => of(
            F::Trim {
                start: false,
                end: true,
            },
            arguments,
            text,
        ),
        ("left", 2) => of(F::Left, arguments, text),
        ("right", 2) => of(F::Right, arguments, text),
        ("substr" | "substring", 2 | 3) if !is_text(&arguments[1]) => {
            of(F::Substring, arguments, text)
        }
        ("replace", 3) => of(F::Replace, arguments, text),
        ("strpos", 2) => of(F::Position, arguments, int4()),
        ("position", 2) => {
            arguments.swap(0, 1);
            of(F::Position, arguments, int4())
        }
        ("starts_with", 2) => of(F::StartsWith, arguments, Type::Bool),
        ("reverse", 1) => of(F::Reverse, arguments, text),
        ("split_part", 3) => of(F::SplitPart, arguments, text),
        ("regexp_like", 2) => {
            let [subject, pattern] =
                <[Typed; 2]>::try_from(arguments).map_err(|_| unknown(name))?;
            let Node::Const(Value::Text(pattern)) = pattern.node else {
                return Err(refuse("a pattern that is not fixed"));
            };
            let pattern = Pattern::regex(&pattern, false, subject.c_collation);
            Typed::bool(pattern_node(subject.node, pattern)?)
        }
        ("like_escape", 2) => return Err(refuse("LIKE with ESCAPE")),
        _ => return Err(unknown(name)),
    })
}

/// The pattern of `SIMILAR TO`, as `~` reads it.
fn similar(arguments: &[Typed]) -> Compiled {
    let fixed: Option<Vec<&str>> = arguments
        .iter()
        .map(|argument| match &argument.node {
            Node::Const(Value::Text(text)) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let (pattern, escape) = match fixed.as_deref() {
        Some([pattern]) => (pattern, Some('\\')),
        Some([pattern, escape]) if escape.chars().count() < 2 => (pattern, escape.chars().next()),
        _ => return Err(refuse("a pattern that is not fixed")),
    };
    let regex = Pattern::similar(pattern, escape).map_err(refuse)?;
    Ok(Typed::new(
        Node::Const(Value::Text(regex)),
        unbounded_text(),
    ))
}

fn is_text(typed: &Typed) -> bool {
    matches!(typed.data_type.base(), Type::Text { .. })
}

fn json_function(name: &str, arguments: Vec<Typed>) -> Compiled {
    use Function as F;
    Ok(match (name, arguments.len()) {
        ("jsonb_typeof" | "json_typeof", 1) => of(F::JsonTypeof, arguments, unbounded_text()),
        ("jsonb_array_length" | "json_array_length", 1) => {
            of(F::JsonArrayLength, arguments, int4())
        }
        ("jsonb_exists", 2) => of(F::JsonHasKey, arguments, Type::Bool),
        ("jsonb_extract_path" | "json_extract_path", 2) => {
            let data_type = arguments[0].data_type.clone();
            of(F::JsonField, arguments, data_type)
        }
        ("jsonb_extract_path_text" | "json_extract_path_text", 2) => {
            of(F::JsonText, arguments, unbounded_text())
        }
        _ => return Err(unknown(name)),
    })
}

fn array_function(name: &str, mut arguments: Vec<Typed>) -> Compiled {
    Ok(match (name, arguments.len()) {
        ("cardinality", 1) => of(Function::Cardinality, arguments, int4()),
        ("array_length" | "array_upper", 2) => of(Function::ArrayLength, arguments, int4()),
        ("array_ndims", 1) => of(Function::ArrayDimensions, arguments, int4()),
        // Where NULL is among the elements; nothing else is asked of it in CHECKs.
        ("array_position", 2) if matches!(arguments[1].node, Node::Const(Value::Null)) => {
            arguments.truncate(1);
            of(Function::NullPosition, arguments, int4())
        }
        _ => return Err(unknown(name)),
    })
}

fn number_function(name: &str, mut arguments: Vec<Typed>) -> Compiled {
    use Function as F;
    let data_type = arguments[0].data_type.base().clone();
    let rounded = match data_type {
        Type::Float { .. } => data_type.clone(),
        // Rounding an integer is rounding a double, of the same value.
        Type::Int { .. } => {
            let first = arguments.remove(0);
            arguments.insert(0, convert(first, unbounded_decimal())?);
            unbounded_decimal()
        }
        _ => unbounded_decimal(),
    };
    Ok(match (name, arguments.len()) {
        ("abs", 1) => of(F::Abs, arguments, data_type),
        ("sign", 1) => of(F::Sign, arguments, rounded),
        ("round", 1 | 2) => of(F::Round, arguments, rounded),
        ("trunc", 1 | 2) => of(F::Truncate, arguments, rounded),
        ("floor", 1) => of(F::Floor, arguments, rounded),
        ("ceil" | "ceiling", 1) => of(F::Ceil, arguments, rounded),
        ("scale", 1) => of(F::Scale, arguments, int4()),
        ("mod", 2) => {
            let [left, right] = <[Typed; 2]>::try_from(arguments).map_err(|_| unknown(name))?;
            let node = Node::Arithmetic(
                Arithmetic::Remainder,
                Box::new(left.node),
                Box::new(right.node),
                None,
            );
            Typed::new(node, data_type)
        }
        _ => return Err(unknown(name)),
    })
}

fn range_function(name: &str, arguments: Vec<Typed>, element: &Type) -> Compiled {
    use Function as F;
    let element = element.base().clone();
    Ok(match (name, arguments.len()) {
        ("lower", 1) => of(F::Lowest, arguments, element),
        ("upper", 1) => of(F::Highest, arguments, element),
        ("isempty", 1) => of(F::IsEmpty, arguments, Type::Bool),
        ("lower_inf", 1) => of(F::Unbounded { upper: false }, arguments, Type::Bool),
        ("upper_inf", 1) => of(F::Unbounded { upper: true }, arguments, Type::Bool),
        ("lower_inc", 1) => of(F::Included { upper: false }, arguments, Type::Bool),
        ("upper_inc", 1) => of(F::Included { upper: true }, arguments, Type::Bool),
        _ => return Err(unknown(name)),
    })
}

fn time_function(name: &str, arguments: &[Typed]) -> Compiled {
    let [field, moment] = arguments else {
        return Err(unknown(name));
    };
    let Node::Const(Value::Text(field)) = &field.node else {
        return Err(unknown(name));
    };
    let field = field_named(field)?;
    if name == "date_part" {
        let data_type = Type::Float { bits: 64 };
        return moment_function(Function::Extract(field, true), moment.clone(), data_type);
    }
    let data_type = match moment.data_type.base() {
        Type::Timestamp { .. } => moment.data_type.clone(),
        Type::Date => timestamp(true),
        _ => return Err(refuse("date_trunc of that type")),
    };
    moment_function(Function::Truncated(field), moment.clone(), data_type)
}

fn moment_function(function: Function, of: Typed, data_type: Type) -> Compiled {
    match of.data_type.base() {
        Type::Date | Type::Timestamp { .. } | Type::Interval | Type::Time { zone: false, .. } => {
            Ok(Typed::new(Node::Call(function, vec![of.node]), data_type))
        }
        _ => Err(refuse("a field of that type")),
    }
}

fn extract_name(field: &DateTimeField) -> String {
    field.to_string().trim_matches(['"', '\'']).to_owned()
}

fn field_named(name: &str) -> Result<Field, NotUnderstood> {
    Ok(match name.to_lowercase().trim_end_matches('s') {
        "year" => Field::Year,
        "quarter" => Field::Quarter,
        "month" => Field::Month,
        "week" => Field::Week,
        "day" => Field::Day,
        "dow" => Field::DayOfWeek,
        "isodow" => Field::IsoDayOfWeek,
        "doy" => Field::DayOfYear,
        "hour" => Field::Hour,
        "minute" => Field::Minute,
        "second" => Field::Second,
        "epoch" => Field::Epoch,
        _ => return Err(refuse(format!("field {name} of a moment"))),
    })
}
