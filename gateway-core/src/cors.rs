//! `Cors`: which other origins may call an API from a browser.

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use crate::{
    body::Body,
    context::ApiKind,
    problem::Problem,
    service::{Parts, Response},
};

/// Which other origins may call an API from a browser: preflights are answered, and answers carry the headers without
/// which a page cannot read them, those of the gateway itself (403, 429, 5xx) too.
///
/// - Resources of a REST API without an `OPTIONS` method of their own get one, as "enable CORS" makes it: no authorizer,
///   no API key, no backend; resource policies, throttles, logs and metrics see it like any other. A backend's answer
///   that has an `Access-Control-Allow-Origin` stays as it is.
/// - An HTTP API answers every preflight itself, with 204: where no route matches, and also where one does, when its
///   throttle and its authorizer have let the request pass. What a backend says about CORS is replaced, and a request
///   without `Origin` gets no such headers.
///
/// AWS developer guide: *CORS for REST APIs in API Gateway*; *Configuring CORS for an HTTP API*.
///
/// # Example
/// ```
/// use gateway_core::{Api, Cors};
///
/// let cors = Cors::origins(["https://www.example.com", "https://app.example.com"]).credentials(true).max_age(600);
/// let api = Api::rest("pets").cors(cors);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cors {
    pub(crate) origins: Vec<String>,
    pub(crate) methods: Vec<String>,
    pub(crate) headers: Vec<String>,
    pub(crate) expose: Vec<String>,
    pub(crate) max_age: Option<i32>,
    pub(crate) credentials: bool,
    pub(crate) preflight_only: bool,
}

/// What an answer may say about CORS.
static ANSWERS: [HeaderName; 6] = [
    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
    header::ACCESS_CONTROL_ALLOW_HEADERS,
    header::ACCESS_CONTROL_ALLOW_METHODS,
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
    header::ACCESS_CONTROL_MAX_AGE,
];

/// What "enable CORS" lets a request have.
const STOCK_HEADERS: &str = "Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token";
const MAX_AGE: i32 = 86_400;

impl Cors {
    /// Lets pages of these origins call: `https://www.example.com`, all of a scheme by `https://*`, or `*` for all.
    #[must_use]
    pub fn origins<S: Into<String>>(origins: impl IntoIterator<Item = S>) -> Self {
        Self { origins: texts(origins), ..Self::default() }
    }

    /// The methods that a page may use; those of the resource unless given, and none for an HTTP API.
    #[must_use]
    pub fn methods<S: Into<String>>(mut self, methods: impl IntoIterator<Item = S>) -> Self {
        self.methods = texts(methods);
        self
    }

    /// The headers that a page may send; AWS's own list unless given: `Content-Type`, `Authorization`, `X-Api-Key` and
    /// what signed requests need. For an HTTP API, none unless given.
    #[must_use]
    pub fn headers<S: Into<String>>(mut self, headers: impl IntoIterator<Item = S>) -> Self {
        self.headers = texts(headers);
        self
    }

    /// The headers of answers that a page may read, besides those that it may always.
    #[must_use]
    pub fn expose<S: Into<String>>(mut self, headers: impl IntoIterator<Item = S>) -> Self {
        self.expose = texts(headers);
        self
    }

    /// How long a browser may remember a preflight, in seconds: -1, not at all, to 86400.
    #[must_use]
    pub fn max_age(mut self, seconds: i32) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// Whether cookies and the like come along; then nothing may be `*`.
    #[must_use]
    pub fn credentials(mut self, allow: bool) -> Self {
        self.credentials = allow;
        self
    }

    /// Whether preflights are all that is done, as on AWS for REST APIs: answers then carry what backends and gateway
    /// responses say.
    #[must_use]
    pub fn preflight_only(mut self, only: bool) -> Self {
        self.preflight_only = only;
        self
    }

    /// Makes the headers, or says what is wrong.
    pub(crate) fn compile(&self, kind: ApiKind, pointer: &str, problems: &mut Vec<Problem>) -> CompiledCors {
        let mut wrong = |field: &str, message: String| {
            problems.push(Problem::new(format!("{pointer}/{field}"), message));
        };
        if self.origins.is_empty() {
            wrong("allowOrigins", "name the origins that may call, or `*`".to_owned());
        }
        for (place, origin) in self.origins.iter().enumerate().filter(|(_, origin)| !is_origin(origin)) {
            let message =
                format!("`{origin}` is no origin: write `https://host`, `https://host:port`, `https://*` or `*`");
            wrong(&format!("allowOrigins/{place}"), message);
        }
        let lists = [
            ("allowOrigins", &self.origins),
            ("allowMethods", &self.methods),
            ("allowHeaders", &self.headers),
            ("exposeHeaders", &self.expose),
        ];
        // An HTTP API takes the other ones, as AWS does; browsers then read a header or method called `*`.
        let named = if kind == ApiKind::Http { 1 } else { lists.len() };
        for (field, list) in lists.into_iter().take(named) {
            if self.credentials && list.iter().any(|name| name == "*") {
                wrong(field, "with credentials no browser takes `*`; name them".to_owned());
            }
        }
        for (field, list) in lists.into_iter().skip(1) {
            let is_token = |name: &str| name.parse::<HeaderName>().is_ok();
            for (place, name) in list.iter().enumerate().filter(|(_, name)| !is_token(name)) {
                wrong(&format!("{field}/{place}"), format!("`{name}` is no name"));
            }
        }
        if self.max_age.is_some_and(|seconds| !(-1..=MAX_AGE).contains(&seconds)) {
            wrong("maxAge", format!("a browser may remember it for -1 to {MAX_AGE} seconds"));
        }
        let headers = match kind {
            ApiKind::Rest => joined(&self.headers).or(Some(HeaderValue::from_static(STOCK_HEADERS))),
            ApiKind::Http => joined(&self.headers.iter().map(|name| name.to_ascii_lowercase()).collect::<Vec<_>>()),
        };
        CompiledCors {
            kind,
            origins: self.origins.clone(),
            any_origin: self.origins.iter().any(|origin| origin == "*"),
            methods: joined(&self.methods),
            headers,
            expose: joined(&self.expose),
            max_age: self.max_age.map(HeaderValue::from),
            credentials: self.credentials,
            on_answers: !self.preflight_only,
        }
    }
}

