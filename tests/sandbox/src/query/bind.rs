//! Expressions: from `sqlparser`'s tree to a bound one with types and places.

use std::cell::RefCell;
use std::rc::Rc;

use sqlparser::ast as sql;

use super::arithmetic::{self, Operator};
use super::group::Grouping;
use super::node::{Bound, Comparison, Node};
use super::types::common;
use super::window::WindowCall;
use super::{Context, functions, literal};
use crate::failure::{Failure, Outcome};
use crate::tsql::data_type;
use crate::value::{Column, SqlType, fold, same_name};

/// A column that expressions can name.
#[derive(Debug, Clone)]
pub struct ScopeColumn {
    /// Alias or name of its table.
    pub table: String,
    /// The column.
    pub column: Column,
}

/// Binds expressions in the columns of a query and of those around it.
#[derive(Clone)]
pub struct Binder<'a> {
    /// Session and variables.
    pub context: &'a Context<'a>,
    /// Columns of the row at hand.
    pub scope: &'a [ScopeColumn],
    /// The query around.
    pub outer: Option<&'a Binder<'a>>,
    /// Where rows are grouped: keys and aggregates.
    pub grouping: Option<&'a RefCell<Grouping>>,
    /// Where window functions may stand.
    pub windows: Option<&'a RefCell<Vec<WindowCall>>>,
    /// Common table expressions.
    pub ctes: Rc<Vec<(String, sql::Cte)>>,
}

pub(super) fn unknown(what: &str) -> Failure {
    Failure::new(40000, format!("The sandbox does not know {what}.")).ending_batch()
}

