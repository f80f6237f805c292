//! Calls of the control plane, as far as they need only import, export and the model.
//!
//! One case of `import` cannot pass: it wants the same id for `/` and for `/echo`, in one list.

use std::collections::BTreeMap;

use gateway_core::{
    EndpointType,
    config::ApiConfig,
    openapi::{self, ExportOptions, PutMode, Specification},
};
use serde_json::{Map, Value, json};

use crate::{
    described,
    imported::options,
    matchers::{Bindings, Extent},
};

/// Carries out the steps of a case, and compares their answers.
pub(crate) fn check(case: &Value) -> Result<(), String> {
    let mut plane = Plane { env: case["env"].clone(), ..Plane::default() };
    let mut bindings = Bindings::default();
    for (place, step) in case["steps"].as_array().into_iter().flatten().enumerate() {
        let call = text(&step["call"]);
        let at = format!("step {place} {call}");
        let answer = plane.call(call, &filled(&step["params"], &bindings));
        let expect = &step["expect"];
        match (answer, expect.get("error")) {
            (Ok(body), None) => {
                if let Some(expected) = expect.get("body") {
                    bindings.check(&at, expected, Some(&body), Extent::Whole)?;
                }
                for (name, path) in step["save"].as_object().into_iter().flatten() {
                    let found = text(path).split('.').try_fold(&body, |value, key| value.get(key));
                    bindings.set(name, found.cloned().unwrap_or_default());
                }
            }
            (Err(Refused { code, message }), Some(expected)) => {
                bindings.check(&at, expected, Some(&json!({ "code": code, "message": message })), Extent::Subset)?;
            }
            (Ok(body), Some(expected)) => return Err(format!("{at}: expected {expected}, got {body}")),
            (Err(refused), None) => return Err(format!("{at}: {}: {}", refused.code, refused.message)),
        }
    }
    Ok(())
}

/// Puts the values of `${names}` into every text.
fn filled(value: &Value, bindings: &Bindings) -> Value {
    match value {
        Value::String(text) => Value::String(filled_text(text, bindings)),
        Value::Array(items) => items.iter().map(|item| filled(item, bindings)).collect(),
        Value::Object(object) => match object.get("$json_text").filter(|_| object.len() == 1) {
            Some(document) => Value::String(filled(document, bindings).to_string()),
            None => Value::Object(object.iter().map(|(key, value)| (key.clone(), filled(value, bindings))).collect()),
        },
        other => other.clone(),
    }
}

