//! Bound expressions, and their values.

use std::rc::Rc;

use super::functions::Function;
use super::plan::Plan;
use super::types::convert_as;
use super::{Context, arithmetic, like};
use crate::failure::Outcome;
use crate::value::{SqlType, Value, compare, equal};

/// The row at hand, and those of the queries around it.
#[derive(Debug, Clone, Copy)]
pub struct Env<'a> {
    /// Session, variables, time.
    pub context: &'a Context<'a>,
    /// The row.
    pub row: &'a [Value],
    /// The row of the query around.
    pub outer: Option<&'a Env<'a>>,
}

/// A bound expression with its type.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// Type of its value.
    pub ty: SqlType,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// What is computed.
    pub node: Node,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// What is computed. Conditions are 1, 0 or NULL for unknown.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A constant.
    Constant(Value),
    /// A variable, by folded name.
    Variable(String),
    /// Column `1` of the row `0` queries out.
    Column(usize, usize),
    /// To the expression's type; the flag is TRY_.
    Convert(Box<Bound>, Option<Box<Bound>>, bool),
    /// Of two numbers, or text joined.
    Arithmetic(arithmetic::Operator, Box<Bound>, Box<Bound>),
    /// `-x`
    Negate(Box<Bound>),
    /// `~x`
    BitNot(Box<Bound>),
    /// Both sides are of one type.
    Compare(Comparison, Box<Bound>, Box<Bound>),
    /// `AND`
    And(Box<Bound>, Box<Bound>),
    /// `OR`
    Or(Box<Bound>, Box<Bound>),
    /// `NOT`
    Not(Box<Bound>),
    /// `IS NULL`
    IsNull(Box<Bound>),
    /// Text, pattern, escape character.
    Like(Box<Bound>, Box<Bound>, Option<Box<Bound>>),
    /// `IN (a, b)`
    InList(Box<Bound>, Vec<Bound>),
    /// `IN (SELECT ...)`
    InQuery(Box<Bound>, Rc<Plan>),
    /// `EXISTS (SELECT ...)`
    Exists(Rc<Plan>),
    /// `(SELECT ...)`
    Query(Rc<Plan>),
    /// `CASE WHEN c THEN v ... ELSE e END`
    Case(Vec<(Bound, Bound)>, Option<Box<Bound>>),
    /// The first that is not NULL.
    Coalesce(Vec<Bound>),
    /// A function.
    Call(&'static Function, Vec<Bound>),
}

impl Bound {
    /// A constant of a type.
    pub fn constant(value: Value, ty: SqlType) -> Bound {
        Bound { ty, nullable: value.is_null(), node: Node::Constant(value) }
    }

    /// Whether this is the word `NULL`.
    pub fn is_null_word(&self) -> bool {
        self.node == Node::Constant(Value::Null)
    }

    /// The same as another type.
    pub fn typed(self, ty: SqlType) -> Bound {
        if self.ty == ty {
            return self;
        }
        if self.is_null_word() {
            return Bound { ty, ..self };
        }
        Bound { ty, nullable: self.nullable, node: Node::Convert(Box::new(self), None, false) }
    }

    /// Whether the condition is true.
    pub fn holds(&self, env: &Env<'_>) -> Outcome<bool> {
        Ok(self.eval(env)? == Value::Int(1))
    }

