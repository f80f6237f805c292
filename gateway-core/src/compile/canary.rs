use super::{find_api, stages::wrong_variable};
use crate::{
    definition::{Api, Canary, Definition, places},
    problem::{Problem, pointer_token},
};

/// Checks the canaries of an API's stages.
pub(super) fn check(definition: &Definition, api: &Api, pointer: &str, problems: &mut Vec<Problem>) {
    for (place, stage) in places(&api.stages) {
        let Some(canary) = &stage.canary else { continue };
        let pointer = format!("{pointer}/stages/{place}/canarySettings");
        check_settings(canary, &pointer, problems);
        let Some(name) = &canary.api else { continue };
        match find_api(definition, name) {
            None => {
                let message = format!("there is no API `{name}` to be a canary; define it, or correct the name");
                problems.push(Problem::new(format!("{pointer}/api"), message));
            }
            Some(other) if other.kind != api.kind => {
                let message = format!("`{name}` is another kind of API and cannot serve in this one's place");
                problems.push(Problem::new(format!("{pointer}/api"), message));
            }
            Some(_) => {}
        }
    }
}

/// Checks what stands in the settings of a canary alone.
pub(super) fn check_settings(canary: &Canary, pointer: &str, problems: &mut Vec<Problem>) {
    if !(0.0..=100.0).contains(&canary.percent) {
        let message = format!("{} is no share of a hundred requests: write 0.0 to 100.0", canary.percent);
        problems.push(Problem::new(format!("{pointer}/percentTraffic"), message));
    }
    for (name, value) in &canary.variables {
        if let Some(message) = wrong_variable(name, value) {
            let pointer = format!("{pointer}/stageVariableOverrides/{}", pointer_token(name));
            problems.push(Problem::new(pointer, message));
        }
    }
}

/// Whether an API is a canary of some stage: then it needs no stage of its own.
pub(super) fn is_canary(definition: &Definition, api: &Api) -> bool {
    let stages = definition.apis.iter().flatten().flat_map(|api| api.stages.iter().flatten());
    let named = stages.filter_map(|stage| stage.canary.as_ref()?.api.as_deref());
    named.filter_map(|name| find_api(definition, name)).any(|found| std::ptr::eq(found, api))
}
