//! `FROM`: tables, catalog views, table functions, derived tables and joins.

use std::collections::HashMap;
use std::rc::Rc;

use sqlparser::ast as sql;

use super::Context;
use super::bind::{Binder, ScopeColumn, unknown};
use super::node::{Bound, Comparison, Env, Node};
use super::plan::{Key, Plan, key, keys};
use crate::catalog;
use crate::failure::{Failure, Outcome};
use crate::session::rights;
use crate::tables;
use crate::value::{Column, SqlType, Value, fold, same_name};

/// A table of the engine, and the types of its columns.
#[derive(Debug, Clone)]
pub(super) struct TableName {
    database: String,
    schema: String,
    table: String,
    types: Vec<SqlType>,
}

/// Where rows come from.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// No FROM: one row without columns.
    Nothing,
    /// A table of the engine.
    Table(TableName),
    /// `#t` and `@t`, by folded name.
    Temporary(String),
    /// A catalog view, in a database.
    View(&'static catalog::View, String),
    /// A catalog function with its arguments.
    Function(&'static catalog::TableFunction, Vec<Bound>),
    /// A query.
    Query(Rc<Plan>),
    /// Two of them.
    Join(Box<Join>),
}

#[derive(Debug, Clone)]
pub(super) struct Join {
    left: Source,
    right: Source,
    kind: JoinKind,
    /// The right side sees the row of the left one (APPLY).
    lateral: bool,
    on: Option<Bound>,
    /// Pairs of columns that `on` wants equal: left, right.
    equal: Vec<(Bound, Bound)>,
    left_width: usize,
    right_width: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
}

/// The parts of a name, innermost last: server, database, schema, object.
pub(super) fn name_parts(name: &sql::ObjectName) -> Vec<&str> {
    name.0.iter().filter_map(|part| part.as_ident()).map(|part| part.value.as_str()).collect()
}

impl Binder<'_> {
    /// Binds a whole FROM; several tables between commas are a cross join.
    pub(super) fn from(&self, tables: &[sql::TableWithJoins]) -> Outcome<(Source, Vec<ScopeColumn>)> {
        let mut whole: Option<(Source, Vec<ScopeColumn>)> = None;
        for table in tables {
            let next = self.table_with_joins(table)?;
            whole = Some(match whole {
                None => next,
                Some(before) => self.join(before, next, JoinKind::Inner, false, None)?,
            });
        }
        Ok(whole.unwrap_or((Source::Nothing, Vec::new())))
    }

    fn table_with_joins(&self, table: &sql::TableWithJoins) -> Outcome<(Source, Vec<ScopeColumn>)> {
        let mut whole = self.factor(&table.relation)?;
        for join in &table.joins {
            use sql::JoinOperator as J;
            let (kind, constraint, lateral) = match &join.join_operator {
                J::Join(on) | J::Inner(on) => (JoinKind::Inner, Some(on), false),
                J::Left(on) | J::LeftOuter(on) => (JoinKind::Left, Some(on), false),
                J::Right(on) | J::RightOuter(on) => (JoinKind::Right, Some(on), false),
                J::FullOuter(on) => (JoinKind::Full, Some(on), false),
                J::CrossJoin(_) => (JoinKind::Inner, None, false),
                J::CrossApply => (JoinKind::Inner, None, true),
                J::OuterApply => (JoinKind::Left, None, true),
                other => return Err(unknown(&format!("the join {other:?}"))),
            };
            let right = if lateral {
                let seen = Binder { scope: &whole.1, outer: self.outer, grouping: None, windows: None, ..self.clone() };
                Binder { scope: &[], outer: Some(&seen), ..seen.clone() }.factor(&join.relation)?
            } else {
                self.factor(&join.relation)?
            };
            let on = match constraint {
                Some(sql::JoinConstraint::On(on)) => Some(on),
                None | Some(sql::JoinConstraint::None) if lateral || kind == JoinKind::Inner => None,
                other => return Err(unknown(&format!("the join condition {other:?}"))),
            };
            whole = self.join(whole, right, kind, lateral, on)?;
        }
        Ok(whole)
    }

    fn join(
        &self,
        left: (Source, Vec<ScopeColumn>),
        right: (Source, Vec<ScopeColumn>),
        kind: JoinKind,
        lateral: bool,
        on: Option<&sql::Expr>,
    ) -> Outcome<(Source, Vec<ScopeColumn>)> {
        let (left_width, right_width) = (left.1.len(), right.1.len());
        let nullable = |columns: Vec<ScopeColumn>, outer: bool| {
            columns.into_iter().map(move |mut column| {
                column.column.nullable |= outer;
                column
            })
        };
        let columns: Vec<ScopeColumn> = nullable(left.1, matches!(kind, JoinKind::Right | JoinKind::Full))
            .chain(nullable(right.1, matches!(kind, JoinKind::Left | JoinKind::Full)))
            .collect();
        let on = match on {
            Some(on) => {
                let binder = Binder { scope: &columns, outer: self.outer, ..self.ungrouped() };
                Some(binder.bind_condition(on)?)
            }
            None => None,
        };
        let mut equal = Vec::new();
        if let Some(on) = &on {
            equal_pairs(on, left_width, &mut equal);
        }
        let join = Join { left: left.0, right: right.0, kind, lateral, on, equal, left_width, right_width };
        Ok((Source::Join(Box::new(join)), columns))
    }

    fn factor(&self, factor: &sql::TableFactor) -> Outcome<(Source, Vec<ScopeColumn>)> {
        match factor {
            sql::TableFactor::Table { name, alias, args, .. } => {
                let parts = name_parts(name);
                let (source, columns) = match args {
                    Some(args) if !is_hint(&args.args) => self.table_function(&parts, &args.args)?,
                    _ => self.named(&parts)?,
                };
                let table = alias.as_ref().map_or(parts.last().copied().unwrap_or_default(), |alias| &alias.name.value);
                Ok((source, scope(table, columns, alias.as_ref())))
            }
            sql::TableFactor::Derived { subquery, alias, .. } => {
                let plan = Binder { scope: &[], ..self.ungrouped() }.derived(subquery)?;
                let table = alias.as_ref().map_or("", |alias| alias.name.value.as_str());
                let columns = plan.columns.clone();
                Ok((Source::Query(Rc::new(plan)), scope(table, columns, alias.as_ref())))
            }
            sql::TableFactor::NestedJoin { table_with_joins, alias: None } => self.table_with_joins(table_with_joins),
            other => Err(unknown(&format!("the table '{other}'"))),
        }
    }

    fn named(&self, parts: &[&str]) -> Outcome<(Source, Vec<Column>)> {
        if let [name] = parts {
            let cte = self.ctes.iter().rposition(|(cte, _)| same_name(cte, name));
            if let Some(index) = cte {
                // A CTE sees only those before it, and nothing of the query that uses it.
                let ctes = Rc::new(self.ctes[..index].to_vec());
                let cte = &self.ctes[index].1;
                let binder = Binder { ctes, ..Binder::new(self.context) };
                let plan = binder.derived(&cte.query)?;
                let mut columns = plan.columns.clone();
                for (column, alias) in columns.iter_mut().zip(&cte.alias.columns) {
                    column.name.clone_from(&alias.name.value);
                }
                return Ok((Source::Query(Rc::new(plan)), columns));
            }
            if name.starts_with(['#', '@']) {
                let tables = self.context.tables.borrow();
                let table = tables.get(&fold(name)).ok_or_else(|| match name.starts_with('@') {
                    true => {
                        Failure::of(1087, 16, 2, format!("Must declare the table variable \"{name}\".")).ending_batch()
                    }
                    false => Failure::new(208, format!("Invalid object name '{name}'.")).ending_batch(),
                })?;
                return Ok((Source::Temporary(fold(name)), table.columns()));
            }
        }
        let session = self.context.session;
        let (database, schema, name) = match parts {
            [name] => (session.database(), "", *name),
            [schema, name] => (session.database(), *schema, *name),
            [database, schema, name] | [_, database, schema, name] => {
                (if database.is_empty() { session.database() } else { database }, *schema, *name)
            }
            _ => return Err(unknown("a table without a name")),
        };
        if let Some(view) = catalog::view(database, schema, name) {
            if !session.server().engine.databases().iter().any(|facts| same_name(&facts.name, database)) {
                return Err(crate::failure::no_object(parts));
            }
            return Ok((Source::View(view, database.to_owned()), view.columns()));
        }
        let schema = if schema.is_empty() { "dbo" } else { schema };
        let facts = tables::describe(session, database, schema, name).map_err(|failure| {
            if failure.errors.first().is_some_and(|error| matches!(error.number, 208 | 911)) {
                crate::failure::no_object(parts)
            } else {
                failure
            }
        })?;
        rights::table(session, database, &facts.schema, &facts.name, "SELECT")?;
        let columns: Vec<Column> = facts.columns.iter().map(tables::column).collect();
        let types = columns.iter().map(|column| column.ty).collect();
        let table = TableName { database: database.to_owned(), schema: facts.schema, table: facts.name, types };
        Ok((Source::Table(table), columns))
    }

    fn table_function(&self, parts: &[&str], args: &[sql::FunctionArg]) -> Outcome<(Source, Vec<Column>)> {
        let name = parts.last().copied().unwrap_or_default();
        let function = catalog::function(name).ok_or_else(|| crate::failure::no_object(parts))?;
        let mut bound = Vec::new();
        for (index, argument) in args.iter().enumerate() {
            let sql::FunctionArg::Unnamed(sql::FunctionArgExpr::Expr(expression)) = argument else {
                return Err(unknown(&format!("the argument {argument}")));
            };
            let wanted = function.takes.get(index).copied().unwrap_or(SqlType::Variant);
            let argument = match expression {
                sql::Expr::Identifier(word) if word.value.eq_ignore_ascii_case("DEFAULT") => {
                    Bound::constant(Value::Null, SqlType::Int)
                }
                expression => self.bind(expression)?,
            };
            bound.push(if wanted == SqlType::Variant { argument } else { argument.typed(wanted) });
        }
        if bound.len() != function.takes.len() {
            let text =
                format!("An insufficient number of arguments were supplied for the procedure or function {name}.");
            return Err(Failure::of(313, 16, 3, text).ending_batch());
        }
        Ok((Source::Function(function, bound), function.columns()))
    }
}

