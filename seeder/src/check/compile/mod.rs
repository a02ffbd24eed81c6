//! From PostgreSQL's deparsed text to the compiled form.
//!
//! Understands what `pg_get_expr` writes, with names resolved against the columns given. What it does
//! not understand it names; it never guesses and never panics.

mod binary;
mod call;
mod convert;
mod literal;

use std::sync::Arc;

use sqlparser::ast::{AccessExpr, CaseWhen, InTarget};
use sqlparser::ast::{CastKind, DataType, Expr, Ident, Subscript, UnaryOperator, Value as Token};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token as Lexeme;

use rules::schema::Schema;

use crate::value::{Type, Value};

use super::node::{Function, Node};
use super::pattern::Pattern;
use super::{Columns, NotUnderstood};

use convert::{convert, folded};

pub(super) use literal::literal;

/// Deeper nesting is refused by the parser.
const DEPTH_MAX: usize = 64;

/// An expression with its type.
#[derive(Debug, Clone)]
struct Typed {
    node: Node,
    data_type: Type,
    /// Whether texts of it are ordered and classified as the C collation does.
    c_collation: bool,
}

impl Typed {
    fn new(node: Node, data_type: Type) -> Self {
        Self {
            node,
            data_type,
            c_collation: false,
        }
    }

    fn bool(node: Node) -> Self {
        Self::new(node, Type::Bool)
    }
}

type Compiled = Result<Typed, NotUnderstood>;

/// The compiled form of a condition.
pub(super) fn compile(expression: &str, columns: &Columns<'_>) -> Result<Node, NotUnderstood> {
    let dialect = PostgreSqlDialect {};
    let parsed = Parser::new(&dialect)
        .with_recursion_limit(DEPTH_MAX)
        .try_with_sql(expression)
        .and_then(|mut parser| {
            let parsed = parser.parse_expr()?;
            parser.expect_token(&Lexeme::EOF)?;
            Ok(parsed)
        })
        .map_err(|error| refuse(format!("cannot be parsed: {error}")))?;
    let typed = Compiler { columns }.expression(&parsed)?;
    match typed.data_type.base() {
        Type::Bool => Ok(typed.node),
        other => Err(refuse(format!(
            "gives {other:?} where a condition is expected"
        ))),
    }
}

fn refuse(reason: impl Into<String>) -> NotUnderstood {
    NotUnderstood {
        reason: reason.into(),
    }
}

struct Compiler<'a> {
    columns: &'a Columns<'a>,
}

