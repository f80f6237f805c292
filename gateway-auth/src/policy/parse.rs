//! Policy documents, from JSON.

use gateway_core::{Problem, pointer_token};
use serde_json::{Map, Value};

use super::{
    arn::ArnPattern,
    condition::Condition,
    document::{PolicyDocument, PolicyType},
    keys::ConditionKey,
    operator::Operator,
    pattern::{Pattern, Syntax},
    principal::{Principal, Principals},
    statement::{Listed, Statement},
};

const FIELDS: &[&str] =
    &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

pub(super) fn document(document: &Value, kind: PolicyType) -> Result<PolicyDocument, Problem> {
    let document = object(document)?;
    if let Some(field) = document.keys().find(|field| !["Version", "Id", "Statement"].contains(&field.as_str())) {
        return Err(unknown(field, "a policy document"));
    }
    let variables = match document.get("Version").map(Value::as_str) {
        Some(Some("2012-10-17")) => true,
        None | Some(Some("2008-10-17")) => false,
        Some(_) => return Err(Problem::new("/Version", "it is `2012-10-17` or `2008-10-17`")),
    };
    let reader = Reader { kind, variables };
    let (mut denials, mut allowances) = (Vec::new(), Vec::new());
    let mut read = |place: usize, pointer: String, statement: &Value| {
        let (denies, statement) = reader.statement(place, statement).map_err(|problem| problem.below(&pointer))?;
        if denies { &mut denials } else { &mut allowances }.push(statement);
        Ok::<(), Problem>(())
    };
    match document.get("Statement") {
        Some(Value::Array(statements)) => {
            for (place, statement) in statements.iter().enumerate() {
                read(place, format!("/Statement/{place}"), statement)?;
            }
        }
        Some(statement) => read(0, "/Statement".to_owned(), statement)?,
        None => return Err(Problem::new("", "a policy document has a `Statement`")),
    }
    Ok(PolicyDocument { denials: denials.into(), allowances: allowances.into() })
}

struct Reader {
    kind: PolicyType,
    /// Only the newer version has policy variables.
    variables: bool,
}

impl Reader {
    /// A statement, and whether it denies.
    fn statement(&self, place: usize, statement: &Value) -> Result<(bool, Statement), Problem> {
        let statement = object(statement)?;
        if let Some(field) = statement.keys().find(|field| !FIELDS.contains(&field.as_str())) {
            return Err(unknown(field, "a statement"));
        }
        let label = match statement.get("Sid") {
            None => None,
            Some(Value::String(sid)) => Some(sid.as_str()).filter(|sid| !sid.is_empty()),
            Some(_) => return Err(Problem::new("/Sid", "it is a text")),
        };
        let denies = match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow") => false,
            Some("Deny") => true,
            _ => return Err(Problem::new("/Effect", "it is `Allow` or `Deny`, with these very letters")),
        };
        let wildcards = |ignores_case| Syntax { wildcards: true, variables: self.variables, ignores_case };
        let statement = Statement {
            label: label.map_or_else(|| format!("Statement[{place}]").into(), Into::into),
            actions: listed(statement, "Action", |text| {
                if text != "*" && !text.contains(':') {
                    return Err(format!("`{text}` is no action, such as `execute-api:Invoke`"));
                }
                // Actions have no variables.
                Pattern::parse(text, Syntax { variables: false, ..wildcards(true) })
            })?,
            resources: listed(statement, "Resource", |text| match self.kind {
                PolicyType::Identity => ArnPattern::parse(text, wildcards(false)),
                PolicyType::Resource => ArnPattern::parse_of_api(text, wildcards(false)),
            })?,
            principals: self.principals(statement)?,
            conditions: match statement.get("Condition") {
                None => Box::default(),
                Some(conditions) => self.conditions(conditions).map_err(|problem| problem.below("/Condition"))?.into(),
            },
        };
        Ok((denies, statement))
    }

    fn principals(&self, statement: &Map<String, Value>) -> Result<Option<Principals>, Problem> {
        let (field, negated, written) = match (statement.get("Principal"), statement.get("NotPrincipal")) {
            (Some(_), Some(_)) => return Err(Problem::new("/NotPrincipal", "leave out this or `Principal`")),
            (Some(written), None) => ("/Principal", false, written),
            (None, Some(written)) => ("/NotPrincipal", true, written),
            (None, None) if self.kind == PolicyType::Resource => {
                return Err(Problem::new("", "a statement of a resource policy has a `Principal`; add one"));
            }
            (None, None) => return Ok(None),
        };
        if self.kind == PolicyType::Identity {
            return Err(Problem::new(field, "only resource policies name principals; leave it out"));
        }
        let list = principals(written).map_err(|problem| problem.below(field))?;
        Ok(Some(Principals { negated, list: list.into() }))
    }

    fn conditions(&self, conditions: &Value) -> Result<Vec<Condition>, Problem> {
        let mut compiled = Vec::new();
        for (name, keys) in object(conditions)? {
            let pointer = format!("/{}", pointer_token(name));
            let message = || format!("`{name}` is no condition operator");
            let operator = Operator::parse(name).ok_or_else(|| Problem::new(&pointer, message()))?;
            for (key, values) in object(keys).map_err(|problem| problem.below(&pointer))? {
                let pointer = format!("{pointer}/{}", pointer_token(key));
                let texts = texts(values, &|value| match value {
                    Value::String(text) => Some(text.clone()),
                    Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
                    _ => None,
                });
                let texts = texts.map_err(|problem| problem.below(&pointer))?;
                let test = operator.kind.compile(&texts, self.variables).map_err(|(place, message)| {
                    let place = if values.is_array() { format!("/{place}") } else { String::new() };
                    Problem::new(format!("{pointer}{place}"), message)
                })?;
                compiled.push(Condition {
                    key: ConditionKey::new(key),
                    test,
                    negated: operator.negated,
                    if_exists: operator.if_exists,
                    set: operator.set,
                });
            }
        }
        Ok(compiled)
    }
}