/// CORS with its headers made.
#[derive(Clone, Debug)]
pub(crate) struct CompiledCors {
    kind: ApiKind,
    origins: Vec<String>,
    any_origin: bool,
    methods: Option<HeaderValue>,
    headers: Option<HeaderValue>,
    expose: Option<HeaderValue>,
    max_age: Option<HeaderValue>,
    credentials: bool,
    on_answers: bool,
}

impl CompiledCors {
    /// Whether answers that are no preflight's get headers, too.
    pub(crate) fn on_answers(&self) -> bool {
        self.on_answers
    }

    /// Whether a browser asks what another origin's page may do.
    pub(crate) fn is_preflight(request: &Parts) -> bool {
        let has = |name| request.headers.contains_key(name);
        request.method == Method::OPTIONS && has(header::ORIGIN) && has(header::ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// The answer to a preflight; `methods` are those of the resource, where there is one.
    pub(crate) fn preflight(&self, request: &Parts, methods: Option<&HeaderValue>) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = match self.kind {
            ApiKind::Rest => StatusCode::OK,
            ApiKind::Http => StatusCode::NO_CONTENT,
        };
        let headers = response.headers_mut();
        if self.allow(request.headers.get(header::ORIGIN), headers) {
            for (name, value) in [
                (header::ACCESS_CONTROL_ALLOW_METHODS, self.methods.as_ref().or(methods)),
                (header::ACCESS_CONTROL_ALLOW_HEADERS, self.headers.as_ref()),
                (header::ACCESS_CONTROL_MAX_AGE, self.max_age.as_ref()),
            ] {
                headers.extend(value.map(|value| (name, value.clone())));
            }
        }
        response
    }

    /// Takes what a backend says about CORS off its answer, where the gateway alone has a say.
    pub(crate) fn strip(&self, headers: &mut HeaderMap) {
        if self.kind == ApiKind::Http && self.on_answers {
            for name in &ANSWERS {
                headers.remove(name);
            }
        }
    }

    /// Adds to an answer what a page of this origin needs to read it, unless the answer says it itself.
    pub(crate) fn decorate(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        if headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) || !self.allow(origin, headers) {
            return;
        }
        if let Some(expose) = &self.expose {
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, expose.clone());
        }
    }

    /// Says whether pages of this origin may read the answer, and whether so.
    fn allow(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) -> bool {
        if self.any_origin {
            if self.kind == ApiKind::Http && origin.is_none() {
                return false;
            }
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            return true;
        }
        // Also where there is none: a cache must not give one origin's answer to another.
        vary_by_origin(headers);
        let Some(origin) = origin.filter(|origin| origin.to_str().is_ok_and(|origin| self.knows(origin))) else {
            return false;
        };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        if self.credentials {
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        true
    }

    /// Browsers write origins in lower case; they are compared as they stand.
    fn knows(&self, origin: &str) -> bool {
        self.origins.iter().any(|allowed| match allowed.strip_suffix('*') {
            Some(scheme) => origin.len() > scheme.len() && origin.starts_with(scheme),
            None => allowed == origin,
        })
    }
}

fn vary_by_origin(headers: &mut HeaderMap) {
    let says = |value: &HeaderValue| {
        let names = value.to_str().unwrap_or_default().split(',');
        names.map(str::trim).any(|name| name == "*" || name.eq_ignore_ascii_case("origin"))
    };
    if !headers.get_all(header::VARY).iter().any(says) {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
}

fn is_origin(text: &str) -> bool {
    if matches!(text, "*" | "http://*" | "https://*") {
        return true;
    }
    let Some((scheme, host)) = text.split_once("://") else { return false };
    let in_scheme = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "+-.".contains(letter);
    let in_host = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-._:[]".contains(letter);
    !scheme.is_empty() && scheme.chars().all(in_scheme) && !host.is_empty() && host.chars().all(in_host)
}

fn texts<S: Into<String>>(texts: impl IntoIterator<Item = S>) -> Vec<String> {
    texts.into_iter().map(Into::into).collect()
}

fn joined(names: &[String]) -> Option<HeaderValue> {
    if names.is_empty() { None } else { HeaderValue::from_str(&names.join(",")).ok() }
}