impl Compiler<'_> {
    fn expression(&self, expression: &Expr) -> Compiled {
        match expression {
            Expr::Nested(inner) => self.expression(inner),
            Expr::Identifier(name) => self.column(name),
            Expr::Value(value) => constant(&value.value),
            Expr::Cast {
                kind: CastKind::Cast | CastKind::DoubleColon,
                expr,
                data_type,
                ..
            } => self.cast(expr, data_type),
            Expr::TypedString(typed) => {
                let text = typed.value.clone().into_string();
                let text = text.ok_or_else(|| refuse("a constant is not understood"))?;
                self.literal(&text, &typed.data_type)
            }
            Expr::Interval(interval) => {
                let text = self.expression(&interval.value)?;
                convert(text, Type::Interval)
            }
            Expr::UnaryOp { op, expr } => self.unary(*op, expr),
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right),
            Expr::AnyOp {
                left,
                compare_op,
                right,
                ..
            } => self.quantified(left, compare_op, right, true),
            Expr::AllOp {
                left,
                compare_op,
                right,
            } => self.quantified(left, compare_op, right, false),
            Expr::Case {
                operand,
                conditions,
                else_result,
                ..
            } => self.case(operand.as_deref(), conditions, else_result.as_deref()),
            Expr::Array(array) => self.array(&array.elem),
            Expr::Collate { expr, collation } => {
                let mut typed = self.expression(expr)?;
                let name = collation.to_string();
                typed.c_collation = name.ends_with("\"C\"") || name.ends_with("\"POSIX\"");
                Ok(typed)
            }
            Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain),
            Expr::AtTimeZone {
                timestamp,
                time_zone,
            } => self.at_zone(timestamp, time_zone),
            other => self.test(other),
        }
    }

    /// `IS …`, and what is left to functions.
    fn test(&self, expression: &Expr) -> Compiled {
        let is = |inner: &Expr, expected: bool| -> Result<Node, NotUnderstood> {
            Ok(Node::Is(Box::new(self.condition(inner)?), expected))
        };
        let node = match expression {
            Expr::IsNull(inner) => null_test(self.expression(inner)?, true),
            Expr::IsNotNull(inner) => null_test(self.expression(inner)?, false),
            Expr::IsUnknown(inner) => Node::is_null(self.condition(inner)?),
            Expr::IsNotUnknown(inner) => Node::negation(Node::is_null(self.condition(inner)?)),
            Expr::IsTrue(inner) => is(inner, true)?,
            Expr::IsFalse(inner) => is(inner, false)?,
            Expr::IsNotTrue(inner) => Node::negation(is(inner, true)?),
            Expr::IsNotFalse(inner) => Node::negation(is(inner, false)?),
            Expr::IsDistinctFrom(left, right) => self.distinct(left, right)?,
            Expr::IsNotDistinctFrom(left, right) => Node::negation(self.distinct(left, right)?),
            Expr::In {
                expr,
                target: InTarget::List(list),
                negated,
                ..
            } => self.in_list(expr, list, *negated)?,
            other => return self.function_like(other),
        };
        Ok(Typed::bool(node))
    }

    /// `IN (…)` as it is typed; the catalogue has it as `= ANY (ARRAY[…])`.
    fn in_list(&self, subject: &Expr, list: &[Expr], negated: bool) -> Result<Node, NotUnderstood> {
        let subject = self.expression(subject)?;
        let op = if negated {
            super::node::Op::Ne
        } else {
            super::node::Op::Eq
        };
        let each = list.iter().map(|item| {
            let item = self.expression(item)?;
            Ok(self.comparison(op, subject.clone(), item)?.node)
        });
        let each = each.collect::<Result<Vec<Node>, NotUnderstood>>()?;
        Ok(if negated {
            Node::And(each)
        } else {
            Node::Or(each)
        })
    }

    fn condition(&self, expression: &Expr) -> Result<Node, NotUnderstood> {
        let typed = self.expression(expression)?;
        match typed.data_type.base() {
            Type::Bool => Ok(typed.node),
            _ => Err(refuse("a condition is no boolean")),
        }
    }

    fn distinct(&self, left: &Expr, right: &Expr) -> Result<Node, NotUnderstood> {
        let (left, right) = (self.expression(left)?, self.expression(right)?);
        let (left, right) = binary::comparable(left, right)?;
        if let Type::Json { .. } = left.data_type.base()
            && !matches!(right.node, Node::Const(Value::Null))
        {
            let null = |typed: &Typed| Node::is_null(typed.node.clone());
            let some = |typed: &Typed| Node::negation(null(typed));
            let unequal = self.comparison(super::node::Op::Ne, left.clone(), right.clone())?;
            return Ok(Node::Or(vec![
                Node::And(vec![some(&left), some(&right), unequal.node]),
                Node::And(vec![null(&left), some(&right)]),
                Node::And(vec![some(&left), null(&right)]),
            ]));
        }
        Ok(Node::Distinct(Box::new(left.node), Box::new(right.node)))
    }

    fn column(&self, name: &Ident) -> Compiled {
        let found = self.columns.find(&name.value).or_else(|| {
            let is_value = name.quote_style.is_none() && name.value.eq_ignore_ascii_case("value");
            is_value.then(|| self.columns.find("VALUE")).flatten()
        });
        if let Some((ordinal, column)) = found {
            return Ok(Typed {
                node: Node::Column(ordinal),
                data_type: column.data_type.base().clone(),
                c_collation: column.c_collation,
            });
        }
        match name.value.to_ascii_lowercase().as_str() {
            "current_date" if name.quote_style.is_none() => {
                Ok(Typed::new(Node::Now(Type::Date), Type::Date))
            }
            "current_timestamp" | "localtimestamp" if name.quote_style.is_none() => {
                let data_type = timestamp(name.value.starts_with(['c', 'C']));
                Ok(Typed::new(Node::Now(data_type.clone()), data_type))
            }
            _ => Err(refuse(format!("there is no column {:?}", name.value))),
        }
    }

    fn cast(&self, expression: &Expr, data_type: &DataType) -> Compiled {
        if let Expr::Value(value) = expression
            && let Some(text) = value.value.clone().into_string()
        {
            return self.literal(&text, data_type);
        }
        let typed = self.expression(expression)?;
        let to = self.data_type(data_type);
        convert(typed, to)
    }

    fn literal(&self, text: &str, data_type: &DataType) -> Compiled {
        let to = self.data_type(data_type);
        let value = match (&to, literal(text, &to)) {
            // A type of the schema's own: what it is compared with tells what it is.
            (Type::Other(_), _) => Value::Text(text.to_owned()),
            (_, Some(value)) => value,
            (_, None) => return Err(refuse(format!("constant '{text}' of type {data_type}"))),
        };
        Ok(Typed::new(Node::Const(value), to))
    }

    /// The type of that name: a built-in one, or the type of a column that bears the name.
    fn data_type(&self, data_type: &DataType) -> Type {
        let name = match data_type {
            DataType::Custom(name, modifiers) if modifiers.is_empty() => name.to_string(),
            other => other.to_string(),
        };
        let name = normal_name(&name);
        if matches!(name.as_str(), "\"bit\"" | "varbit" | "bit varying") {
            return Type::Bits {
                length: None,
                varying: true,
            };
        }
        match Type::resolve(&name, &Schema::default()) {
            Type::Other(_) => self.columns.type_named(&name),
            known => known,
        }
    }

    fn unary(&self, op: UnaryOperator, operand: &Expr) -> Compiled {
        let typed = self.expression(operand)?;
        match op {
            UnaryOperator::Not => Ok(Typed::bool(Node::negation(typed.node))),
            UnaryOperator::Plus => Ok(typed),
            UnaryOperator::Minus => {
                let node = match typed.node {
                    Node::Const(Value::Int(n)) => Node::Const(Value::Int(-n)),
                    Node::Const(Value::Decimal(n)) => Node::Const(Value::Decimal(-n)),
                    Node::Const(Value::Float(n)) => Node::Const(Value::Float(-n)),
                    node => Node::Negate(Box::new(node)),
                };
                Ok(Typed::new(node, typed.data_type))
            }
            UnaryOperator::PGAbs => Ok(Typed::new(
                Node::Call(Function::Abs, vec![typed.node]),
                typed.data_type,
            )),
            other => Err(refuse(format!("operator {other}"))),
        }
    }

    fn case(&self, operand: Option<&Expr>, arms: &[CaseWhen], last: Option<&Expr>) -> Compiled {
        let mut compiled = Vec::new();
        let mut data_type = None;
        for arm in arms {
            let condition = match operand {
                None => self.condition(&arm.condition)?,
                Some(operand) => {
                    let (left, right) =
                        (self.expression(operand)?, self.expression(&arm.condition)?);
                    self.comparison(super::node::Op::Eq, left, right)?.node
                }
            };
            let result = self.expression(&arm.result)?;
            if !matches!(result.node, Node::Const(Value::Null)) {
                data_type.get_or_insert(result.data_type);
            }
            compiled.push((condition, result.node));
        }
        let last = match last {
            Some(last) => self.expression(last)?,
            None => Typed::new(Node::Const(Value::Null), Type::Other("null".to_owned())),
        };
        let data_type = data_type.unwrap_or(last.data_type);
        Ok(Typed::new(
            Node::Case(compiled, Box::new(last.node)),
            data_type,
        ))
    }

    fn array(&self, elements: &[Expr]) -> Compiled {
        let elements: Result<Vec<Typed>, _> = elements.iter().map(|e| self.expression(e)).collect();
        let elements = elements?;
        let element = match elements.first() {
            Some(first) => first.data_type.clone(),
            None => Type::Other("unknown".to_owned()),
        };
        let data_type = Type::Array(Box::new(element));
        let constants: Option<Vec<Value>> = elements
            .iter()
            .map(|element| match &element.node {
                Node::Const(value) => Some(value.clone()),
                _ => None,
            })
            .collect();
        let node = match constants {
            Some(values) => Node::Const(Value::Array(values)),
            None => Node::Array(elements.into_iter().map(|element| element.node).collect()),
        };
        Ok(Typed::new(node, data_type))
    }

    fn access(&self, root: &Expr, chain: &[AccessExpr]) -> Compiled {
        let mut typed = self.expression(root)?;
        for access in chain {
            typed = match (access, typed.data_type.base().clone()) {
                (AccessExpr::Subscript(Subscript::Index { index }), Type::Array(element)) => {
                    let index = self.expression(index)?;
                    let node = Node::Call(Function::ArrayElement, vec![typed.node, index.node]);
                    Typed::new(node, element.base().clone())
                }
                (AccessExpr::Subscript(Subscript::Index { index }), Type::Geometry(kind))
                    if kind == "point" =>
                {
                    let index = self.expression(index)?;
                    let node = Node::Call(Function::Coordinate, vec![typed.node, index.node]);
                    Typed::new(node, Type::Float { bits: 64 })
                }
                (AccessExpr::Dot(Expr::Identifier(field)), Type::Record(fields)) => {
                    let position = fields.iter().position(|(name, _)| *name == field.value);
                    let position =
                        position.ok_or_else(|| refuse(format!("there is no field {field}")))?;
                    let node = Node::Call(Function::Part(position), vec![typed.node]);
                    Typed::new(node, fields[position].1.base().clone())
                }
                _ => return Err(refuse("a subscript or field of that type")),
            };
        }
        Ok(typed)
    }

    fn at_zone(&self, moment: &Expr, zone: &Expr) -> Compiled {
        let moment = self.expression(moment)?;
        let zone = self.expression(zone)?.node;
        let utc = matches!(&zone, Node::Const(Value::Text(zone))
            if ["utc", "gmt"].contains(&zone.to_ascii_lowercase().as_str()));
        match moment.data_type.base() {
            Type::Timestamp { zone, .. } if utc => {
                let to = timestamp(!zone);
                Ok(Typed::new(moment.node, to))
            }
            _ => Err(refuse("AT TIME ZONE with another zone than UTC")),
        }
    }
}