impl<'a> Binder<'a> {
    /// For expressions outside of any query.
    pub fn new(context: &'a Context<'a>) -> Binder<'a> {
        Binder { context, scope: &[], outer: None, grouping: None, windows: None, ctes: Rc::default() }
    }

    /// The same place without grouping: for keys, and for what aggregates take.
    pub fn ungrouped(&self) -> Binder<'a> {
        Binder { grouping: None, windows: None, ..self.clone() }
    }

    /// Binds what must be a condition.
    pub fn bind_condition(&self, expression: &sql::Expr) -> Outcome<Bound> {
        let bound = self.bind(expression)?;
        match bound.node {
            Node::Compare(..)
            | Node::And(..)
            | Node::Or(..)
            | Node::Not(..)
            | Node::IsNull(..)
            | Node::Like(..)
            | Node::InList(..)
            | Node::InQuery(..)
            | Node::Exists(..) => Ok(bound),
            _ => {
                let text = format!(
                    "An expression of non-boolean type specified in a context where a condition is expected, near \
                     '{expression}'."
                );
                Err(Failure::of(4145, 15, 1, text).ending_batch())
            }
        }
    }

    /// Binds an expression.
    pub fn bind(&self, expression: &sql::Expr) -> Outcome<Bound> {
        if let Some(grouping) = self.grouping
            && let Some(bound) = grouping.borrow_mut().place_of(expression, &self.ungrouped())?
        {
            return Ok(bound);
        }
        let yes_or_no = |node: Node| Bound { ty: SqlType::Bit, nullable: true, node };
        Ok(match expression {
            sql::Expr::Identifier(name) => self.identifier(name)?,
            sql::Expr::CompoundIdentifier(parts) => {
                let parts: Vec<&str> = parts.iter().map(|part| part.value.as_str()).collect();
                self.column(&parts)?
            }
            sql::Expr::Nested(inner) => self.bind(inner)?,
            sql::Expr::Collate { expr, .. } => self.bind(expr)?,
            sql::Expr::Value(value) => literal::bind(&value.value)?,
            sql::Expr::IsNull(inner) => yes_or_no(Node::IsNull(Box::new(self.bind(inner)?))),
            sql::Expr::IsNotNull(inner) => {
                let is_null = yes_or_no(Node::IsNull(Box::new(self.bind(inner)?)));
                yes_or_no(Node::Not(Box::new(is_null)))
            }
            sql::Expr::Between { expr, negated, low, high } => {
                let value = self.bind(expr)?;
                let from = self.comparison(Comparison::GreaterOrEqual, value.clone(), self.bind(low)?)?;
                let to = self.comparison(Comparison::LessOrEqual, value, self.bind(high)?)?;
                negate_if(*negated, yes_or_no(Node::And(Box::new(from), Box::new(to))))
            }
            sql::Expr::BinaryOp { left, op, right } => self.binary(left, op, right)?,
            sql::Expr::UnaryOp { op, expr } => {
                let inner = self.bind(expr)?;
                match op {
                    sql::UnaryOperator::Not => yes_or_no(Node::Not(Box::new(inner))),
                    sql::UnaryOperator::Plus => inner,
                    sql::UnaryOperator::Minus => {
                        let ty = inner.ty;
                        Bound { ty, nullable: inner.nullable, node: Node::Negate(Box::new(inner)) }
                    }
                    sql::UnaryOperator::BitwiseNot => {
                        let ty = inner.ty;
                        Bound { ty, nullable: inner.nullable, node: Node::BitNot(Box::new(inner)) }
                    }
                    other => return Err(unknown(&format!("the operator {other}"))),
                }
            }
            sql::Expr::Like { negated, expr, pattern, escape_char, .. } => {
                let text = SqlType::NVarChar(None);
                let escape = match escape_char {
                    Some(escape) => Some(Box::new(self.bind(escape)?.typed(text))),
                    None => None,
                };
                let (value, pattern) = (self.bind(expr)?.typed(text), self.bind(pattern)?.typed(text));
                negate_if(*negated, yes_or_no(Node::Like(Box::new(value), Box::new(pattern), escape)))
            }
            sql::Expr::In { expr, target, negated, .. } => {
                let value = self.bind(expr)?;
                negate_if(*negated, yes_or_no(self.among(value, target)?))
            }
            sql::Expr::Exists { subquery, negated } => {
                let plan = self.subquery(subquery)?;
                negate_if(*negated, yes_or_no(Node::Exists(Rc::new(plan))))
            }
            sql::Expr::Subquery(query) => {
                let plan = self.subquery(query)?;
                let [column] = plan.columns.as_slice() else {
                    let text = "Only one expression can be specified in the select list when the subquery is not \
                                introduced with EXISTS.";
                    return Err(Failure::new(116, text).ending_batch());
                };
                Bound { ty: column.ty, nullable: true, node: Node::Query(Rc::new(plan)) }
            }
            sql::Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref())?
            }
            sql::Expr::Cast { kind, expr, data_type: ty, .. } => {
                let quiet = matches!(kind, sql::CastKind::TryCast | sql::CastKind::SafeCast);
                self.convert(expr, ty, None, quiet)?
            }
            sql::Expr::Convert { is_try, expr, data_type: Some(ty), styles, .. } => {
                self.convert(expr, ty, styles.first(), *is_try)?
            }
            sql::Expr::Substring { expr, substring_from: Some(from), substring_for: Some(length), .. } => {
                self.call("SUBSTRING", vec![self.bind(expr)?, self.bind(from)?, self.bind(length)?])?
            }
            sql::Expr::Trim { expr, trim_where: None, trim_what: None, trim_characters: None } => {
                self.call("TRIM", vec![self.bind(expr)?])?
            }
            sql::Expr::Ceil { expr, .. } => self.call("CEILING", vec![self.bind(expr)?])?,
            sql::Expr::Floor { expr, .. } => self.call("FLOOR", vec![self.bind(expr)?])?,
            sql::Expr::AtTimeZone { timestamp, time_zone } => {
                self.call("AT TIME ZONE", vec![self.bind(timestamp)?, self.bind(time_zone)?])?
            }
            sql::Expr::Function(function) => self.function(function)?,
            other => return Err(unknown(&format!("the expression '{other}'"))),
        })
    }

    fn identifier(&self, name: &sql::Ident) -> Outcome<Bound> {
        if name.quote_style.is_none() {
            if let Some(global) = name.value.strip_prefix("@@") {
                return self.call(&format!("@@{}", global.to_uppercase()), Vec::new());
            }
            if name.value.starts_with('@') {
                let variable = self.context.variable(&name.value)?;
                return Ok(Bound { ty: variable.ty, nullable: true, node: Node::Variable(fold(&name.value)) });
            }
        }
        self.column(&[&name.value])
    }

    /// A column by its name, the innermost query first.
    fn column(&self, parts: &[&str]) -> Outcome<Bound> {
        let (name, table) = match parts {
            [.., table, name] => (*name, Some(*table)),
            [name] => (*name, None),
            [] => return Err(unknown("a name without parts")),
        };
        let mut at = Some(self);
        let mut depth = 0;
        while let Some(binder) = at {
            let fits = |column: &ScopeColumn| {
                same_name(&column.column.name, name) && table.is_none_or(|table| same_name(&column.table, table))
            };
            let mut found = binder.scope.iter().enumerate().filter(|(_, column)| fits(column));
            if let Some((index, column)) = found.next() {
                if found.next().is_some() {
                    return Err(Failure::new(209, format!("Ambiguous column name '{name}'.")).ending_batch());
                }
                if depth == 0 && self.grouping.is_some() {
                    let text = format!(
                        "Column '{}' is invalid in the select list because it is not contained in either an aggregate \
                         function or the GROUP BY clause.",
                        parts.join(".")
                    );
                    return Err(Failure::new(8120, text).ending_batch());
                }
                let (ty, nullable) = (column.column.ty, column.column.nullable);
                return Ok(Bound { ty, nullable, node: Node::Column(depth, index) });
            }
            depth += 1;
            at = binder.outer;
        }
        let failure = match table {
            Some(_) => {
                Failure::new(4104, format!("The multi-part identifier \"{}\" could not be bound.", parts.join(".")))
            }
            None => Failure::new(207, format!("Invalid column name '{name}'.")),
        };
        Err(failure.ending_batch())
    }

    fn binary(&self, left: &sql::Expr, op: &sql::BinaryOperator, right: &sql::Expr) -> Outcome<Bound> {
        use sql::BinaryOperator as Op;
        let (left, right) = (self.bind(left)?, self.bind(right)?);
        let yes_or_no = |node: Node| Bound { ty: SqlType::Bit, nullable: true, node };
        let operator = match op {
            Op::And => return Ok(yes_or_no(Node::And(Box::new(left), Box::new(right)))),
            Op::Or => return Ok(yes_or_no(Node::Or(Box::new(left), Box::new(right)))),
            Op::Eq => return self.comparison(Comparison::Equal, left, right),
            Op::NotEq => return self.comparison(Comparison::NotEqual, left, right),
            Op::Lt => return self.comparison(Comparison::Less, left, right),
            Op::LtEq => return self.comparison(Comparison::LessOrEqual, left, right),
            Op::Gt => return self.comparison(Comparison::Greater, left, right),
            Op::GtEq => return self.comparison(Comparison::GreaterOrEqual, left, right),
            Op::Plus => Operator::Add,
            Op::Minus => Operator::Subtract,
            Op::Multiply => Operator::Multiply,
            Op::Divide => Operator::Divide,
            Op::Modulo => Operator::Modulo,
            Op::BitwiseAnd => Operator::And,
            Op::BitwiseOr => Operator::Or,
            Op::BitwiseXor => Operator::Xor,
            other => return Err(unknown(&format!("the operator {other}"))),
        };
        arithmetic::bind(operator, left, right)
    }

    pub(super) fn comparison(&self, comparison: Comparison, left: Bound, right: Bound) -> Outcome<Bound> {
        let meet = meeting(&[&left, &right]);
        let incompatible = (meet.is_temporal() && (left.ty.is_binary() || right.ty.is_binary()))
            || (meet == SqlType::UniqueIdentifier && (left.ty.is_number() || right.ty.is_number()));
        if incompatible {
            let text = format!("Operand type clash: {} is incompatible with {}", left.ty.name(), right.ty.name());
            return Err(Failure::of(206, 16, 2, text).ending_batch());
        }
        let node = Node::Compare(comparison, Box::new(left.typed(meet)), Box::new(right.typed(meet)));
        Ok(Bound { ty: SqlType::Bit, nullable: true, node })
    }

    fn among(&self, value: Bound, target: &sql::InTarget) -> Outcome<Node> {
        match target {
            sql::InTarget::List(list) => {
                let list = list.iter().map(|item| self.bind(item)).collect::<Outcome<Vec<_>>>()?;
                let all: Vec<&Bound> = std::iter::once(&value).chain(&list).collect();
                let meet = meeting(&all);
                Ok(Node::InList(Box::new(value.typed(meet)), list.into_iter().map(|item| item.typed(meet)).collect()))
            }
            sql::InTarget::Subquery(query) => {
                let mut plan = self.subquery(query)?;
                let column = plan.columns.first().ok_or_else(|| unknown("a query without columns"))?;
                let meet = common(value.ty, column.ty);
                plan.cast_to(&[meet]);
                Ok(Node::InQuery(Box::new(value.typed(meet)), Rc::new(plan)))
            }
            other => Err(unknown(&format!("IN {other}"))),
        }
    }

    fn case(
        &self,
        operand: Option<&sql::Expr>,
        conditions: &[sql::CaseWhen],
        otherwise: Option<&sql::Expr>,
    ) -> Outcome<Bound> {
        let operand = operand.map(|operand| self.bind(operand)).transpose()?;
        let mut arms = Vec::new();
        for arm in conditions {
            let condition = match &operand {
                Some(operand) => self.comparison(Comparison::Equal, operand.clone(), self.bind(&arm.condition)?)?,
                None => self.bind_condition(&arm.condition)?,
            };
            arms.push((condition, self.bind(&arm.result)?));
        }
        let otherwise = otherwise.map(|otherwise| self.bind(otherwise)).transpose()?;
        Ok(case(arms, otherwise))
    }

    fn convert(
        &self,
        expression: &sql::Expr,
        ty: &sql::DataType,
        style: Option<&sql::Expr>,
        quiet: bool,
    ) -> Outcome<Bound> {
        let written = ty.to_string();
        let mut ty = data_type(&written)?;
        // CAST(x AS varchar) without a length has 30, not 1.
        if !written.contains('(') {
            ty = match ty {
                SqlType::VarChar(Some(1)) => SqlType::VarChar(Some(30)),
                SqlType::NVarChar(Some(1)) => SqlType::NVarChar(Some(30)),
                SqlType::Char(1) => SqlType::Char(30),
                SqlType::NChar(1) => SqlType::NChar(30),
                SqlType::VarBinary(Some(1)) => SqlType::VarBinary(Some(30)),
                SqlType::Binary(1) => SqlType::Binary(30),
                ty => ty,
            };
        }
        let inner = self.bind(expression)?;
        let style = style.map(|style| self.bind(style)).transpose()?.map(Box::new);
        let nullable = inner.nullable || quiet;
        Ok(Bound { ty, nullable, node: Node::Convert(Box::new(inner), style, quiet) })
    }

    /// A call of a known function with bound arguments.
    pub(super) fn call(&self, name: &str, arguments: Vec<Bound>) -> Outcome<Bound> {
        let function = functions::find(name).ok_or_else(|| {
            Failure::of(195, 15, 10, format!("'{name}' is not a recognized built-in function name.")).ending_batch()
        })?;
        if arguments.len() < function.least || arguments.len() > function.most {
            let text = format!("The {} function requires {} argument(s).", name.to_lowercase(), function.least);
            return Err(Failure::of(174, 15, 1, text).ending_batch());
        }
        let types: Vec<SqlType> = arguments.iter().map(|argument| argument.ty).collect();
        let ty = (function.ty)(&types);
        let arguments = arguments
            .into_iter()
            .enumerate()
            .map(|(index, argument)| match function.takes.get(index).or(function.takes.last()) {
                Some(SqlType::Variant) | None => argument,
                Some(&wanted) => argument.typed(wanted),
            })
            .collect();
        Ok(Bound { ty, nullable: true, node: Node::Call(function, arguments) })
    }
}

/// The type in which several expressions meet; the bare word NULL has no say.
pub(super) fn meeting(all: &[&Bound]) -> SqlType {
    let with_type = all.iter().filter(|bound| !bound.is_null_word()).map(|bound| bound.ty);
    with_type.reduce(common).unwrap_or(SqlType::Int)
}

pub(super) fn case(arms: Vec<(Bound, Bound)>, otherwise: Option<Bound>) -> Bound {
    let results: Vec<&Bound> = arms.iter().map(|(_, result)| result).chain(&otherwise).collect();
    let ty = meeting(&results);
    let nullable = otherwise.is_none() || results.iter().any(|result| result.nullable);
    let arms = arms.into_iter().map(|(condition, result)| (condition, result.typed(ty))).collect();
    Bound { ty, nullable, node: Node::Case(arms, otherwise.map(|otherwise| Box::new(otherwise.typed(ty)))) }
}

fn negate_if(negated: bool, bound: Bound) -> Bound {
    if negated { Bound { ty: SqlType::Bit, nullable: true, node: Node::Not(Box::new(bound)) } } else { bound }
}