/// `FROM t (NOLOCK)` looks like a call.
fn is_hint(args: &[sql::FunctionArg]) -> bool {
    let hint = |arg: &sql::FunctionArg| {
        matches!(arg.to_string().to_uppercase().as_str(), "NOLOCK" | "HOLDLOCK" | "UPDLOCK" | "READPAST" | "TABLOCK")
    };
    !args.is_empty() && args.iter().all(hint)
}

fn scope(table: &str, columns: Vec<Column>, alias: Option<&sql::TableAlias>) -> Vec<ScopeColumn> {
    let renamed = alias.map(|alias| alias.columns.as_slice()).unwrap_or_default();
    let columns = columns.into_iter().enumerate().map(|(index, mut column)| {
        if let Some(name) = renamed.get(index) {
            column.name.clone_from(&name.name.value);
        }
        ScopeColumn { table: table.to_owned(), column }
    });
    columns.collect()
}

/// Finds `left column = right column` under the ANDs of a condition.
fn equal_pairs(on: &Bound, left_width: usize, pairs: &mut Vec<(Bound, Bound)>) {
    match &on.node {
        Node::And(a, b) => {
            equal_pairs(a, left_width, pairs);
            equal_pairs(b, left_width, pairs);
        }
        Node::Compare(Comparison::Equal, a, b) => match (side(a, left_width), side(b, left_width)) {
            (Some(true), Some(false)) => pairs.push(((**a).clone(), (**b).clone())),
            (Some(false), Some(true)) => pairs.push(((**b).clone(), (**a).clone())),
            _ => {}
        },
        _ => {}
    }
}