fn filled_text(text: &str, bindings: &Bindings) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(letter) = rest.chars().next() {
        let variable = rest.strip_prefix("${").and_then(|after| after.split_once('}'));
        let value = variable.and_then(|(name, after)| Some((bindings.value(name)?, after)));
        if let Some(after) = rest.strip_prefix("$$") {
            out.push('$');
            rest = after;
        } else if let Some((value, after)) = value {
            out.push_str(&value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            rest = after;
        } else {
            out.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    out
}

/// An error of the control plane.
struct Refused {
    code: &'static str,
    message: String,
}

fn bad(message: impl std::fmt::Display) -> Refused {
    Refused { code: "BadRequestException", message: format!("{message}") }
}

fn missing(what: &str) -> Refused {
    Refused { code: "NotFoundException", message: format!("Invalid {what} identifier specified") }
}

/// The APIs of an account.
#[derive(Default)]
struct Plane {
    env: Value,
    drawn: usize,
    apis: BTreeMap<String, Kept>,
}

/// An API, and the ids that the control plane gave its parts.
#[derive(Default)]
struct Kept {
    config: ApiConfig,
    ids: BTreeMap<String, String>,
    warnings: Vec<String>,
}

impl Plane {
    fn id(&mut self) -> String {
        self.drawn += 1;
        format!("id{:08}", self.drawn)
    }

    fn call(&mut self, call: &str, params: &Value) -> Result<Value, Refused> {
        let id = text(&params["restApiId"]).to_owned();
        match call {
            "CreateRestApi" => self.create(params),
            "ImportRestApi" => self.import(params),
            "PutRestApi" => self.put(&id, params),
            "GetRestApi" => Ok(self.described(&id, true)?),
            "CreateDeployment" => Ok(json!({ "id": self.id(), "createdDate": 0 })),
            "GetResources" => self.resources(&id),
            "GetMethod" | "GetIntegration" | "GetMethodResponse" | "GetIntegrationResponse" => {
                self.part(call, &id, params)
            }
            "GetAuthorizers" => self.authorizers(&id),
            "GetModels" => self.models(&id),
            "GetRequestValidators" => self.validators(&id),
            "GetDocumentationParts" => self.documentation(&id),
            "DeleteDocumentationPart" => self.delete_documentation(&id, text(&params["documentationPartId"])),
            "ImportDocumentationParts" => self.import_documentation(&id, params),
            "GetExport" => self.export(&id, params),
            other => Err(bad(format!("{other} is not supported"))),
        }
    }

    fn kept(&self, id: &str) -> Result<&Kept, Refused> {
        self.apis.get(id).ok_or_else(|| missing("API"))
    }

    fn create(&mut self, params: &Value) -> Result<Value, Refused> {
        let id = self.id();
        let list = params["binaryMediaTypes"].as_array().into_iter().flatten();
        let config = ApiConfig {
            name: text(&params["name"]).to_owned(),
            description: params["description"].as_str().map(str::to_owned),
            version: params["version"].as_str().map(str::to_owned),
            binary_media_types: list.filter_map(Value::as_str).map(str::to_owned).collect(),
            ..ApiConfig::default()
        };
        self.keep(&id, config, Vec::new());
        self.described(&id, false)
    }

    fn import(&mut self, params: &Value) -> Result<Value, Refused> {
        let id = self.id();
        let options = options(&params["parameters"], &self.env, &id).fail_on_warnings(params["failOnWarnings"] == true);
        let imported = openapi::import(text(&params["body"]), &options).map_err(bad)?;
        self.keep(&id, imported.api, imported.warnings);
        self.described(&id, false)
    }

    fn put(&mut self, id: &str, params: &Value) -> Result<Value, Refused> {
        let options = options(&params["parameters"], &self.env, id).fail_on_warnings(params["failOnWarnings"] == true);
        let mode = if params["mode"] == "overwrite" { PutMode::Overwrite } else { PutMode::Merge };
        let body = text(&params["body"]);
        // A document that cannot be read is refused before the API is looked for.
        openapi::import(body, &options).map_err(bad)?;
        let imported = openapi::put(&self.kept(id)?.config, body, mode, &options).map_err(bad)?;
        self.keep(id, imported.api, imported.warnings);
        self.described(id, true)
    }

    /// Keeps an API; parts that were there keep their ids.
    fn keep(&mut self, id: &str, config: ApiConfig, warnings: Vec<String>) {
        let mut names: Vec<String> = described::resources(&config).into_keys().collect();
        names.extend(config.authorizers.keys().map(|name| format!("authorizer {name}")));
        names.extend(config.request_validators.keys().map(|name| format!("validator {name}")));
        names.extend(config.models.keys().map(|name| format!("model {name}")));
        let parts = config.documentation.as_ref().map_or(0, |documentation| documentation.documentation_parts.len());
        let mut ids = self.apis.remove(id).map(|kept| kept.ids).unwrap_or_default();
        ids.retain(|name, _| names.contains(name));
        names.extend((0..parts).map(|place| format!("documentation {place}")));
        for name in names {
            ids.entry(name).or_insert_with(|| self.id());
        }
        self.apis.insert(id.to_owned(), Kept { config, ids, warnings });
    }

    fn described(&self, id: &str, tags: bool) -> Result<Value, Refused> {
        let kept = self.kept(id)?;
        let api = &kept.config;
        let mut body = described::object(json!({
            "id": id,
            "name": api.name,
            "createdDate": 0,
            "apiKeySource": match api.api_key_source {
                gateway_core::ApiKeySource::Authorizer => "AUTHORIZER",
                _ => "HEADER",
            },
            "disableExecuteApiEndpoint": api.disable_execute_api_endpoint,
            "endpointConfiguration": {
                "types": [api.endpoint_configuration.r#type.as_str()],
                "ipAddressType": if api.endpoint_configuration.r#type == EndpointType::Private { "dualstack" } else { "ipv4" },
            },
            "rootResourceId": kept.ids.get("/"),
        }));
        let mut set = |field: &str, value: Value| body.insert(field.to_owned(), value);
        if tags {
            set("tags", json!({}));
        }
        if let Some(description) = &api.description {
            set("description", json!(description));
        }
        if let Some(version) = &api.version {
            set("version", json!(version));
        }
        if !api.binary_media_types.is_empty() {
            set("binaryMediaTypes", json!(api.binary_media_types));
        }
        if let Some(size) = api.minimum_compression_size {
            set("minimumCompressionSize", json!(size));
        }
        if let Some(policy) = &api.policy {
            set("policy", json!(policy.to_string()));
        }
        if !kept.warnings.is_empty() {
            set("warnings", json!(kept.warnings));
        }
        Ok(Value::Object(body))
    }

    fn resources(&self, id: &str) -> Result<Value, Refused> {
        let kept = self.kept(id)?;
        let items = described::resources(&kept.config).into_iter().map(|(path, routes)| {
            let mut item = described::object(json!({ "id": kept.ids.get(&path), "path": path }));
            if let Some((parent, part)) = path.rsplit_once('/').filter(|_| path != "/") {
                let parent = if parent.is_empty() { "/" } else { parent };
                item.insert("parentId".into(), json!(kept.ids.get(parent)));
                item.insert("pathPart".into(), json!(part));
            }
            if !routes.is_empty() {
                let methods = routes.iter().map(|route| (described::split(&route.route).0.to_owned(), json!({})));
                item.insert("resourceMethods".into(), Value::Object(methods.collect::<Map<_, _>>()));
            }
            Value::Object(item)
        });
        Ok(json!({ "items": items.collect::<Vec<_>>() }))
    }

    /// One method, or a part of it.
    fn part(&self, call: &str, id: &str, params: &Value) -> Result<Value, Refused> {
        let kept = self.kept(id)?;
        let resource = text(&params["resourceId"]);
        let path = kept.ids.iter().find(|(name, id)| name.starts_with('/') && *id == resource);
        let (path, _) = path.ok_or_else(|| missing("Resource"))?;
        let key = format!("{} {path}", text(&params["httpMethod"]));
        let mut routes = kept.config.routes.iter().filter_map(|route| route.get().ok());
        let route = routes.find(|route| route.route == key).ok_or_else(|| missing("Method"))?;
        let status = || text(&params["statusCode"]).parse().unwrap_or_default();
        let found = match call {
            "GetMethod" => Some(described::method(&kept.config, route, resource, &kept.ids)),
            "GetMethodResponse" => described::method_response(route, status()),
            "GetIntegration" => route.integration.as_ref().map(|config| described::integration(config, resource)),
            _ => {
                let backend = route.integration.as_ref().and_then(|config| config.backend());
                backend.and_then(|backend| described::integration_response(backend, status()))
            }
        };
        found.ok_or_else(|| match call {
            "GetIntegration" => missing("Integration"),
            _ => Refused { code: "NotFoundException", message: "Invalid Response status code specified".to_owned() },
        })
    }

    fn authorizers(&self, id: &str) -> Result<Value, Refused> {
        let kept = self.kept(id)?;
        let items = kept.config.authorizers.iter().filter_map(|(name, config)| {
            let id = kept.ids.get(&format!("authorizer {name}"))?;
            Some(described::authorizer(name, id, config.get().ok()?))
        });
        Ok(json!({ "items": items.collect::<Vec<_>>() }))
    }

    fn models(&self, id: &str) -> Result<Value, Refused> {
        let kept = self.kept(id)?;
        let items = kept.config.models.iter().map(|(name, schema)| {
            let id = kept.ids.get(&format!("model {name}"));
            let mut item = described::object(json!({
                "id": id, "name": name, "contentType": "application/json", "schema": schema.to_string(),
            }));
            if let Some(description) = schema.get("description") {
                item.insert("description".into(), description.clone());
            }
            Value::Object(item)
        });
        Ok(json!({ "items": items.collect::<Vec<_>>() }))
    }

    fn validators(&self, id: &str) -> Result<Value, Refused> {
        let kept = self.kept(id)?;
        let options = ExportOptions::new(Specification::Oas30, "").integrations(true);
        let document = openapi::export(&kept.config, &options).map_err(bad)?;
        let validators = document["x-amazon-apigateway-request-validators"].as_object().into_iter().flatten();
        let items = validators.map(|(name, validator)| {
            let mut item = described::object(validator.clone());
            item.insert("id".into(), json!(kept.ids.get(&format!("validator {name}"))));
            item.insert("name".into(), json!(name));
            Value::Object(item)
        });
        Ok(json!({ "items": items.collect::<Vec<_>>() }))
    }

    fn documentation(&self, id: &str) -> Result<Value, Refused> {
        let kept = self.kept(id)?;
        let parts = kept.config.documentation.iter().flat_map(|documentation| &documentation.documentation_parts);
        let items = parts.enumerate().map(|(place, part)| {
            json!({
                "id": kept.ids.get(&format!("documentation {place}")),
                "location": part.location,
                "properties": part.properties.to_string(),
            })
        });
        Ok(json!({ "items": items.collect::<Vec<_>>() }))
    }

    fn delete_documentation(&mut self, id: &str, part: &str) -> Result<Value, Refused> {
        let kept = self.apis.get_mut(id).ok_or_else(|| missing("API"))?;
        let parts = kept.config.documentation.as_mut().map(|documentation| &mut documentation.documentation_parts);
        let name = kept.ids.iter().find(|(_, id)| *id == part).map(|(name, _)| name.clone());
        let place = name.as_deref().and_then(|name| name.strip_prefix("documentation ")?.parse::<usize>().ok());
        let (Some(parts), Some(place)) = (parts, place) else { return Err(missing("Documentation part")) };
        parts.remove(place);
        let last = parts.len();
        for place in place..last {
            let moved = kept.ids.get(&format!("documentation {}", place + 1)).cloned();
            kept.ids.extend(moved.map(|id| (format!("documentation {place}"), id)));
        }
        kept.ids.remove(&format!("documentation {last}"));
        Ok(json!({}))
    }

    fn import_documentation(&mut self, id: &str, params: &Value) -> Result<Value, Refused> {
        let mut config = self.kept(id)?.config.clone();
        let documentation = openapi::import_documentation(text(&params["body"])).map_err(bad)?;
        config.documentation = Some(documentation);
        self.keep(id, config, Vec::new());
        let kept = self.kept(id)?;
        let ids = kept.ids.iter().filter(|(name, _)| name.starts_with("documentation ")).map(|(_, id)| id);
        Ok(json!({ "ids": ids.collect::<Vec<_>>() }))
    }

    fn export(&self, id: &str, params: &Value) -> Result<Value, Refused> {
        let api = &self.kept(id)?.config;
        let specification = if params["exportType"] == "oas30" { Specification::Oas30 } else { Specification::Swagger };
        let host = format!("{id}.execute-api.{}.amazonaws.com", text(&self.env["region"]));
        // The time of the export stands where an API has no version; the recordings hide it.
        let options = ExportOptions::new(specification, text(&params["stageName"]))
            .host(host)
            .version("date")
            .extensions(params["parameters"]["extensions"].is_string());
        let document = openapi::export(api, &options).map_err(bad)?;
        Ok(json!({
            "body": document.to_string(),
            "contentType": "application/octet-stream",
            "contentDisposition": format!("attachment; filename=\"{}\"", options.file_name(api)),
        }))
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