/// An element such as `Action`, or its `Not...` form; one of them must be there.
fn listed<T>(
    statement: &Map<String, Value>,
    field: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Listed<T>, Problem> {
    let not = format!("Not{field}");
    let (name, negated, written) = match (statement.get(field), statement.get(&not)) {
        (Some(_), Some(_)) => return Err(Problem::new(format!("/{not}"), format!("leave out this or `{field}`"))),
        (Some(written), None) => (field, false, written),
        (None, Some(written)) => (not.as_str(), true, written),
        (None, None) => return Err(Problem::new("", format!("a statement has `{field}` or `{not}`; add one"))),
    };
    let pointer = format!("/{name}");
    let texts =
        texts(written, &|value| value.as_str().map(str::to_owned)).map_err(|problem| problem.below(&pointer))?;
    let list: Result<Box<[T]>, Problem> = texts
        .iter()
        .enumerate()
        .map(|(place, text)| {
            let place = if written.is_array() { format!("{pointer}/{place}") } else { pointer.clone() };
            read(text).map_err(|message| Problem::new(place, message))
        })
        .collect();
    Ok(Listed { negated, list: list? })
}

fn principals(written: &Value) -> Result<Vec<Principal>, Problem> {
    match written {
        Value::String(text) if text == "*" => Ok(vec![Principal::Everybody]),
        Value::Object(types) => {
            let mut list = Vec::new();
            for (name, values) in types {
                let pointer = format!("/{}", pointer_token(name));
                let texts = texts(values, &|value| value.as_str().map(str::to_owned));
                for text in texts.map_err(|problem| problem.below(&pointer))? {
                    list.push(match name.as_str() {
                        "AWS" => Principal::parse_aws(&text).map_err(|message| Problem::new(&pointer, message))?,
                        "Service" | "Federated" | "CanonicalUser" => Principal::Other,
                        _ => return Err(Problem::new(&pointer, format!("`{name}` is no type of principals"))),
                    });
                }
            }
            Ok(list)
        }
        _ => Err(Problem::new("", r#"it is `"*"` or an object such as `{ "AWS": "123456789012" }`"#)),
    }
}

/// One text, or a list of them.
fn texts(written: &Value, read: &dyn Fn(&Value) -> Option<String>) -> Result<Vec<String>, Problem> {
    let wrong = |pointer: String| Problem::new(pointer, "it is a text, or a list of texts");
    match written {
        Value::Array(values) => {
            let each = values.iter().enumerate();
            each.map(|(place, value)| read(value).ok_or_else(|| wrong(format!("/{place}")))).collect()
        }
        value => Ok(vec![read(value).ok_or_else(|| wrong(String::new()))?]),
    }
}

fn object(value: &Value) -> Result<&Map<String, Value>, Problem> {
    value.as_object().ok_or_else(|| Problem::new("", "it is an object"))
}

fn unknown(field: &str, of: &str) -> Problem {
    Problem::new(format!("/{}", pointer_token(field)), format!("`{field}` is no element of {of}; remove or correct it"))
}