    /// The value.
    pub fn eval(&self, env: &Env<'_>) -> Outcome<Value> {
        Ok(match &self.node {
            Node::Constant(value) => value.clone(),
            Node::Variable(name) => env.context.variable(name)?.value,
            Node::Column(depth, index) => {
                let mut at = env;
                for _ in 0..*depth {
                    at = at.outer.unwrap_or(at);
                }
                at.row.get(*index).cloned().unwrap_or(Value::Null)
            }
            Node::Convert(inner, style, quiet) => {
                let value = inner.eval(env)?;
                let style = match style {
                    Some(style) => match style.eval(env)? {
                        Value::Int(style) => i32::try_from(style).ok(),
                        _ => None,
                    },
                    None => None,
                };
                match convert_as(&value, inner.ty, self.ty, style) {
                    Err(_) if *quiet => Value::Null,
                    other => other?,
                }
            }
            Node::Arithmetic(operator, left, right) => {
                arithmetic::apply(*operator, &left.eval(env)?, &right.eval(env)?, self.ty)?
            }
            Node::Negate(inner) => arithmetic::negate(inner.eval(env)?),
            Node::BitNot(inner) => match inner.eval(env)? {
                Value::Int(n) if inner.ty == SqlType::Bit => Value::bit(n == 0),
                Value::Int(n) => Value::Int(!n),
                _ => Value::Null,
            },
            Node::Compare(comparison, left, right) => {
                let (left, right) = (left.eval(env)?, right.eval(env)?);
                truth(compare(&left, &right).map(|order| match comparison {
                    Comparison::Equal => order.is_eq(),
                    Comparison::NotEqual => order.is_ne(),
                    Comparison::Less => order.is_lt(),
                    Comparison::LessOrEqual => order.is_le(),
                    Comparison::Greater => order.is_gt(),
                    Comparison::GreaterOrEqual => order.is_ge(),
                }))
            }
            Node::And(left, right) => match left.eval(env)? {
                Value::Int(0) => Value::Int(0),
                left => match (left, right.eval(env)?) {
                    (_, Value::Int(0)) => Value::Int(0),
                    (Value::Null, _) | (_, Value::Null) => Value::Null,
                    _ => Value::Int(1),
                },
            },
            Node::Or(left, right) => match left.eval(env)? {
                Value::Int(1) => Value::Int(1),
                left => match (left, right.eval(env)?) {
                    (_, Value::Int(1)) => Value::Int(1),
                    (Value::Null, _) | (_, Value::Null) => Value::Null,
                    _ => Value::Int(0),
                },
            },
            Node::Not(inner) => match inner.eval(env)? {
                Value::Int(n) => Value::bit(n == 0),
                _ => Value::Null,
            },
            Node::IsNull(inner) => Value::bit(inner.eval(env)?.is_null()),
            Node::Like(text, pattern, escape) => {
                let escape = match escape {
                    Some(escape) => match escape.eval(env)? {
                        Value::Text(escape) => escape.chars().next(),
                        _ => None,
                    },
                    None => None,
                };
                match (text.eval(env)?, pattern.eval(env)?) {
                    (Value::Text(text), Value::Text(pattern)) => Value::bit(like::matches(&text, &pattern, escape)),
                    _ => Value::Null,
                }
            }
            Node::InList(value, list) => {
                let value = value.eval(env)?;
                let list = list.iter().map(|item| item.eval(env)).collect::<Outcome<Vec<_>>>()?;
                is_among(&value, list.iter())
            }
            Node::InQuery(value, plan) => {
                let value = value.eval(env)?;
                let rows = plan.run(env.context, Some(env))?;
                is_among(&value, rows.iter().filter_map(|row| row.first()))
            }
            Node::Exists(plan) => Value::bit(!plan.run(env.context, Some(env))?.is_empty()),
            Node::Query(plan) => {
                let mut rows = plan.run(env.context, Some(env))?;
                if rows.len() > 1 {
                    let text = "Subquery returned more than 1 value. This is not permitted when the subquery follows \
                                =, !=, <, <= , >, >= or when the subquery is used as an expression.";
                    return Err(crate::failure::Failure::new(512, text));
                }
                rows.pop().and_then(|row| row.into_iter().next()).unwrap_or(Value::Null)
            }
            Node::Case(arms, otherwise) => {
                for (condition, value) in arms {
                    if condition.holds(env)? {
                        return value.eval(env);
                    }
                }
                match otherwise {
                    Some(otherwise) => otherwise.eval(env)?,
                    None => Value::Null,
                }
            }
            Node::Coalesce(list) => {
                for item in list {
                    let value = item.eval(env)?;
                    if !value.is_null() {
                        return Ok(value);
                    }
                }
                Value::Null
            }
            Node::Call(function, arguments) => {
                let values = arguments.iter().map(|argument| argument.eval(env)).collect::<Outcome<Vec<_>>>()?;
                if function.null_in_null_out && values.iter().any(Value::is_null) {
                    return Ok(Value::Null);
                }
                (function.run)(env.context, &values)?
            }
        })
    }
}

fn truth(condition: Option<bool>) -> Value {
    condition.map_or(Value::Null, Value::bit)
}

fn is_among<'a>(value: &Value, list: impl Iterator<Item = &'a Value>) -> Value {
    let mut unknown = value.is_null();
    for item in list {
        if equal(value, item) {
            return Value::Int(1);
        }
        unknown |= item.is_null();
    }
    if unknown { Value::Null } else { Value::Int(0) }
}
