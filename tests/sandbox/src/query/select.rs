//! SELECT: from the tree to a plan.

use std::cell::RefCell;
use std::rc::Rc;

use sqlparser::ast as sql;

use super::bind::{Binder, ScopeColumn, unknown};
use super::from::name_parts;
use super::group::{Grouping, has_aggregate};
use super::node::Bound;
use super::plan::{Body, Plan, Select, SetOperator, Top};
use super::types::common;
use super::window;
use crate::failure::{Failure, Outcome};
use crate::value::{Column, SqlType, Value, same_name};

impl Binder<'_> {
    /// A query inside an expression: it sees the columns here as those around it.
    pub(super) fn subquery(&self, query: &sql::Query) -> Outcome<Plan> {
        let outer = self.ungrouped();
        Binder { scope: &[], outer: Some(&outer), grouping: None, windows: None, ..outer.clone() }.query(query)
    }

    /// A query in FROM: it sees what the query around sees from outside.
    pub(super) fn derived(&self, query: &sql::Query) -> Outcome<Plan> {
        let plan = self.query(query)?;
        if let Some(index) = plan.columns.iter().position(|column| column.name.is_empty()) {
            let text = format!("No column name was specified for column {} of a derived table.", index + 1);
            return Err(Failure::of(8155, 16, 2, text).ending_batch());
        }
        Ok(plan)
    }

    /// Binds a query.
    pub fn query(&self, query: &sql::Query) -> Outcome<Plan> {
        if query.for_clause.is_some() {
            return Err(unknown("FOR XML and FOR JSON"));
        }
        let mut ctes = (*self.ctes).clone();
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            ctes.push((cte.alias.name.value.clone(), cte.clone()));
        }
        let binder = Binder { ctes: Rc::new(ctes), ..self.clone() };
        let order: &[sql::OrderByExpr] = match query.order_by.as_ref().map(|order| &order.kind) {
            Some(sql::OrderByKind::Expressions(list)) => list,
            Some(other) => return Err(unknown(&format!("ORDER BY {other:?}"))),
            None => &[],
        };
        let mut plan = binder.set(&query.body, order)?;
        if let Some(sql::LimitClause::LimitOffset { offset: Some(offset), .. }) = &query.limit_clause {
            plan.offset = Some(binder.constant_scope().bind(&offset.value)?.typed(SqlType::BigInt));
        }
        if let Some(fetch) = &query.fetch {
            let quantity = fetch.quantity.as_ref().ok_or_else(|| unknown("FETCH without a number"))?;
            let count = binder.constant_scope().bind(quantity)?.typed(SqlType::BigInt);
            plan.top = Some(Top { count, percent: fetch.percent, with_ties: fetch.with_ties });
        }
        Ok(plan)
    }

    fn constant_scope(&self) -> Binder<'_> {
        Binder { scope: &[], grouping: None, windows: None, ..self.clone() }
    }

    fn set(&self, body: &sql::SetExpr, order: &[sql::OrderByExpr]) -> Outcome<Plan> {
        match body {
            sql::SetExpr::Select(select) => self.select(select, order),
            sql::SetExpr::Query(query) if order.is_empty() => self.query(query),
            sql::SetExpr::Values(values) => self.values(values),
            sql::SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let operator = match (op, set_quantifier) {
                    (sql::SetOperator::Union, sql::SetQuantifier::All) => SetOperator::UnionAll,
                    (sql::SetOperator::Union, _) => SetOperator::Union,
                    (sql::SetOperator::Except, _) => SetOperator::Except,
                    (sql::SetOperator::Intersect, _) => SetOperator::Intersect,
                    (other, _) => return Err(unknown(&format!("{other}"))),
                };
                let (mut left, mut right) = (self.set(left, &[])?, self.set(right, &[])?);
                if left.columns.len() != right.columns.len() {
                    let text = "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal \
                                number of expressions in their target lists.";
                    return Err(Failure::new(205, text).ending_batch());
                }
                let types: Vec<SqlType> =
                    left.columns.iter().zip(&right.columns).map(|(a, b)| common(a.ty, b.ty)).collect();
                let mut columns = left.columns.clone();
                for ((column, ty), other) in columns.iter_mut().zip(&types).zip(&right.columns) {
                    column.ty = *ty;
                    column.nullable |= other.nullable;
                }
                left.cast_to(&types);
                right.cast_to(&types);
                let keys = order
                    .iter()
                    .map(|key| {
                        let place = place_in(&columns, &key.expr);
                        let place = place.ok_or_else(|| unknown(&format!("ORDER BY {} of a UNION", key.expr)))?;
                        Ok((place, key.options.sort == Some(sql::OrderBySort::Desc)))
                    })
                    .collect::<Outcome<_>>()?;
                let body = Body::Union { left: Box::new(left), right: Box::new(right), operator };
                Ok(Plan { columns, body, order: keys, top: None, offset: None, casts: Vec::new() })
            }
            other => Err(unknown(&format!("the query '{other}'"))),
        }
    }

    fn values(&self, values: &sql::Values) -> Outcome<Plan> {
        let mut rows = Vec::new();
        for row in &values.rows {
            rows.push(row.content.iter().map(|value| self.bind(value)).collect::<Outcome<Vec<_>>>()?);
        }
        let width = rows.first().map_or(0, Vec::len);
        if rows.iter().any(|row| row.len() != width) {
            let text = "The number of columns for each row in a table value constructor must be the same.";
            return Err(Failure::of(10709, 15, 1, text).ending_batch());
        }
        let mut columns = Vec::new();
        for index in 0..width {
            let all: Vec<&Bound> = rows.iter().map(|row| &row[index]).collect();
            let ty = super::bind::meeting(&all);
            // Derived tables name them in their alias.
            columns.push(Column::new(format!("column{}", index + 1), ty));
        }
        let typed =
            |row: Vec<Bound>| row.into_iter().zip(&columns).map(|(value, column)| value.typed(column.ty)).collect();
        let rows = rows.into_iter().map(typed).collect();
        Ok(Plan { columns, body: Body::Values(rows), order: Vec::new(), top: None, offset: None, casts: Vec::new() })
    }

    fn select(&self, select: &sql::Select, order: &[sql::OrderByExpr]) -> Outcome<Plan> {
        let (source, scope) = self.from(&select.from)?;
        let before = Binder { scope: &scope, grouping: None, windows: None, ..self.clone() };
        let filter = select.selection.as_ref().map(|filter| before.bind_condition(filter)).transpose()?;
        let keys: &[sql::Expr] = match &select.group_by {
            sql::GroupByExpr::Expressions(keys, modifiers) if modifiers.is_empty() => keys,
            other => return Err(unknown(&format!("{other}"))),
        };
        let written = self.items(&select.projection, &scope)?;
        let aggregated = !keys.is_empty()
            || select.having.is_some()
            || written.iter().any(|item| has_aggregate(&item.expression))
            || order.iter().any(|key| has_aggregate(&key.expr));
        let grouping = RefCell::new(Grouping {
            keys: keys.iter().map(|key| before.bind(key)).collect::<Outcome<_>>()?,
            aggregates: Vec::new(),
            whole: keys.is_empty(),
        });
        let windows = RefCell::new(Vec::new());
        let after = Binder { grouping: aggregated.then_some(&grouping), windows: Some(&windows), ..before.clone() };
        let having = select.having.as_ref().map(|having| after.bind_condition(having)).transpose()?;
        let mut items = Vec::new();
        let mut columns = Vec::new();
        for item in &written {
            let bound = after.bind(&item.expression)?;
            columns.push(Column { name: item.name.clone(), ty: bound.ty, nullable: bound.nullable });
            items.push(bound);
        }
        let assigns: Vec<Option<String>> = written.iter().map(|item| item.variable.clone()).collect();
        if assigns.iter().any(Option::is_some) && assigns.iter().any(Option::is_none) {
            let text = "A SELECT statement that assigns a value to a variable must not be combined with \
                        data-retrieval operations.";
            return Err(Failure::of(141, 15, 1, text).ending_batch());
        }
        let mut sort = Vec::new();
        for key in order {
            let place = match place_in(&columns, &key.expr) {
                Some(place) => place,
                None => {
                    let bound = after.bind(&key.expr)?;
                    // The same expression as an item is that item, also under DISTINCT.
                    let same = items.iter().position(|item| *item == bound);
                    same.unwrap_or_else(|| {
                        items.push(bound);
                        items.len() - 1
                    })
                }
            };
            sort.push((place, key.options.sort == Some(sql::OrderBySort::Desc)));
        }
        let distinct = matches!(select.distinct, Some(sql::Distinct::Distinct));
        if distinct && items.len() > columns.len() {
            let text = "ORDER BY items must appear in the select list if SELECT DISTINCT is specified.";
            return Err(Failure::of(145, 15, 1, text).ending_batch());
        }
        let grouping = aggregated.then(|| grouping.into_inner());
        let width = grouping.as_ref().map_or(scope.len(), |grouping| grouping.keys.len() + grouping.aggregates.len());
        items.iter_mut().for_each(|item| window::place(item, width));
        let top = select.top.as_ref().map(|top| self.top(top)).transpose()?;
        let select =
            Select { source, filter, grouping, having, windows: windows.into_inner(), items, assigns, distinct };
        let body = Body::Select(Box::new(select));
        Ok(Plan { columns, body, order: sort, top, offset: None, casts: Vec::new() })
    }

    fn top(&self, top: &sql::Top) -> Outcome<Top> {
        let count = match &top.quantity {
            Some(sql::TopQuantity::Constant(n)) => {
                Bound::constant(Value::Int(i64::try_from(*n).unwrap_or(i64::MAX)), SqlType::BigInt)
            }
            Some(sql::TopQuantity::Expr(expression)) => self.constant_scope().bind(expression)?.typed(SqlType::BigInt),
            None => return Err(unknown("TOP without a number")),
        };
        Ok(Top { count, percent: top.percent, with_ties: top.with_ties })
    }

    /// The select list with its wildcards written out.
    fn items(&self, projection: &[sql::SelectItem], scope: &[ScopeColumn]) -> Outcome<Vec<Item>> {
        let mut items = Vec::new();
        for item in projection {
            match item {
                sql::SelectItem::UnnamedExpr(expression) => {
                    let name = match expression {
                        sql::Expr::Identifier(name) if !name.value.starts_with('@') || name.quote_style.is_some() => {
                            name.value.clone()
                        }
                        sql::Expr::CompoundIdentifier(parts) => {
                            parts.last().map(|part| part.value.clone()).unwrap_or_default()
                        }
                        _ => String::new(),
                    };
                    let name = self.spelled(&name, scope);
                    items.push(Item { name, variable: None, expression: expression.clone() });
                }
                sql::SelectItem::ExprWithAlias { expr, alias } => {
                    let is_variable = alias.value.starts_with('@') && alias.quote_style.is_none();
                    let (name, variable) = match is_variable {
                        true => (String::new(), Some(alias.value.clone())),
                        false => (alias.value.clone(), None),
                    };
                    items.push(Item { name, variable, expression: expr.clone() });
                }
                sql::SelectItem::Wildcard(_) => items.extend(scope.iter().map(Item::of)),
                sql::SelectItem::QualifiedWildcard(kind, _) => {
                    let sql::SelectItemQualifiedWildcardKind::ObjectName(name) = kind else {
                        return Err(unknown(&format!("'{item}'")));
                    };
                    let table = name_parts(name).last().copied().unwrap_or_default().to_owned();
                    let mut own = scope.iter().filter(|column| same_name(&column.table, &table)).peekable();
                    if own.peek().is_none() {
                        let text = format!(
                            "The column prefix '{table}' does not match with a table name or alias name used in the query."
                        );
                        return Err(Failure::new(107, text).ending_batch());
                    }
                    items.extend(own.map(Item::of));
                }
                other => return Err(unknown(&format!("'{other}'"))),
            }
        }
        Ok(items)
    }

    /// A column is shown as the table spells it, not as the query does.
    fn spelled(&self, name: &str, scope: &[ScopeColumn]) -> String {
        let column = scope.iter().find(|column| same_name(&column.column.name, name));
        column.map_or_else(|| name.to_owned(), |column| column.column.name.clone())
    }
}

struct Item {
    name: String,
    variable: Option<String>,
    expression: sql::Expr,
}

impl Item {
    fn of(column: &ScopeColumn) -> Item {
        let quoted = |name: &str| sql::Ident::with_quote('[', name);
        let parts = vec![quoted(&column.table), quoted(&column.column.name)];
        let expression = if column.table.is_empty() {
            sql::Expr::Identifier(quoted(&column.column.name))
        } else {
            sql::Expr::CompoundIdentifier(parts)
        };
        Item { name: column.column.name.clone(), variable: None, expression }
    }
}

/// A sort key that is the place or the name of a shown column.
fn place_in(columns: &[Column], key: &sql::Expr) -> Option<usize> {
    match key {
        sql::Expr::Value(value) => match &value.value {
            sql::Value::Number(number, _) => {
                number.parse::<usize>().ok()?.checked_sub(1).filter(|place| *place < columns.len())
            }
            _ => None,
        },
        sql::Expr::Identifier(name) => columns.iter().position(|column| same_name(&column.name, &name.value)),
        _ => None,
    }
}