/// Whether a bare column (perhaps converted) is of the left side.
fn side(bound: &Bound, left_width: usize) -> Option<bool> {
    match &bound.node {
        Node::Column(0, index) => Some(*index < left_width),
        Node::Convert(inner, None, false) => side(inner, left_width),
        _ => None,
    }
}

impl Source {
    /// All rows.
    pub(super) fn rows(&self, context: &Context<'_>, outer: Option<&Env<'_>>) -> Outcome<Vec<Vec<Value>>> {
        match self {
            Source::Nothing => Ok(vec![Vec::new()]),
            Source::Table(TableName { database, schema, table, types }) => {
                let rows = context.session.server().engine.scan(database, schema, table)?;
                let typed = |row: Vec<crate::engine::Value>| {
                    row.into_iter().zip(types).map(|(cell, ty)| tables::value_of(cell, *ty)).collect()
                };
                Ok(rows.into_iter().map(|(_, row)| typed(row)).collect())
            }
            Source::Temporary(name) => {
                let tables = context.tables.borrow();
                Ok(tables.get(name).map(|table| table.rows.clone()).unwrap_or_default())
            }
            Source::View(view, database) => view.rows(context, database),
            Source::Function(function, arguments) => {
                let env = Env { context, row: &[], outer };
                let values = arguments.iter().map(|argument| argument.eval(&env)).collect::<Outcome<Vec<_>>>()?;
                function.rows(context, &values)
            }
            Source::Query(plan) => plan.run(context, outer),
            Source::Join(join) => join.rows(context, outer),
        }
    }
}