/// `IS NULL` (`null`) or `IS NOT NULL`: a composite is the one or the other only if all its fields are
/// (PostgreSQL documentation, "Comparison Functions and Operators").
fn null_test(typed: Typed, null: bool) -> Node {
    let one = |node: Node| match null {
        true => Node::is_null(node),
        false => Node::negation(Node::is_null(node)),
    };
    match typed.data_type.base() {
        Type::Record(fields) => {
            let part = |field| Node::Call(Function::Part(field), vec![typed.node.clone()]);
            Node::And((0..fields.len()).map(|field| one(part(field))).collect())
        }
        _ => one(typed.node),
    }
}

fn timestamp(zone: bool) -> Type {
    Type::Timestamp { zone, precision: 6 }
}

/// `CHARACTER VARYING(20)[]` as `format_type` writes it.
fn normal_name(name: &str) -> String {
    if name.contains('"') {
        return name.to_owned();
    }
    let name = name.to_lowercase();
    let (stem, array) = match name.strip_suffix("[]") {
        Some(stem) => (stem, "[]"),
        None => (name.as_str(), ""),
    };
    let stem = match stem {
        "int" | "int4" => "integer",
        "int8" => "bigint",
        "int2" => "smallint",
        "varchar" => "character varying",
        "char" => "character",
        "bool" => "boolean",
        "float8" => "double precision",
        "float4" => "real",
        "timestamp" => "timestamp without time zone",
        "timestamptz" => "timestamp with time zone",
        "time" => "time without time zone",
        other => other,
    };
    format!("{stem}{array}")
}

