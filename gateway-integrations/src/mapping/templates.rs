//! Mapping templates by the content type that they are for.

use gateway_core::media_type;
use http::HeaderValue;

use super::error::MappingError;
use crate::velocity::{Template, TemplateError};

/// How long a template may be, in bytes.
const MAX_LENGTH: usize = 300 * 1024;
const DEFAULT: &str = "application/json";

/// Templates, in the order in which they were given.
#[derive(Clone, Debug, Default)]
pub(super) struct Templates(Vec<Entry>);

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) content_type: Box<str>,
    /// API Gateway takes templates that cannot be read, and fails the requests that need them.
    pub(super) template: Result<Template, TemplateError>,
}

impl Templates {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a template that must be readable; one for the same content type is replaced.
    pub(super) fn add(&mut self, content_type: &str, text: &str) -> Result<(), MappingError> {
        fits(content_type, text)?;
        let template = Template::parse(text);
        let template =
            template.map_err(|reason| MappingError::Template { content_type: content_type.to_owned(), reason })?;
        self.put(content_type, Ok(template));
        Ok(())
    }

    /// Adds a template of a definition, readable or not.
    pub(super) fn define(&mut self, content_type: &str, text: &str) -> Result<(), MappingError> {
        fits(content_type, text)?;
        self.put(content_type, Template::parse(text));
        Ok(())
    }

    fn put(&mut self, content_type: &str, template: Result<Template, TemplateError>) {
        self.0.retain(|entry| *entry.content_type != *content_type);
        self.0.push(Entry { content_type: content_type.into(), template });
    }

    fn find(&self, content_type: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.content_type.eq_ignore_ascii_case(content_type))
    }

    /// The template for a request: that of its content type, JSON where it has none, then `$default`.
    pub(super) fn for_request(&self, content_type: Option<&HeaderValue>) -> Option<&Entry> {
        let media = content_type.and_then(media_type).unwrap_or(DEFAULT);
        self.find(media).or_else(|| self.find("$default"))
    }

    /// The template for an answer: that of what the client accepts first, then that for JSON, then the first.
    pub(super) fn for_response(&self, accept: Option<&HeaderValue>) -> Option<&Entry> {
        let media = accept.and_then(media_type).unwrap_or(DEFAULT);
        self.find(media).or_else(|| self.find(DEFAULT)).or_else(|| self.0.first())
    }
}

/// Whether a template is no longer than AWS takes.
fn fits(content_type: &str, text: &str) -> Result<(), MappingError> {
    if text.len() <= MAX_LENGTH { Ok(()) } else { Err(MappingError::Long { content_type: content_type.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn templates(types: &[&str]) -> Templates {
        let mut templates = Templates::default();
        for media in types {
            templates.add(media, media).unwrap();
        }
        templates
    }

    fn chosen(entry: Option<&Entry>) -> Option<&str> {
        entry.map(|entry| &*entry.content_type)
    }

    #[test]
    fn a_request_has_the_template_of_its_content_type() {
        let header = HeaderValue::from_static;
        let both = templates(&["application/json", "text/xml"]);
        assert_eq!(chosen(both.for_request(None)), Some("application/json"));
        assert_eq!(chosen(both.for_request(Some(&header("text/xml; charset=utf-8")))), Some("text/xml"));
        assert_eq!(chosen(both.for_request(Some(&header("text/plain")))), None);
        assert_eq!(chosen(templates(&["$default"]).for_request(Some(&header("text/plain")))), Some("$default"));
    }

    #[test]
    fn an_answer_has_the_template_of_what_is_accepted_or_any() {
        let header = HeaderValue::from_static;
        let both = templates(&["text/xml", "application/json"]);
        assert_eq!(chosen(both.for_response(Some(&header("text/xml, application/json")))), Some("text/xml"));
        assert_eq!(chosen(both.for_response(Some(&header("*/*")))), Some("application/json"));
        assert_eq!(chosen(templates(&["b/b", "a/a"]).for_response(None)), Some("b/b"));
        assert_eq!(chosen(templates(&[]).for_response(None)), None);
    }
}