impl Join {
    fn rows(&self, context: &Context<'_>, outer: Option<&Env<'_>>) -> Outcome<Vec<Vec<Value>>> {
        let left = self.left.rows(context, outer)?;
        let right = if self.lateral { Vec::new() } else { self.right.rows(context, outer)? };
        let index = self.index(&right, context, outer)?;
        let mut used = vec![false; right.len()];
        let mut result = Vec::new();
        for row in left {
            context.check_interrupt()?;
            let own;
            let (candidates, places): (&[Vec<Value>], Vec<usize>) = if self.lateral {
                let env = Env { context, row: &row, outer };
                own = self.right.rows(context, Some(&env))?;
                (&own, (0..own.len()).collect())
            } else if let Some(index) = &index {
                (&right, index.get(&self.left_key(&row, context, outer)?).cloned().unwrap_or_default())
            } else {
                (&right, (0..right.len()).collect())
            };
            let mut matched = false;
            for place in places {
                let whole: Vec<Value> = row.iter().chain(&candidates[place]).cloned().collect();
                let fits = match &self.on {
                    Some(on) => on.holds(&Env { context, row: &whole, outer })?,
                    None => true,
                };
                if fits {
                    matched = true;
                    if let Some(used) = used.get_mut(place) {
                        *used = true;
                    }
                    result.push(whole);
                }
            }
            if !matched && matches!(self.kind, JoinKind::Left | JoinKind::Full) {
                let mut whole = row;
                whole.resize(self.left_width + self.right_width, Value::Null);
                result.push(whole);
            }
        }
        if matches!(self.kind, JoinKind::Right | JoinKind::Full) {
            for (row, _) in right.into_iter().zip(used).filter(|(_, used)| !used) {
                let nulls = std::iter::repeat_n(Value::Null, self.left_width);
                result.push(nulls.chain(row).collect());
            }
        }
        Ok(result)
    }

    /// Rows of the right side by their keys, where the condition has any.
    fn index(
        &self,
        right: &[Vec<Value>],
        context: &Context<'_>,
        outer: Option<&Env<'_>>,
    ) -> Outcome<Option<HashMap<Vec<Key>, Vec<usize>>>> {
        if self.equal.is_empty() || self.lateral {
            return Ok(None);
        }
        let mut index: HashMap<Vec<Key>, Vec<usize>> = HashMap::new();
        for (place, row) in right.iter().enumerate() {
            let nulls = std::iter::repeat_n(Value::Null, self.left_width);
            let whole: Vec<Value> = nulls.chain(row.iter().cloned()).collect();
            let env = Env { context, row: &whole, outer };
            let values = self.equal.iter().map(|(_, right)| right.eval(&env)).collect::<Outcome<Vec<_>>>()?;
            index.entry(keys(&values)).or_default().push(place);
        }
        Ok(Some(index))
    }

    fn left_key(&self, row: &[Value], context: &Context<'_>, outer: Option<&Env<'_>>) -> Outcome<Vec<Key>> {
        let env = Env { context, row, outer };
        self.equal.iter().map(|(left, _)| Ok(key(&left.eval(&env)?))).collect()
    }
}
