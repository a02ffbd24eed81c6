//! Which tables a denied statement would write to, for people: the lexer judges and knows none.
//!
//! Never asked about what is allowed, and no verdict depends on it: what sqlparser does not understand
//! has no tables.

use std::fmt;

use sqlparser::ast::{
    CopySource, Delete, Expr, FromTable, Ident, ObjectName, ObjectNamePart, Query, Select, SetExpr,
    Statement, TableFactor, TableObject, TableWithJoins,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Tokenizer;

/// SQL that is parsed; what writes into many rows is longer, and its beginning alone is no statement.
const SQL_BYTES_MAX: usize = 16 << 10;
/// Tokens that are parsed: a chain of operators makes a tree as deep as it is long, which is dropped
/// by recursion.
const TOKENS_MAX: usize = 2048;
/// How deep brackets and subqueries are followed: each takes some kilobytes of the caller's stack.
const DEPTH_MAX: usize = 24;
/// Tables that are named.
const TABLES_MAX: usize = 8;
/// Bytes of a name: two identifiers as long as PostgreSQL takes them, in quotes, and a dot.
const NAME_BYTES_MAX: usize = 131;

/// Tables as the statement writes them, each once; never a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tables(Vec<String>);

impl Tables {
    /// Those that the statements of a message would write to, create, change or drop.
    pub fn of(sql: &[u8]) -> Self {
        let mut tables = Self::default();
        if let Some(statements) = parse(sql) {
            statements
                .iter()
                .for_each(|statement| tables.written_by(statement));
        }
        tables
    }

    /// The names.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn written_by(&mut self, statement: &Statement) {
        match statement {
            Statement::Insert(insert) => {
                self.in_source(insert.source.as_deref());
                if let TableObject::TableName(name) = &insert.table {
                    self.add(name);
                }
            }
            Statement::Update(update) => self.in_from(&update.table),
            Statement::Delete(delete) => self.in_delete(delete),
            Statement::Merge(merge) => self.in_factor(&merge.table),
            Statement::Truncate(truncate) => {
                truncate
                    .table_names
                    .iter()
                    .for_each(|table| self.add(&table.name));
            }
            Statement::Copy {
                source: CopySource::Table { table_name, .. },
                to: false,
                ..
            } => self.add(table_name),
            Statement::Query(query) => self.in_query(query),
            Statement::Explain { statement, .. } | Statement::Prepare { statement, .. } => {
                self.written_by(statement);
            }
            Statement::CreateTable(create) => self.add(&create.name),
            Statement::CreateView(create) => self.add(&create.name),
            Statement::CreateIndex(create) => self.add(&create.table_name),
            Statement::AlterTable(alter) => self.add(&alter.name),
            Statement::Drop { names, .. } => names.iter().for_each(|name| self.add(name)),
            _ => {}
        }
    }

    fn in_source(&mut self, query: Option<&Query>) {
        if let Some(query) = query {
            self.in_query(query);
        }
    }

    fn in_query(&mut self, query: &Query) {
        let with = query.with.iter().flat_map(|with| &with.cte_tables);
        with.for_each(|cte| self.in_query(&cte.query));
        match query.body.as_ref() {
            SetExpr::Insert(statement)
            | SetExpr::Update(statement)
            | SetExpr::Delete(statement)
            | SetExpr::Merge(statement) => self.written_by(statement),
            SetExpr::Query(query) => self.in_query(query),
            SetExpr::Select(select) => self.in_select(select),
            _ => {}
        }
    }

    /// `SELECT … INTO`
    fn in_select(&mut self, select: &Select) {
        let targets = select.into.iter().flat_map(|into| &into.targets);
        for target in targets {
            match target {
                Expr::Identifier(name) => self.add_parts([name]),
                Expr::CompoundIdentifier(parts) => self.add_parts(parts),
                _ => {}
            }
        }
    }

    fn in_delete(&mut self, delete: &Delete) {
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        from.iter().for_each(|table| self.in_from(table));
    }

    fn in_from(&mut self, table: &TableWithJoins) {
        self.in_factor(&table.relation);
    }

    fn in_factor(&mut self, table: &TableFactor) {
        if let TableFactor::Table { name, .. } = table {
            self.add(name);
        }
    }

    fn add(&mut self, name: &ObjectName) {
        let mut parts = Vec::with_capacity(name.0.len());
        for part in &name.0 {
            match part {
                ObjectNamePart::Identifier(part) => parts.push(part),
                ObjectNamePart::Function(_) => return,
            }
        }
        self.add_parts(parts);
    }

    fn add_parts<'a>(&mut self, parts: impl IntoIterator<Item = &'a Ident>) {
        let mut name = String::new();
        for part in parts {
            // Between other quotes than these stands a value.
            if !matches!(part.quote_style, None | Some('"')) {
                return;
            }
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(&part.to_string());
        }
        let fits = name.len() <= NAME_BYTES_MAX && self.0.len() < TABLES_MAX;
        if fits && !name.chars().any(char::is_control) && !self.0.contains(&name) {
            self.0.push(name);
        }
    }
}

impl fmt::Display for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

fn parse(sql: &[u8]) -> Option<Vec<Statement>> {
    if sql.len() > SQL_BYTES_MAX {
        return None;
    }
    let dialect = PostgreSqlDialect {};
    let sql = std::str::from_utf8(sql).ok()?;
    let tokens = Tokenizer::new(&dialect, sql)
        .tokenize_with_location()
        .ok()?;
    if tokens.len() > TOKENS_MAX {
        return None;
    }
    let parser = Parser::new(&dialect).with_recursion_limit(DEPTH_MAX);
    parser
        .with_tokens_with_locations(tokens)
        .parse_statements()
        .ok()
}
