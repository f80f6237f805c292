//! References to models.

/// Where AWS keeps the models of APIs.
pub(in crate::openapi) const MODELS: &str = "https://apigateway.amazonaws.com/restapis/";

/// The model that a reference means, and where in it.
pub(in crate::openapi) fn model_name(reference: &str) -> Option<(&str, &str)> {
    let local = ["#/definitions/", "#/components/schemas/"].iter().find_map(|start| reference.strip_prefix(start));
    if let Some(rest) = local {
        let end = rest.find('/').unwrap_or(rest.len());
        return Some(rest.split_at(end));
    }
    let (_, rest) = reference.strip_prefix(MODELS)?.split_once("/models/")?;
    Some(rest.split_once('#').unwrap_or((rest, "")))
}
