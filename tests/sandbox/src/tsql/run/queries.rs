//! Queries and calls of procedures: their results go to the client, or into a table.

use std::collections::HashMap;

use sqlparser::ast as sql;

use super::{
    Argument, COMMAND_DELETE, COMMAND_INSERT, COMMAND_OTHER, COMMAND_SELECT, COMMAND_UPDATE, Runner, Stop, procedures,
};
use crate::failure::{Failure, Outcome};
use crate::query::{self, Rows, Variable};
use crate::tsql::ast::Call;
use crate::tsql::parse;
use crate::value::{Column, SqlType, Value, convert, fold, same_name};

impl Runner<'_> {
    pub(super) fn query(&mut self, statement: &sql::Statement) -> Outcome<()> {
        if let sql::Statement::Query(query) = statement {
            if let Some(visible) = &mut self.session.seat().visible().request {
                visible.command = "SELECT".to_owned();
            }
            let plan = query::plan(&self.context(), query)?;
            let rows = plan.run(&self.context(), None)?;
            if let Some(name) = query::into_target(query) {
                let modified = query::select_into(&self.context(), &name, Rows { columns: plan.columns, rows })?;
                self.modified(statement, modified);
                return Ok(());
            }
            let count = rows.len();
            if !plan.assigns() {
                self.send(&plan.columns, &rows)?;
            }
            self.session.row_count = count as i64;
            if !plan.assigns() {
                self.done(COMMAND_SELECT, Some(count as u64));
            }
            return Ok(());
        }
        if let sql::Statement::CreateTable(create) = statement {
            let name = create.name.0.last().and_then(|part| part.as_ident()).map(|name| name.value.clone());
            if let Some(name) = name.filter(|name| name.starts_with('#')) {
                query::create_temporary(&self.context(), &name, statement)?;
                self.done(COMMAND_OTHER, None);
                return Ok(());
            }
        }
        let modified = query::modify(&self.context(), statement)?;
        self.modified(statement, modified);
        Ok(())
    }

    pub(super) fn modified(&mut self, statement: &sql::Statement, modified: query::Modified) {
        let command = match statement {
            sql::Statement::Insert(_) => COMMAND_INSERT,
            sql::Statement::Update(_) => COMMAND_UPDATE,
            sql::Statement::Delete(_) => COMMAND_DELETE,
            _ => COMMAND_OTHER,
        };
        if command == COMMAND_INSERT {
            self.session.identity = modified.identity.or(self.session.identity);
        }
        self.session.row_count = modified.rows.unwrap_or(0) as i64;
        self.done(command, modified.rows);
    }

    /// Sends a result.
    pub(super) fn send(&mut self, columns: &[Column], rows: &[Vec<Value>]) -> Outcome<()> {
        self.answer.columns(columns);
        for row in rows {
            if self.session.interrupted() || self.answer.is_gone() {
                return Err(Failure::interrupted());
            }
            self.answer.row(row);
        }
        Ok(())
    }

    /// A result of a procedure or of RESTORE ... ONLY.
    pub(super) fn result(&mut self, columns: &[Column], rows: &[Vec<Value>]) -> Outcome<()> {
        self.send(columns, rows)?;
        self.session.row_count = rows.len() as i64;
        self.done(COMMAND_SELECT, Some(rows.len() as u64));
        Ok(())
    }

    pub(super) fn arguments(&self, call: &Call) -> Outcome<Vec<Argument>> {
        let argument = |argument: &crate::tsql::ast::Argument| {
            let (value, ty) = self.evaluate(&argument.value)?;
            Ok(Argument { name: argument.name.clone(), value, ty })
        };
        call.arguments.iter().map(argument).collect()
    }

    pub(super) fn execute(&mut self, call: &Call) -> Outcome<()> {
        let arguments = self.arguments(call)?;
        if call.name.eq_ignore_ascii_case("sp_executesql") {
            return self.execute_sql(call, &arguments);
        }
        let before = self.answer.in_procedure();
        self.answer.set_in_procedure(true);
        let status = procedures::call(self, &call.name, &arguments);
        self.answer.set_in_procedure(before);
        let status = status?;
        if let Some(name) = &call.status {
            self.context().assign(name, &Value::Int(i64::from(status)), SqlType::Int)?;
        }
        self.answer.procedure_done(status, &[], false);
        Ok(())
    }

    pub(super) fn execute_sql(&mut self, call: &Call, arguments: &[Argument]) -> Outcome<()> {
        let text = |index: usize| match arguments.get(index).map(|argument| &argument.value) {
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        };
        let declared = parse::declarations(&text(1))?;
        let mut variables = HashMap::new();
        for (index, (name, ty)) in declared.iter().enumerate() {
            let by_name = arguments
                .iter()
                .position(|argument| argument.name.as_ref().is_some_and(|other| same_name(other, name)));
            let argument = by_name.or(Some(index + 2)).and_then(|index| arguments.get(index));
            let value = argument.map_or(Value::Null, |argument| argument.value.clone());
            variables.insert(fold(name), Variable { ty: *ty, value: convert(&value, *ty, None)? });
        }
        let after = self.nested(&text(0), variables)?;
        for (index, argument) in call.arguments.iter().enumerate() {
            let Some(target) = &argument.output else { continue };
            let inner =
                argument.name.clone().or_else(|| declared.get(index.checked_sub(2)?).map(|(name, _)| name.clone()));
            if let Some(variable) = inner.and_then(|name| after.get(&fold(&name))) {
                self.context().assign(target, &variable.value, variable.ty)?;
            }
        }
        Ok(())
    }

    pub(super) fn execute_text(&mut self, text: &sql::Expr) -> Outcome<()> {
        match self.evaluate(text)?.0 {
            Value::Text(text) => self.nested(&text, HashMap::new()).map(|_| ()),
            _ => Ok(()),
        }
    }

    /// Runs a text inside this batch, with variables of its own.
    pub(super) fn nested(
        &mut self,
        text: &str,
        variables: HashMap<String, Variable>,
    ) -> Outcome<HashMap<String, Variable>> {
        const DEEPEST: u32 = 32;
        if self.depth >= DEEPEST {
            let text = "Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).";
            return Err(Failure::new(217, text).ending_batch());
        }
        let statements = parse::batch(text)?;
        let outer = self.variables.replace(variables);
        self.depth += 1;
        let result = self.list(&statements);
        self.depth -= 1;
        let inner = self.variables.replace(outer);
        match result {
            Ok(_) => Ok(inner),
            Err(Stop::Thrown(failure, _)) => Err(*failure),
            Err(Stop::Ended) => Err(Failure::interrupted()),
        }
    }

    pub(super) fn insert_execute(&mut self, insert: &sql::Statement, call: &Call) -> Outcome<()> {
        let arguments = self.arguments(call)?;
        let rows: Rows = procedures::rows(self, &call.name, &arguments)?;
        let modified = query::insert_rows(&self.context(), insert, rows)?;
        self.modified(insert, modified);
        Ok(())
    }
}
