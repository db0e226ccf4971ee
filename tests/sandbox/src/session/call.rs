//! Remote calls: parameterised statements, prepared ones, and procedures by name.

use super::{Prepared, Session};
use crate::failure::{Failure, Outcome};
use crate::query::Variable;
use crate::tds::answer::Answer;
use crate::tds::rpc::{Call, Parameter};
use crate::tds::token::Message;
use crate::tsql::{self, Argument};
use crate::value::{SqlType, Value, convert, same_name};

/// An output parameter: its place, name, type and value.
type Output = (u16, String, SqlType, Value);

/// The statement in a call's parameters, if it has one.
pub fn statement_of(call: &Call) -> &str {
    let index = match call.name.to_lowercase().as_str() {
        "sp_executesql" => 0,
        "sp_prepexec" | "sp_prepare" => 2,
        _ => return "",
    };
    match call.parameters.get(index).map(|parameter| &parameter.value) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}

impl Session {
    /// Runs a call; true when it failed.
    pub(super) fn call(&mut self, call: &Call, answer: &mut Answer) -> bool {
        self.begin("EXECUTE", statement_of(call));
        answer.set_in_procedure(true);
        let result = match call.name.to_lowercase().as_str() {
            "sp_executesql" => self.execute_sql(&call.parameters, answer),
            "sp_prepexec" => self.prepare(&call.parameters, true, answer),
            "sp_prepare" => self.prepare(&call.parameters, false, answer),
            "sp_execute" => self.execute_prepared(&call.parameters, answer),
            "sp_unprepare" => self.unprepare(&call.parameters),
            name => self.procedure(name, &call.parameters, answer),
        };
        answer.set_in_procedure(false);
        match result {
            Ok((status, outputs, failed)) => {
                answer.procedure_done(status, &outputs, failed);
                failed
            }
            Err(failure) => {
                for error in &failure.errors {
                    answer.message(&Message {
                        number: error.number,
                        severity: error.severity,
                        state: error.state,
                        text: error.text.clone(),
                        procedure: failure.procedure.clone(),
                        line: 1,
                    });
                }
                answer.procedure_done(-6, &[], true);
                true
            }
        }
    }

    /// `@stmt, @params, values...`
    fn execute_sql(&mut self, parameters: &[Parameter], answer: &mut Answer) -> Outcome<(i32, Vec<Output>, bool)> {
        let text = text_at(parameters, 0).ok_or_else(|| missing("sp_executesql", "@statement"))?;
        let declared = tsql::declarations(text_at(parameters, 1).unwrap_or_default())?;
        self.run_with(text, &declared, parameters.get(2..).unwrap_or_default(), 2, answer)
    }

    /// `@handle OUTPUT, @params, @stmt, values...`
    fn prepare(
        &mut self,
        parameters: &[Parameter],
        run: bool,
        answer: &mut Answer,
    ) -> Outcome<(i32, Vec<Output>, bool)> {
        let text = text_at(parameters, 2).ok_or_else(|| missing("sp_prepare", "@stmt"))?.to_owned();
        let declared = tsql::declarations(text_at(parameters, 1).unwrap_or_default())?;
        tsql::check(&text)?;
        let handle = self.prepared.last_key_value().map_or(1, |(last, _)| last + 1);
        self.prepared.insert(handle, Prepared { text: text.clone(), parameters: declared.clone() });
        let name = parameters.first().map(|parameter| parameter.name.clone()).unwrap_or_default();
        let output = (0, name, SqlType::Int, Value::Int(i64::from(handle)));
        if !run {
            return Ok((0, vec![output], false));
        }
        let values = parameters.get(3..).unwrap_or_default();
        let (status, mut outputs, failed) = self.run_with(&text, &declared, values, 3, answer)?;
        outputs.insert(0, output);
        Ok((status, outputs, failed))
    }

    /// `@handle, values...`
    fn execute_prepared(&mut self, parameters: &[Parameter], answer: &mut Answer) -> Outcome<(i32, Vec<Output>, bool)> {
        let handle = handle_at(parameters);
        let prepared = self.prepared.get(&handle).cloned().ok_or_else(|| no_handle(handle))?;
        self.run_with(&prepared.text, &prepared.parameters, parameters.get(1..).unwrap_or_default(), 1, answer)
    }

    fn unprepare(&mut self, parameters: &[Parameter]) -> Outcome<(i32, Vec<Output>, bool)> {
        let handle = handle_at(parameters);
        self.prepared.remove(&handle).ok_or_else(|| no_handle(handle))?;
        Ok((0, Vec::new(), false))
    }

    /// Runs a text with parameters as its variables; gives back those that the client wants back.
    fn run_with(
        &mut self,
        text: &str,
        declared: &[(String, SqlType)],
        values: &[Parameter],
        first: u16,
        answer: &mut Answer,
    ) -> Outcome<(i32, Vec<Output>, bool)> {
        self.record(text);
        self.begin("EXECUTE", text);
        let mut variables = Vec::new();
        let mut wanted = Vec::new();
        for (index, (name, ty)) in declared.iter().enumerate() {
            let named = values.iter().position(|value| same_name(&value.name, name));
            let place = named.or_else(|| (index < values.len() && values[index].name.is_empty()).then_some(index));
            let Some(parameter) = place.map(|place| &values[place]) else {
                let text = format!(
                    "The parameterized query '({})' expects the parameter '{name}', which was not supplied.",
                    text.chars().take(60).collect::<String>()
                );
                return Err(Failure::of(8178, 16, 1, text));
            };
            let value = convert(&parameter.value, *ty, None)?;
            variables.push((name.clone(), Variable { ty: *ty, value }));
            if parameter.output {
                wanted.push((place.unwrap_or(index) as u16 + first, name.clone(), *ty));
            }
        }
        let (status, after, failed) = tsql::run_text(self, answer, text, variables);
        let outputs = wanted.into_iter().map(|(ordinal, name, ty)| {
            let value = after.iter().find(|(other, _)| same_name(other, &name));
            (ordinal, name, ty, value.map_or(Value::Null, |(_, variable)| variable.value.clone()))
        });
        Ok((status, outputs.collect(), failed))
    }

    /// A procedure by its name.
    fn procedure(
        &mut self,
        name: &str,
        parameters: &[Parameter],
        answer: &mut Answer,
    ) -> Outcome<(i32, Vec<Output>, bool)> {
        let arguments = parameters.iter().map(|parameter| Argument {
            name: Some(parameter.name.clone()).filter(|name| !name.is_empty()),
            value: parameter.value.clone(),
            ty: parameter.ty,
        });
        let name = name.rsplit('.').next().unwrap_or(name);
        let status = tsql::run_procedure(self, answer, name, arguments.collect())?;
        Ok((status, Vec::new(), false))
    }
}

fn text_at(parameters: &[Parameter], index: usize) -> Option<&str> {
    match parameters.get(index).map(|parameter| &parameter.value) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

fn handle_at(parameters: &[Parameter]) -> i32 {
    match parameters.first().map(|parameter| &parameter.value) {
        Some(Value::Int(handle)) => i32::try_from(*handle).unwrap_or(-1),
        _ => -1,
    }
}

fn missing(procedure: &str, parameter: &str) -> Failure {
    let text = format!("Procedure or function '{procedure}' expects parameter '{parameter}', which was not supplied.");
    Failure::of(201, 16, 4, text)
}

fn no_handle(handle: i32) -> Failure {
    Failure::of(8179, 16, 2, format!("Could not find prepared statement with handle {handle}."))
}