fn constant(token: &Token) -> Compiled {
    let integer = |min: i64, max: i64| Type::Int { min, max };
    Ok(match token {
        Token::Number(text, _) => match text.parse::<i64>() {
            Ok(n) if i32::try_from(n).is_ok() => Typed::new(
                Node::Const(Value::Int(n)),
                integer(i32::MIN.into(), i32::MAX.into()),
            ),
            Ok(n) => Typed::new(Node::Const(Value::Int(n)), integer(i64::MIN, i64::MAX)),
            Err(_) => {
                let number = literal::number(text);
                let number = number.ok_or_else(|| refuse(format!("number {text}")))?;
                Typed::new(Node::Const(Value::Decimal(number)), unbounded_decimal())
            }
        },
        Token::Boolean(truth) => Typed::bool(Node::truth(*truth)),
        Token::Null => Typed::new(Node::Const(Value::Null), Type::Other("null".to_owned())),
        other => match other.clone().into_string() {
            Some(text) => Typed::new(Node::Const(Value::Text(text)), unbounded_text()),
            None => return Err(refuse(format!("constant {other}"))),
        },
    })
}

fn unbounded_decimal() -> Type {
    Type::Decimal {
        precision: None,
        scale: None,
    }
}

fn unbounded_text() -> Type {
    Type::Text {
        max: None,
        padded: false,
        caseless: false,
    }
}

/// A pattern as a condition on a text.
fn pattern_node(text: Node, pattern: Result<Pattern, String>) -> Result<Node, NotUnderstood> {
    let pattern = pattern.map_err(refuse)?;
    Ok(Node::Match(Box::new(text), Arc::new(pattern)))
}
